//! Reads the annotations of a page: text boxes, notes, and, with `fields`, form values.

use std::{
    collections::HashSet,
    ffi::{c_int, c_void},
};

use dynrag_domain::warnings::{WarningCode, Warnings};
use pdfium_render::prelude::PdfiumLibraryBindings;
use scraper::Html;

use super::{page::Page, places::Area, utf16};
use crate::{html_text, text};

/// `FLATTEN_SUCCESS`: annotations were merged into the page.
const FLATTENED: c_int = 1;
/// Most annotations of a page.
const MAX_ANNOTATIONS: c_int = 5_000;
/// Annotation types (`FPDF_ANNOT_`).
const FREE_TEXT: c_int = 3;
const WIDGET: c_int = 20;
/// Reviewers' annotations: text, lines, shapes, text markup, stamps, carets, ink, attachments.
const NOTES: [c_int; 14] = [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17];
/// Annotation flags: hidden, not to be viewed.
const UNSEEN: c_int = 0b10_0010;
/// Most bytes of a page's annotations.
const MAX_WRITTEN: usize = 1 << 20;
/// Fewest bytes of a value for it not to be on the page by chance.
const MIN_FOUND: usize = 8;

/// pdfium's form state of a document.
pub struct Form<'a> {
    pdfium: &'a dyn PdfiumLibraryBindings,
    pub handle: *mut c_void,
    /// `FPDF_FORMFILLINFO`, which pdfium keeps a pointer to: a version, then callbacks, which stay null.
    _info: Box<[u64; 64]>,
}

impl<'a> Form<'a> {
    /// The form of an open document, if it has one.
    pub fn of(pdfium: &'a dyn PdfiumLibraryBindings, document: *mut c_void) -> Option<Self> {
        let mut info = Box::new([0u64; 64]);
        info[0] = 2;
        // SAFETY: the document is open; the structure is larger than pdfium's, which is 35 words, and is kept until
        // the form is closed.
        let handle = unsafe {
            if pdfium.FPDF_GetFormType(document.cast()) == 0 {
                return None;
            }
            let info = info.as_mut_ptr().cast();
            pdfium.FPDFDOC_InitFormFillEnvironment(document.cast(), info)
        };
        (!handle.is_null()).then(|| Self {
            pdfium,
            handle: handle.cast(),
            _info: info,
        })
    }
}

impl Drop for Form<'_> {
    fn drop(&mut self) {
        // SAFETY: the form was opened, and is not used again; its document is still open.
        unsafe {
            self.pdfium
                .FPDFDOC_ExitFormFillEnvironment(self.handle.cast())
        };
    }
}

/// The value of a form field, or the text of a text box.
pub struct Value {
    pub label: String,
    pub text: String,
    /// Left, top, right, bottom, in the page's units.
    pub place: [f32; 4],
    /// Whether the page does not show the value, though it may show its text: a list shows all options.
    pub untold: bool,
}

/// Annotation texts that may be missing from the page's text.
#[derive(Default)]
pub struct Written {
    pub values: Vec<Value>,
    /// Labels of checked boxes and selected buttons.
    pub checked: Vec<String>,
    /// Authors and texts of notes.
    notes: Vec<(String, String)>,
    /// Areas of form fields.
    pub fields: Vec<Area>,
    /// Areas of fields that show a word with a character in each cell.
    pub combs: Vec<Area>,
    /// Size of all texts in bytes.
    size: usize,
}

impl Written {
    /// Whether a text still fits: the fields of a small file may share one long value.
    pub fn has_room(&mut self, text: &str) -> bool {
        self.size = self.size.saturating_add(text.len());
        self.size <= MAX_WRITTEN && !text.trim().is_empty()
    }

    /// Removes the values that the page shows in place after annotations were merged into it.
    pub fn without_drawn(&mut self, page: Page<'_>) {
        if self.values.is_empty() {
            return;
        }
        let pdfium = page.pdfium;
        // SAFETY: the page is open; the text is checked for null, and closed below.
        let text = unsafe { pdfium.FPDFText_LoadPage(page.handle.cast()) };
        if text.is_null() {
            return;
        }
        self.values.retain(|value| {
            if value.untold {
                return true;
            }
            let [left, top, right, bottom] = value.place.map(f64::from);
            let mut units = vec![0u16; value.text.len() * 2 + 64];
            let size = c_int::try_from(units.len()).unwrap_or_default();
            // SAFETY: the text is open; the buffer has the stated size in units.
            let written = unsafe {
                let buffer = units.as_mut_ptr();
                pdfium.FPDFText_GetBoundedText(text, left, top, right, bottom, buffer, size)
            };
            units.truncate(written.max(0).unsigned_abs() as usize);
            let shown = String::from_utf16_lossy(&units);
            !squeezed(&shown).contains(&squeezed(&value.text))
        });
        // SAFETY: the text is open and not used again.
        unsafe { pdfium.FPDFText_ClosePage(text) };
    }

    /// Appends the missing texts to the page, and counts notes.
    pub fn complete(self, page: &mut String, warnings: &mut Warnings) {
        if self.values.is_empty() && self.checked.is_empty() && self.notes.is_empty() {
            return;
        }
        let squeezed = squeezed(page);
        let mut added = HashSet::new();
        let mut add = |line: String| {
            let line = text::normalise(&line);
            if !line.is_empty() && added.insert(line.clone()) {
                page.push_str(if page.is_empty() { "" } else { "\n" });
                page.push_str(&line);
            }
        };
        for Value {
            label,
            text,
            untold,
            ..
        } in self.values
        {
            let value = self::squeezed(&text);
            // A short value may occur anywhere.
            if untold || value.len() < MIN_FOUND || !squeezed.contains(&value) {
                let apart = if label.is_empty() { "" } else { ": " };
                add(format!("{label}{apart}{text}"));
            }
        }
        self.checked.into_iter().for_each(&mut add);
        warnings.add(WarningCode::Comments, self.notes.len());
        for (author, note) in self.notes {
            // Some programs copy the marked text into the note.
            if !squeezed.contains(&self::squeezed(&note)) {
                add(if author.is_empty() {
                    format!("Note: {note}")
                } else {
                    format!("Note ({author}): {note}")
                });
            }
        }
    }
}

/// A text without white space, to find it regardless of its layout.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

impl Page<'_> {
    /// Merges annotations into the page as a viewer shows them, and returns those that a viewer would not draw, and
    /// whether the page must be loaded again.
    pub fn merge_annotations(&self, form: Option<&Form<'_>>) -> (Written, bool) {
        let pdfium = self.pdfium;
        // SAFETY: the page is open, and the form is that of its document.
        unsafe {
            let count = pdfium.FPDFPage_GetAnnotCount(self.handle.cast());
            if count < 1 {
                return (Written::default(), false);
            }
            if let Some(form) = form {
                // Draws fields that have no appearance.
                pdfium.FORM_OnAfterLoadPage(self.handle.cast(), form.handle.cast());
            }
            let mut written = Written::default();
            for index in 0..count.min(MAX_ANNOTATIONS) {
                let annotation = pdfium.FPDFPage_GetAnnot(self.handle.cast(), index);
                if annotation.is_null() {
                    continue;
                }
                let inner = Annotation {
                    pdfium,
                    handle: annotation.cast(),
                };
                inner.tell(form, &mut written);
                pdfium.FPDFPage_CloseAnnot(annotation);
            }
            let merged = pdfium.FPDFPage_Flatten(self.handle.cast(), 0) == FLATTENED;
            if let Some(form) = form {
                pdfium.FORM_OnBeforeClosePage(self.handle.cast(), form.handle.cast());
            }
            (written, merged)
        }
    }
}

/// An open annotation.
pub struct Annotation<'a> {
    pub pdfium: &'a dyn PdfiumLibraryBindings,
    pub handle: *mut c_void,
}

impl Annotation<'_> {
    fn tell(&self, form: Option<&Form<'_>>, written: &mut Written) {
        let pdfium = self.pdfium;
        // SAFETY: the annotation is open.
        let (kind, flags) = unsafe {
            (
                pdfium.FPDFAnnot_GetSubtype(self.handle.cast()) as c_int,
                pdfium.FPDFAnnot_GetFlags(self.handle.cast()),
            )
        };
        if flags & UNSEEN != 0 {
            return;
        }
        match (kind, form) {
            (WIDGET, Some(form)) => {
                written.fields.push(self.area());
                self.tell_field(form, written);
            }
            (FREE_TEXT, _) => {
                // SAFETY: as above.
                let drawn = unsafe { pdfium.FPDFAnnot_HasKey(self.handle.cast(), "AP") } != 0;
                if !drawn {
                    self.tell_text_box(written);
                }
            }
            (kind, _) if NOTES.contains(&kind) => {
                let said = self.string("Contents");
                if written.has_room(&said) {
                    let author = text::one_line(&self.string("T"), 200);
                    written.notes.push((author, said));
                }
            }
            _ => {}
        }
    }

    /// Writes the plain text of a text box, or else its rich text, which is XHTML (ISO 32000-1, 12.7.3.4).
    fn tell_text_box(&self, written: &mut Written) {
        let mut said = self.string("Contents");
        if !written.has_room(&said) {
            said = self.string("RC");
            if !written.has_room(&said) {
                return;
            }
            let rich = html_text::visible(&Html::parse_document(&said));
            rich.as_str().clone_into(&mut said);
        }
        written.values.push(self.value(String::new(), said));
    }

    pub fn value(&self, label: String, text: String) -> Value {
        Value {
            label,
            text,
            place: self.place(),
            untold: false,
        }
    }

    pub fn area(&self) -> Area {
        let [left, top, right, bottom] = self.place();
        Area::from([left, bottom, right, top])
    }

    /// Left, top, right, bottom, in the page's units.
    fn place(&self) -> [f32; 4] {
        let mut place = [0.0f32; 4];
        // SAFETY: the annotation is open; `FS_RECTF` is four floats in this order.
        unsafe {
            let place = place.as_mut_ptr().cast();
            self.pdfium.FPDFAnnot_GetRect(self.handle.cast(), place)
        };
        place
    }

    /// A string of the annotation's dictionary.
    pub fn string(&self, key: &str) -> String {
        // SAFETY: the annotation is open; the buffer has the stated size in bytes.
        utf16(|buffer, size| unsafe {
            let annotation = self.handle.cast();
            self.pdfium
                .FPDFAnnot_GetStringValue(annotation, key, buffer, size)
        })
    }
}
