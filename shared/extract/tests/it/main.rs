//! Extraction through the real processes: what each format gives, how each failure is named,
//! and that the sandbox holds.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

mod books;
mod encodings;
mod fork_server;
mod formats;
mod hostile;
mod html;
mod json;
mod mail;
mod office;
mod office_file;
mod open_document;
mod open_document_hostile;
mod pages;
mod passwords;
mod pdf_file;
mod pdf_forms;
mod pdf_glyphs;
mod pdfs;
mod properties;
mod rtf;
mod sandbox;
mod sheets;
mod sheets_file;
mod sheets_hostile;
mod slides;
mod slides_file;
mod slides_hostile;
mod word;
mod word_file;
mod word_hostile;
mod word_objects;
mod word_structure;

use std::{path::PathBuf, time::Duration};

use dynrag_domain::{
    chunks::Extracted,
    documents::{FailureCode, Format},
};
use dynrag_extract::{Extractor, Limits};

/// Limits small enough to reach in a test.
fn small() -> Limits {
    Limits {
        memory_bytes: 256 << 20,
        cpu_seconds: 20,
        wall: Duration::from_secs(60),
        output_bytes: 1 << 20,
    }
}

/// Starts the developer tool as the fork server, as any binary would start itself.
fn extractor() -> Extractor {
    extractor_with(Some(pdfium()))
}

fn extractor_with(pdfium_library: Option<PathBuf>) -> Extractor {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_dynrag-extract"));
    Extractor::new(program, pdfium_library).with_limits(small())
}

/// Tests without the library would pass by testing the second reader, so they fail instead.
fn pdfium() -> PathBuf {
    // Tests run in their package's folder. A path fixed at compile time would be that of another
    // checkout if two share a target directory.
    let path = PathBuf::from("../../infra/layers/pdfium/lib/libpdfium.so");
    assert!(
        path.exists(),
        "run infra/package/pdfium.sh infra/layers/pdfium first"
    );
    path
}

async fn read(format: Format, bytes: &[u8]) -> Result<Extracted, FailureCode> {
    read_with(&extractor(), format, bytes).await
}

async fn read_with(
    extractor: &Extractor,
    format: Format,
    bytes: &[u8],
) -> Result<Extracted, FailureCode> {
    let outcome = extractor
        .extract(format, bytes)
        .await
        .expect("a reader that starts");
    outcome.map_err(|failure| failure.code)
}
