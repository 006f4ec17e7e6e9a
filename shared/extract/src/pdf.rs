//! Reads PDFs with pdfium, page by page, and distinguishes scans from documents with text.

mod annotations;
mod directions;
mod fields;
mod fonts;
mod hyphens;
mod layers;
mod lift;
mod order;
mod page;
mod places;

use std::{ffi::c_void, path::Path};

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
    warnings::WarningCode,
};
use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};
use unicode_normalization::UnicodeNormalization;

use crate::{
    language, properties,
    protocol::{ReadOptions, Refusal},
    text::{self, Builder},
};
use annotations::Form;
use hyphens::Words;
use layers::Layers;
use page::{FEW_LETTERS, Page};

/// `FPDF_ERR_PASSWORD`: a password is missing or wrong.
const ERROR_PASSWORD: u64 = 4;
/// `FPDF_ERR_SECURITY`: an encryption that pdfium does not know.
const ERROR_SECURITY: u64 = 5;
/// Longest entry of the information dictionary that is read, in bytes.
const MAX_META: u64 = 1 << 20;

/// A loaded pdfium. One thread, one document at a time.
pub struct Library {
    bindings: Box<dyn PdfiumLibraryBindings>,
}

impl Library {
    /// Loads and initialises the library at a path.
    pub fn load(path: &Path) -> Result<Self, String> {
        let bindings = Pdfium::bind_to_library(path).map_err(|error| error.to_string())?;
        // SAFETY: the library is loaded and was not initialised before.
        unsafe { bindings.FPDF_InitLibrary() };
        fonts::install(bindings.as_ref());
        Ok(Self { bindings })
    }
}

/// Reads a PDF. A page without text gets no section; page numbers stay those of the file.
///
/// Form values and annotations are part of a page's text: in place if they are drawn, else at the end of the page.
/// Reviewers' notes are at the end, too.
///
/// Unless hidden content is requested, these are omitted: invisible text on a page with visible text, text outside
/// the visible part of a page, and hidden layers. The text layer of a scan is invisible as well, but it is read.
///
/// The failure is `no_text_layer` if no page has a letter or digit, or if more than half of the pages are scans
/// (images over at least half of the page, fewer than 30 letters and digits) and the document has fewer than 30
/// letters and digits per page on average. It is `password_protected` if the file is locked and `password` is
/// neither its user's nor its owner's.
pub fn read(
    library: &Library,
    bytes: &[u8],
    password: Option<&str>,
    wanted: ReadOptions,
) -> Result<Extracted, Refusal> {
    let pdfium = library.bindings.as_ref();
    // SAFETY: the bytes outlive the document, which is closed below; the library is initialised; the
    // password has no NUL.
    let load = |password: Option<&str>| unsafe { pdfium.FPDF_LoadMemDocument64(bytes, password) };
    // SAFETY: reads a number.
    let last_error = || unsafe { pdfium.FPDF_GetLastError() };
    let mut document = load(None);
    if document.is_null() && last_error() == ERROR_PASSWORD {
        for spelling in password.map(spellings).unwrap_or_default() {
            document = load(Some(&spelling));
            if !document.is_null() || last_error() != ERROR_PASSWORD {
                break;
            }
        }
    }
    if document.is_null() {
        return Err(match (last_error(), password) {
            (ERROR_PASSWORD, None) => protected("locked, and there is no password"),
            (ERROR_PASSWORD, Some(_)) => protected("locked, and the password is wrong"),
            (ERROR_SECURITY, _) => protected("encrypted in a way that pdfium does not know"),
            (error, _) => {
                let detail = format!("pdfium: error {error}");
                Refusal::doubtful(FailureCode::CorruptFile, detail)
            }
        });
    }

    let document = document.cast::<c_void>();
    let mut builder = Builder::default();
    // SAFETY: the document is open.
    let count = unsafe { pdfium.FPDF_GetPageCount(document.cast()) };
    if wanted
        .max_pages
        .is_some_and(|most| count.max(0).unsigned_abs() > most)
    {
        // SAFETY: the document is open, and not used again.
        unsafe { pdfium.FPDF_CloseDocument(document.cast()) };
        let detail = format!("{count} pages");
        return Err(Refusal::new(FailureCode::TooManyPages, detail));
    }
    let form = Form::of(pdfium, document);
    let layers = Layers::of(bytes);
    let mut pages = Vec::new();
    let mut scans = 0u32;
    for index in 0..count {
        // SAFETY: the document is open; the page is checked for null, and closed below.
        let load = || unsafe {
            pdfium
                .FPDF_LoadPage(document.cast(), index)
                .cast::<c_void>()
        };
        // SAFETY: the page is open, and not used again.
        let close = |page: Page<'_>| unsafe { pdfium.FPDF_ClosePage(page.handle.cast()) };
        let open = || {
            let handle = load();
            (!handle.is_null()).then_some(Page { pdfium, handle })
        };
        let Some(mut page) = open() else { continue };
        let (mut written, merged) = page.merge_annotations(form.as_ref());
        if merged {
            // Merged content shows only after the page is loaded again.
            close(page);
            let Some(again) = open() else { continue };
            page = again;
        }
        page.prepare(&layers, if merged { &written.fields } else { &[] });
        written.without_drawn(page);
        let said = page.text(&layers, wanted.include_hidden, &written.combs);
        builder
            .warnings
            .add(WarningCode::HiddenContent, usize::from(said.hides));
        scans += u32::from(text::letters(&said.raw) < FEW_LETTERS && page.is_scan());
        close(page);
        pages.push((index.unsigned_abs() + 1, said.raw, written));
    }
    drop(form);
    let loaded = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    // Letters in total, and without notes and fields: those alone do not give a scan a text layer.
    let (mut letters, mut drawn) = (0, 0);
    let mut silent = 0;
    let words = Words::of(pages.iter().map(|(_, raw, _)| raw.as_str()));
    for (number, raw, written) in pages {
        let mut text = words.mended(&raw);
        drawn += text::letters(&text);
        written.complete(&mut text, &mut builder.warnings);
        let letters_here = text::letters(&text);
        letters += letters_here;
        silent += usize::from(letters_here == 0);
        builder.page(number, &text);
    }
    builder.warnings.add(WarningCode::PagesWithoutText, silent);
    // SAFETY: the document is open.
    let attached = unsafe { pdfium.FPDFDoc_GetAttachmentCount(document.cast()) };
    let attached = attached.max(0).unsigned_abs() as usize;
    builder
        .warnings
        .add(WarningCode::AttachmentsNotRead, attached);
    let meta = |key: &str| {
        // SAFETY: the document is open; the buffer has the stated size in bytes.
        utf16(|buffer, size| unsafe {
            pdfium.FPDF_GetMetaText(document.cast(), key, buffer.cast(), size)
        })
    };
    let title = text::title(&meta("Title"));
    // SAFETY: the document is open; the buffer has the stated size in bytes.
    let stated = utf16(|buffer, size| unsafe {
        pdfium.FPDFCatalog_GetLanguage(document.cast(), buffer, size)
    });
    let properties = Properties {
        author: properties::author(&meta("Author")),
        language: language::stated(&stated),
        created: properties::date(&meta("CreationDate")),
        modified: properties::date(&meta("ModDate")),
    };
    // SAFETY: the document is open, and not used again.
    unsafe { pdfium.FPDF_CloseDocument(document.cast()) };

    if loaded == 0 {
        let detail = format!("pdfium: none of {count} pages can be loaded");
        return Err(Refusal::doubtful(FailureCode::CorruptFile, detail));
    }
    let stamps_only = scans * 2 > loaded && drawn < FEW_LETTERS * loaded as usize;
    let detail = format!("pdfium: {letters} letters on {loaded} pages, {scans} scanned");
    if letters == 0 {
        return Err(Refusal::doubtful(FailureCode::NoTextLayer, detail));
    }
    if stamps_only {
        return Err(Refusal::new(FailureCode::NoTextLayer, detail));
    }
    Ok(Extracted {
        properties,
        ..builder.finish(title, Some(count.unsigned_abs()), "pdfium")
    })
}

fn protected(detail: &str) -> Refusal {
    Refusal::new(FailureCode::PasswordProtected, format!("pdfium: {detail}"))
}

/// Forms in which a password may have been entered when the file was locked: as it is, or with its accents composed
/// or decomposed, which depends on the keyboard. pdfium itself tries both UTF-8 and Latin-1.
fn spellings(password: &str) -> Vec<String> {
    let mut all = vec![password.to_owned()];
    for other in [
        // The form required by PDF 2.0 (SASLprep).
        password.nfkc().collect(),
        password.nfc().collect(),
        password.nfd().collect(),
    ] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// A string that pdfium writes into a buffer of a size in bytes, and whose size it returns: empty if it is larger
/// than [`MAX_META`].
fn utf16(mut write: impl FnMut(*mut u16, u64) -> u64) -> String {
    let size = write(std::ptr::null_mut(), 0);
    if size > MAX_META {
        return String::new();
    }
    let mut units = vec![0u16; usize::try_from(size / 2).unwrap_or_default()];
    let written = write(units.as_mut_ptr(), units.len() as u64 * 2);
    // The end is a NUL.
    let length = usize::try_from(written.min(size) / 2).unwrap_or_default();
    units.truncate(length.saturating_sub(1));
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_tried_as_it_may_have_been_typed() {
        assert_eq!(spellings("abc"), ["abc"]);
        assert_eq!(spellings("é"), ["é", "e\u{301}"]);
        assert_eq!(spellings("e\u{301}ﬁ"), ["e\u{301}ﬁ", "éfi", "éﬁ"]);
    }
}
