//! Turns the bytes of an upload into text and structure, in a separate sandboxed process.
//!
//! A hostile file may abort, hang or exhaust its reader, and `catch_unwind` helps with none of these. So
//! [`Extractor`] starts the running binary a second time, as a fork server, and each [`Extractor::extract`]
//! has it fork a reader, which limits itself, reads one file, answers and exits. Whatever happens to the
//! reader, the caller gets text or a [`FailureCode`](dynrag_domain::documents::FailureCode). Plain text of
//! up to a megabyte, which needs no parsing, is decoded in place.
//!
//! A binary that extracts starts like this, before any async runtime exists:
//!
//! ```no_run
//! dynrag_extract::serve_if_asked();
//! dynrag_extract::harden_parent()?;
//! // … the runtime, the handlers
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`detect`] detects the format of a file. It is the only function without the feature `engines`, for
//! functions that only receive files.

mod detect;
mod wide;

pub use detect::detect;

#[cfg(feature = "engines")]
mod archive;
#[cfg(feature = "engines")]
mod code_pages;
#[cfg(feature = "engines")]
mod decode;
#[cfg(feature = "engines")]
mod delimited;
#[cfg(feature = "engines")]
mod drawing;
#[cfg(feature = "engines")]
mod epub;
#[cfg(feature = "engines")]
mod extractor;
#[cfg(feature = "engines")]
mod field_text;
#[cfg(feature = "engines")]
mod fork_server;
#[cfg(feature = "engines")]
mod formula;
#[cfg(feature = "engines")]
mod html;
#[cfg(feature = "engines")]
mod html_head;
#[cfg(feature = "engines")]
mod html_parser;
#[cfg(feature = "engines")]
mod html_text;
#[cfg(feature = "engines")]
mod html_writer;
#[cfg(feature = "engines")]
mod invisible;
#[cfg(feature = "engines")]
mod json;
#[cfg(feature = "engines")]
mod language;
#[cfg(feature = "engines")]
mod mail;
#[cfg(feature = "engines")]
mod main_content;
#[cfg(all(test, feature = "engines"))]
mod mutants;
#[cfg(feature = "engines")]
mod odt;
#[cfg(feature = "engines")]
mod ooxml;
#[cfg(feature = "engines")]
mod pdf;
#[cfg(feature = "engines")]
mod pdf_fallback;
#[cfg(feature = "engines")]
mod plain;
#[cfg(feature = "engines")]
mod properties;
#[cfg(feature = "engines")]
mod protocol;
#[cfg(feature = "engines")]
mod reader;
#[cfg(feature = "engines")]
mod readers;
#[cfg(feature = "engines")]
mod roman;
#[cfg(feature = "engines")]
mod rtf;
#[cfg(feature = "engines")]
mod sandbox;
#[cfg(feature = "engines")]
mod sheets;
#[cfg(feature = "engines")]
mod slides;
#[cfg(feature = "engines")]
mod symbols;
#[cfg(feature = "engines")]
mod tables;
#[cfg(feature = "engines")]
mod text;
#[cfg(feature = "engines")]
mod word;
#[cfg(feature = "engines")]
mod xhtml;
#[cfg(feature = "engines")]
mod xml;

#[cfg(feature = "engines")]
pub use extractor::{Extractor, Failure, Limits, Options};
#[cfg(feature = "engines")]
pub use fork_server::serve_if_asked;
#[cfg(feature = "engines")]
pub use mail::Attachment;
#[cfg(feature = "engines")]
pub use sandbox::harden_parent;

/// Additional interface for the developer tool and the tests.
#[cfg(feature = "engines")]
#[doc(hidden)]
pub mod testing {
    pub use crate::fork_server::{cpu_time, serve_if_asked_with};
    pub use crate::html::{described as describe_page, read as read_html, read_by as read_html_by};
    pub use crate::mail::attachments;
    pub use crate::main_content::{Features, Model as MainContentModel};
    pub use crate::pdf::{Library, read as read_with_pdfium};
    pub use crate::protocol::ReadOptions;
    pub use crate::sandbox::drop_capabilities;
}
