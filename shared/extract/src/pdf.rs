//! Reads PDFs with pdfium, page by page, and tells scans from documents with text.

use std::path::Path;

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
};
use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};
use unicode_normalization::UnicodeNormalization;

use crate::{
    language, properties,
    protocol::Refusal,
    text::{self, Builder},
};

/// `FPDF_ERR_PASSWORD`: a password is missing or wrong.
const ERROR_PASSWORD: u64 = 4;
/// `FPDF_ERR_SECURITY`: an encryption that pdfium does not know.
const ERROR_SECURITY: u64 = 5;
/// Longest entry of the information dictionary that is read, in bytes.
const MAX_META: u64 = 1 << 20;
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
/// the document has fewer than 30 letters and digits per page on average. It is `password_protected`
/// if the file is locked and `password` is neither its user's nor its owner's.
pub fn read(library: &Library, bytes: &[u8], password: Option<&str>) -> Result<Extracted, Refusal> {
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
    let meta = |key: &str| {
        // SAFETY: the document is open; the buffer has the stated size in bytes.
        utf16(|buffer, size| unsafe { pdfium.FPDF_GetMetaText(document, key, buffer.cast(), size) })
    };
    let title = text::title(&meta("Title"));
    // SAFETY: the document is open; the buffer has the stated size in bytes.
    let stated =
        utf16(|buffer, size| unsafe { pdfium.FPDFCatalog_GetLanguage(document, buffer, size) });
    let properties = Properties {
        author: properties::author(&meta("Author")),
        language: language::stated(&stated),
        created: properties::date(&meta("CreationDate")),
        modified: properties::date(&meta("ModDate")),
    };
    // SAFETY: the document is open, and not used again.
    unsafe { pdfium.FPDF_CloseDocument(document) };

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
    Ok(Extracted {
        properties,
        ..builder.finish(title, Some(count.unsigned_abs()), "pdfium")
    })
}

fn protected(detail: &str) -> Refusal {
    Refusal::new(FailureCode::PasswordProtected, format!("pdfium: {detail}"))
}

/// How a password may have been written when the file was locked: as it is, or with its accents
/// composed or apart, which depends on the keyboard. pdfium itself tries both UTF-8 and Latin-1.
fn spellings(password: &str) -> Vec<String> {
    let mut all = vec![password.to_owned()];
    for other in [
        // What PDF 2.0 asks for (SASLprep).
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

/// A string that pdfium writes into a buffer of a size in bytes, and says how large it is: empty
/// where it is larger than [`MAX_META`].
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

    #[test]
    fn a_password_is_tried_as_it_may_have_been_typed() {
        assert_eq!(spellings("abc"), ["abc"]);
        assert_eq!(spellings("é"), ["é", "e\u{301}"]);
        assert_eq!(spellings("e\u{301}ﬁ"), ["e\u{301}ﬁ", "éfi", "éﬁ"]);
    }
}
