//! Reads PDFs with pdfium, page by page, and tells scans from documents with text.

use std::{ffi::c_void, path::Path};

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};

use crate::{
    protocol::Refusal,
    text::{self, Builder},
};

/// `FPDF_ERR_PASSWORD` and `FPDF_ERR_SECURITY`: a password is missing, or an encryption pdfium
/// does not know; the remedy is the same.
const LOCKED: [u64; 2] = [4, 5];
/// `FPDF_PAGEOBJ_IMAGE` and `FPDF_PAGEOBJ_FORM`.
const IMAGE: i32 = 3;
const FORM: i32 = 5;
/// Groups of objects inside groups that are searched for images.
const FORM_DEPTH: u32 = 4;
/// `FLATTEN_SUCCESS`: annotations were merged into the page.
const FLATTENED: i32 = 1;
/// pdfium's mark for a hyphen at the end of a line.
const LINE_END_HYPHEN: char = '\u{fffe}';
/// A page with fewer letters and digits may be a scan with a stamp ("Scanned with CamScanner", a
/// page number, a fax header).
const FEW_LETTERS: usize = 30;
/// Share of the page that the images of a scan cover at least.
const SCAN_COVERAGE: f32 = 0.5;

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
        Ok(Self { bindings })
    }
}

/// Reads a PDF. A page without text gets no section; page numbers stay those of the file.
///
/// What was filled into forms and written into annotations counts as text of the page.
///
/// The failure is `no_text_layer` if no page has a letter or digit, or if more than half of the
/// pages are scans (images over at least half of the page, fewer than 30 letters and digits) and
/// the document has fewer than 30 letters and digits per page on average.
pub fn read(library: &Library, bytes: &[u8]) -> Result<Extracted, Refusal> {
    let pdfium = library.bindings.as_ref();
    // SAFETY: the bytes outlive the document, which is closed below; the library is initialised.
    let document = unsafe { pdfium.FPDF_LoadMemDocument64(bytes, None) };
    if document.is_null() {
        // SAFETY: reads a number.
        let error = unsafe { pdfium.FPDF_GetLastError() };
        let detail = format!("pdfium: error {error}");
        return Err(if LOCKED.contains(&error) {
            Refusal::new(FailureCode::PasswordProtected, detail)
        } else {
            Refusal::doubtful(FailureCode::CorruptFile, detail)
        });
    }

    // The types of pdfium's handles have no public names, so what would be functions are closures.
    // SAFETY: the page is open; the text is checked for null and closed; the buffer has room for
    // twice what is asked for.
    let text_of = |page| unsafe {
        let text = pdfium.FPDFText_LoadPage(page);
        if text.is_null() {
            return String::new();
        }
        let count = pdfium.FPDFText_CountChars(text).max(0);
        // A character beyond the first plane may take two units; the end takes one.
        let mut units = vec![0u16; count.unsigned_abs() as usize * 2 + 2];
        let written = pdfium.FPDFText_GetText(text, 0, count, units.as_mut_ptr());
        pdfium.FPDFText_ClosePage(text);
        units.truncate(written.max(1).unsigned_abs() as usize - 1);
        tidy(&String::from_utf16_lossy(&units))
    };
    // SAFETY: objects belong to their page, which is open while they are passed.
    let is_image = |object| unsafe {
        let mut objects = vec![(object, FORM_DEPTH)];
        while let Some((object, depth)) = objects.pop() {
            match pdfium.FPDFPageObj_GetType(object) {
                IMAGE => return true,
                FORM if depth > 0 => {
                    for index in 0..pdfium.FPDFFormObj_CountObjects(object).max(0) {
                        let inner =
                            pdfium.FPDFFormObj_GetObject(object, index.unsigned_abs().into());
                        objects.push((inner, depth - 1));
                    }
                }
                _ => {}
            }
        }
        false
    };
    // SAFETY: the page is open; the edges are places of this frame.
    let is_scan = |page| unsafe {
        let mut covered = 0.0;
        for index in 0..pdfium.FPDFPage_CountObjects(page) {
            let object = pdfium.FPDFPage_GetObject(page, index);
            let [mut left, mut bottom, mut right, mut top] = [0.0f32; 4];
            let (l, b) = (&raw mut left, &raw mut bottom);
            let (r, t) = (&raw mut right, &raw mut top);
            if is_image(object) && pdfium.FPDFPageObj_GetBounds(object, l, b, r, t) != 0 {
                covered += ((right - left) * (top - bottom)).abs();
            }
        }
        let area = pdfium.FPDF_GetPageWidthF(page) * pdfium.FPDF_GetPageHeightF(page);
        covered > 0.0 && covered >= area * SCAN_COVERAGE
    };
    // SAFETY: the document is open; the page is checked for null and not used after it is closed.
    let open = |index| unsafe {
        let page = pdfium.FPDF_LoadPage(document, index);
        if page.is_null()
            || pdfium.FPDFPage_GetAnnotCount(page) < 1
            || pdfium.FPDFPage_Flatten(page, 0) != FLATTENED
        {
            return page;
        }
        // The page shows what was merged into it only when it is loaded again.
        pdfium.FPDF_ClosePage(page);
        pdfium.FPDF_LoadPage(document, index)
    };

    let mut builder = Builder::default();
    let (mut loaded, mut scans, mut letters) = (0u32, 0u32, 0);
    // SAFETY: the document is open.
    let count = unsafe { pdfium.FPDF_GetPageCount(document) };
    for index in 0..count {
        let page = open(index);
        if page.is_null() {
            continue;
        }
        let text = text_of(page);
        let letters_here = text::letters(&text);
        loaded += 1;
        letters += letters_here;
        scans += u32::from(letters_here < FEW_LETTERS && is_scan(page));
        builder.page(index.unsigned_abs() + 1, &text);
        // SAFETY: the page is open and not used again.
        unsafe { pdfium.FPDF_ClosePage(page) };
    }
    let mut name = vec![0u16; 2 * dynrag_domain::documents::MAX_TITLE];
    let size = name.len() as u64 * 2;
    // SAFETY: the document is open, and not used again; the buffer has the stated size in bytes.
    let written = unsafe {
        let buffer = name.as_mut_ptr().cast::<c_void>();
        let written = pdfium.FPDF_GetMetaText(document, "Title", buffer, size);
        pdfium.FPDF_CloseDocument(document);
        written
    };
    // Longer than the buffer, nothing was written.
    let units = if written > size {
        0
    } else {
        (written / 2).saturating_sub(1)
    };
    name.truncate(usize::try_from(units).unwrap_or_default());
    let title = text::title(&String::from_utf16_lossy(&name));

    if loaded == 0 {
        let detail = format!("pdfium: none of {count} pages can be loaded");
        return Err(Refusal::doubtful(FailureCode::CorruptFile, detail));
    }
    let stamps_only = scans * 2 > loaded && letters < FEW_LETTERS * loaded as usize;
    let detail = format!("pdfium: {letters} letters on {loaded} pages, {scans} scanned");
    if letters == 0 {
        return Err(Refusal::doubtful(FailureCode::NoTextLayer, detail));
    }
    if stamps_only {
        return Err(Refusal::new(FailureCode::NoTextLayer, detail));
    }
    Ok(builder.finish(title, Some(count.unsigned_abs()), "pdfium"))
}

/// pdfium's text of a page in normal form, with words mended that a line's end divided.
///
/// pdfium leaves a mark where it takes a hyphen for a line's end. Between small letters the word
/// becomes whole; elsewhere ("IEEE-754", "Trace-Monkey") the hyphen may be its own and stays. The
/// other hyphens at line ends are left alone.
fn tidy(raw: &str) -> String {
    let mut mended = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(character) = rest.next() {
        if character != LINE_END_HYPHEN {
            mended.push(character);
            continue;
        }
        let (before, after) = (mended.chars().next_back(), rest.peek());
        let both = |is: fn(char) -> bool| before.is_some_and(is) && after.copied().is_some_and(is);
        if both(char::is_alphanumeric) && !both(char::is_lowercase) {
            mended.push('-');
        }
    }
    text::normalise(&mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divided_words_are_mended() {
        assert_eq!(tidy("inter\u{fffe}preter\r\n"), "interpreter");
        assert_eq!(tidy("IEEE\u{fffe}754"), "IEEE-754");
        assert_eq!(tidy("\u{fffe}\u{fffe}a \u{fffe}b"), "a b");
    }
}
