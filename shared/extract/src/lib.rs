//! Turns the bytes of an upload into text and structure, in a child process that can do no harm.
//!
//! A hostile file may abort, hang or exhaust whatever reads it, and `catch_unwind` helps with none
//! of these. So [`Extractor::extract`] starts the running binary a second time; that child limits
//! itself, reads the file, answers and is gone. Whatever becomes of it, the caller gets text or a
//! [`FailureCode`](dynrag_domain::documents::FailureCode).
//!
//! A binary that extracts starts like this, before any async runtime exists:
//!
//! ```no_run
//! dynrag_extract::run_child_if_asked();
//! dynrag_extract::harden_parent()?;
//! // … the runtime, the handlers
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`detect`] says what a file is. It is all that is left without the feature `engines`, for
//! functions that only receive files.

mod detect;

pub use detect::detect;

#[cfg(feature = "engines")]
mod archive;
#[cfg(feature = "engines")]
mod child;
#[cfg(feature = "engines")]
mod decode;
#[cfg(feature = "engines")]
mod delimited;
#[cfg(feature = "engines")]
mod epub;
#[cfg(feature = "engines")]
mod html;
#[cfg(feature = "engines")]
mod html_head;
#[cfg(feature = "engines")]
mod html_text;
#[cfg(feature = "engines")]
mod html_writer;
#[cfg(feature = "engines")]
mod json;
#[cfg(feature = "engines")]
mod language;
#[cfg(feature = "engines")]
mod mail;
#[cfg(feature = "engines")]
mod main_content;
#[cfg(feature = "engines")]
mod odt;
#[cfg(feature = "engines")]
mod office;
#[cfg(feature = "engines")]
mod parent;
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
mod rtf;
#[cfg(feature = "engines")]
mod rtf_info;
#[cfg(feature = "engines")]
mod sandbox;
#[cfg(feature = "engines")]
mod tables;
#[cfg(feature = "engines")]
mod text;
#[cfg(feature = "engines")]
mod xml;

#[cfg(feature = "engines")]
pub use child::run_child_if_asked;
#[cfg(feature = "engines")]
pub use parent::{Extractor, Failure, Limits};
#[cfg(feature = "engines")]
pub use sandbox::harden_parent;

/// What the developer tool and the tests need beyond the public interface.
#[cfg(feature = "engines")]
#[doc(hidden)]
pub mod testing {
    pub use crate::child::run_child_if_asked_with;
    pub use crate::html::{described as describe_page, read as read_html};
    pub use crate::main_content::Features;
    pub use crate::pdf::{Library, read as read_with_pdfium};
    pub use crate::sandbox::drop_capabilities;
}
