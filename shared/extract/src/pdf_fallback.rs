//! Reads PDFs with pdf-extract: weaker than pdfium and easily killed, but it sometimes finds text
//! where pdfium finds none, and it needs no library.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use pdf_extract::{Document, LoadOptions, PlainTextOutput, output_doc_page};

use crate::{
    protocol::Refusal,
    text::{self, Builder},
};

/// With fewer letters and digits per page on average this reader has not understood the file.
const FEW_LETTERS: usize = 10;

/// Reads a PDF, leaving out pages that make the reader panic.
pub fn read(bytes: &[u8], password: Option<&str>) -> Result<Extracted, Refusal> {
    let corrupt = |error: String| Refusal::new(FailureCode::CorruptFile, error);
    let mut document = Document::load_mem(bytes)
        .map_err(|_| corrupt("pdf-extract: cannot be opened".to_owned()))?;
    if document.is_encrypted() && document.decrypt("").is_err() {
        let locked = |reason: &str| {
            let detail = format!("pdf-extract: locked, and {reason}");
            Refusal::new(FailureCode::PasswordProtected, detail)
        };
        let password = password.ok_or_else(|| locked("there is no password"))?;
        // From the start: what was loaded without it lacks the objects that are packed in streams.
        let options = LoadOptions::with_password(password);
        document = Document::load_mem_with_options(bytes, options)
            .map_err(|_| locked("the password is wrong"))?;
    }
    let pages = document.get_pages();
    let mut builder = Builder::default();
    let (mut readable, mut letters) = (0usize, 0);
    for number in pages.keys() {
        let read = catch_unwind(AssertUnwindSafe(|| {
            let mut raw = String::new();
            let mut output = PlainTextOutput::new(&mut raw);
            output_doc_page(&document, &mut output, *number).map(|()| raw)
        }));
        let Ok(Ok(raw)) = read else {
            continue;
        };
        let page = paragraphs(&text::normalise(&raw));
        readable += 1;
        letters += text::letters(&page);
        builder.page(*number, &page);
    }
    if readable == 0 {
        let detail = format!("pdf-extract: none of {} pages can be read", pages.len());
        return Err(corrupt(detail));
    }
    if letters < FEW_LETTERS * readable {
        let detail = format!("pdf-extract: {letters} letters on {readable} pages");
        return Err(Refusal::new(FailureCode::NoTextLayer, detail));
    }
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    Ok(builder.finish(None, Some(count), "pdf-extract"))
}

/// This reader leaves many blank lines between blocks; one is enough.
fn paragraphs(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines() {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !kept.is_empty() {
            kept.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        kept.push_str(line);
    }
    kept
}
