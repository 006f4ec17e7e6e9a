//! Reads a page of a PDF: its text, its hidden text, and whether it is a scan.

use std::{
    collections::HashSet,
    ffi::{c_int, c_void},
};

use pdfium_render::prelude::PdfiumLibraryBindings;

use super::{
    directions,
    layers::Layers,
    order::{self, Glyph},
    places::Area,
};

/// `FPDF_PAGEOBJ_TEXT`, `FPDF_PAGEOBJ_IMAGE` and `FPDF_PAGEOBJ_FORM`.
pub const TEXT: c_int = 1;
const IMAGE: c_int = 3;
pub const FORM: c_int = 5;
/// Deepest nesting of form objects.
const FORM_DEPTH: u32 = 4;
/// `FPDF_TEXTRENDERMODE_INVISIBLE`.
const INVISIBLE: c_int = 3;
/// A page with fewer letters and digits may be a scan with a stamp ("Scanned with CamScanner", a
/// page number, a fax header).
pub const FEW_LETTERS: usize = 30;
/// Smallest share of a page that the images of a scan cover.
const SCAN_COVERAGE: f32 = 0.5;

/// An open page. pdfium's types have no public names, so its handles are bare pointers here.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    pub pdfium: &'a dyn PdfiumLibraryBindings,
    pub handle: *mut c_void,
}

/// The text of a page.
#[derive(Default)]
pub struct Said {
    /// pdfium's text in reading order.
    pub raw: String,
    /// Whether hidden text was left out.
    pub hides: bool,
}

/// Facts from the objects of a page.
#[derive(Default)]
struct Objects {
    /// Whether there is invisible text.
    invisible: bool,
    /// Text objects outside of the visible part of the page, or on hidden layers.
    unseen: HashSet<*mut c_void>,
    /// Share of the page that images cover.
    covered: f32,
}

impl Page<'_> {
    /// The text, without hidden text unless `include_hidden` is set. `combs` are the areas of fields that show a word
    /// with a character in each cell.
    pub fn text(&self, layers: &Layers<'_>, include_hidden: bool, combs: &[Area]) -> Said {
        // SAFETY: the page is open; the text is checked for null, and closed below.
        let text = unsafe { self.pdfium.FPDFText_LoadPage(self.handle.cast()) };
        if text.is_null() {
            return Said::default();
        }
        let text = text.cast::<c_void>();
        let mut said = Said {
            raw: self.raw(text),
            hides: false,
        };
        let objects = if include_hidden || said.raw.is_empty() {
            Objects::default()
        } else {
            self.objects(layers)
        };
        let hides = objects.invisible || !objects.unseen.is_empty();
        if hides || !combs.is_empty() || order::is_doubtful(&said.raw) {
            let mut glyphs = self.glyphs(text);
            if hides {
                said.hides = self.leave_out_unseen(text, &objects, &mut glyphs);
            }
            let glyphs = glyphs.into_iter().map(|(_, glyph)| glyph);
            let glyphs = order::without_false_spaces(&glyphs.collect::<Vec<_>>(), combs);
            said.raw = order::ordered(&glyphs);
        }
        // SAFETY: the text is open and not used again.
        unsafe { self.pdfium.FPDFText_ClosePage(text.cast()) };
        said.raw = directions::with_base_letters(said.raw);
        said
    }

    fn raw(&self, text: *mut c_void) -> String {
        // SAFETY: the text is open; the buffer has room for twice what is asked for.
        unsafe {
            let count = self.pdfium.FPDFText_CountChars(text.cast()).max(0);
            // A character outside of the first plane takes two units, the terminator one.
            let mut units = vec![0u16; count.unsigned_abs() as usize * 2 + 2];
            let written = self
                .pdfium
                .FPDFText_GetText(text.cast(), 0, count, units.as_mut_ptr());
            units.truncate(written.max(1).unsigned_abs() as usize - 1);
            String::from_utf16_lossy(&units)
        }
    }

    /// All characters with pdfium's indexes.
    fn glyphs(&self, text: *mut c_void) -> Vec<(c_int, Glyph)> {
        let pdfium = self.pdfium;
        // SAFETY: the text is open.
        let count = unsafe { pdfium.FPDFText_CountChars(text.cast()) };
        let mut glyphs = Vec::new();
        for index in 0..count {
            let [mut left, mut right, mut bottom, mut top] = [0.0f64; 4];
            // SAFETY: the text is open, the index is of one of its characters; the edges are places of this frame.
            let (code, hyphen, generated) = unsafe {
                let (l, r) = (&raw mut left, &raw mut right);
                let (b, t) = (&raw mut bottom, &raw mut top);
                pdfium.FPDFText_GetCharBox(text.cast(), index, l, r, b, t);
                (
                    pdfium.FPDFText_GetUnicode(text.cast(), index),
                    pdfium.FPDFText_IsHyphen(text.cast(), index) == 1,
                    pdfium.FPDFText_IsGenerated(text.cast(), index) == 1,
                )
            };
            let character = if hyphen {
                Some('\u{fffe}')
            } else {
                char::from_u32(code)
            };
            let Some(character) = character.filter(|character| *character != '\0') else {
                continue;
            };
            let mut glyph = Glyph {
                character,
                left: left as f32,
                right: right as f32,
                bottom: bottom as f32,
                top: top as f32,
                start: left as f32,
                end: right as f32,
                size: (top - bottom) as f32,
                generated,
            };
            if !generated {
                self.measure(text, index, &mut glyph);
            }
            glyphs.push((index, glyph));
        }
        glyphs
    }

    /// Sets the space that a character takes in its line, and its size.
    fn measure(&self, text: *mut c_void, index: c_int, glyph: &mut Glyph) {
        let pdfium = self.pdfium;
        let mut edges = [0.0f32; 4];
        let mut matrix = [0.0f32; 6];
        // SAFETY: the text is open, the index is of one of its characters; `FS_RECTF` is left, top, right, bottom, and
        // `FS_MATRIX` is six floats.
        unsafe {
            let known =
                pdfium.FPDFText_GetLooseCharBox(text.cast(), index, edges.as_mut_ptr().cast());
            if known != 0 && edges[2] > edges[0] {
                [glyph.start, _, glyph.end, _] = edges;
            }
            let place = (&raw mut matrix).cast();
            if pdfium.FPDFText_GetMatrix(text.cast(), index, place) != 0 {
                let size = pdfium.FPDFText_GetFontSize(text.cast(), index) as f32;
                let size = size * matrix[2].hypot(matrix[3]);
                if size.is_finite() && size.abs() > 0.0 {
                    glyph.size = size.abs();
                }
            }
        }
    }

    /// Removes text outside of the page, and invisible text if the page has visible text. Invisible text over a scan is
    /// the scan's text and stays.
    fn leave_out_unseen(
        &self,
        text: *mut c_void,
        objects: &Objects,
        glyphs: &mut Vec<(c_int, Glyph)>,
    ) -> bool {
        let before = glyphs.len();
        if !objects.unseen.is_empty() {
            glyphs.retain(|(index, glyph)| {
                // SAFETY: the text is open, the index is of one of its characters.
                let object = unsafe { self.pdfium.FPDFText_GetTextObject(text.cast(), *index) };
                glyph.generated || !objects.unseen.contains(&object.cast())
            });
        }
        if objects.invisible && objects.covered < SCAN_COVERAGE {
            let is_drawn = |index: c_int| {
                // SAFETY: the text is open, the index is of one of its characters; the object may be null.
                let mode = unsafe {
                    let object = self.pdfium.FPDFText_GetTextObject(text.cast(), index);
                    self.pdfium.FPDFTextObj_GetTextRenderMode(object)
                };
                mode as c_int != INVISIBLE
            };
            let drawn: Vec<bool> = glyphs
                .iter()
                .map(|(index, glyph)| glyph.generated || is_drawn(*index))
                .collect();
            let seen = glyphs.iter().zip(&drawn);
            let seen =
                seen.filter(|((_, glyph), drawn)| **drawn && glyph.character.is_alphanumeric());
            if seen.count() >= FEW_LETTERS {
                let mut drawn = drawn.into_iter();
                glyphs.retain(|_| drawn.next().unwrap_or(true));
            }
        }
        let less = glyphs.len() < before;
        if less {
            without_empty_lines(glyphs);
        }
        less
    }

    /// The visible part of the page: left, bottom, right, top.
    fn shown(&self) -> Option<[f32; 4]> {
        // Left, top, right, bottom.
        let mut edges = [0.0f32; 4];
        // SAFETY: the page is open; `FS_RECTF` is four floats in this order.
        let known = unsafe {
            let edges = edges.as_mut_ptr().cast();
            self.pdfium
                .FPDF_GetPageBoundingBox(self.handle.cast(), edges)
        };
        let [left, top, right, bottom] = edges;
        let shown = [left, bottom, right, top];
        (known != 0 && right > left && top > bottom).then_some(shown)
    }

    /// Visits the objects of the page and of its form objects.
    fn objects(&self, layers: &Layers<'_>) -> Objects {
        let pdfium = self.pdfium;
        let mut found = Objects::default();
        let shown = self.shown();
        // SAFETY: the page is open, and its objects belong to it.
        unsafe {
            let area = pdfium.FPDF_GetPageWidthF(self.handle.cast())
                * pdfium.FPDF_GetPageHeightF(self.handle.cast());
            let count = pdfium.FPDFPage_CountObjects(self.handle.cast());
            let mut objects: Vec<(*mut c_void, u32, bool)> = Vec::new();
            for index in 0..count {
                let object = pdfium.FPDFPage_GetObject(self.handle.cast(), index);
                objects.push((object.cast(), FORM_DEPTH, false));
                // Visits the content of a form object before the next object.
                while let Some((object, depth, layered)) = objects.pop() {
                    match pdfium.FPDFPageObj_GetType(object.cast()) {
                        TEXT => {
                            let mode = pdfium.FPDFTextObj_GetTextRenderMode(object.cast());
                            found.invisible |= mode as c_int == INVISIBLE;
                            // Form objects have their own coordinates.
                            let outside = depth == FORM_DEPTH && self.is_outside(object, shown);
                            if outside || layered || layers.hide(pdfium, object) {
                                found.unseen.insert(object);
                            }
                        }
                        FORM if depth > 0 => {
                            let layered = layered || layers.hide(pdfium, object);
                            for index in 0..pdfium.FPDFFormObj_CountObjects(object.cast()).max(0) {
                                let index = index.unsigned_abs().into();
                                let inner = pdfium.FPDFFormObj_GetObject(object.cast(), index);
                                objects.push((inner.cast(), depth - 1, layered));
                            }
                        }
                        _ => {}
                    }
                }
            }
            if found.invisible && area > 0.0 {
                found.covered = self.covered() / area;
            }
        }
        found
    }

    /// Whether an object lies completely outside of the visible part.
    fn is_outside(&self, object: *mut c_void, shown: Option<[f32; 4]>) -> bool {
        let (Some(shown), Some([left, bottom, right, top])) = (shown, self.bounds(object)) else {
            return false;
        };
        right < shown[0] || left > shown[2] || top < shown[1] || bottom > shown[3]
    }

    /// Left, bottom, right, top of an object.
    pub fn bounds(&self, object: *mut c_void) -> Option<[f32; 4]> {
        let [mut left, mut bottom, mut right, mut top] = [0.0f32; 4];
        // SAFETY: the object's page is open; the edges are places of this frame.
        let known = unsafe {
            let (l, b) = (&raw mut left, &raw mut bottom);
            let (r, t) = (&raw mut right, &raw mut top);
            self.pdfium.FPDFPageObj_GetBounds(object.cast(), l, b, r, t)
        };
        (known != 0).then_some([left, bottom, right, top])
    }

    /// Whether an object is an image or a form object with one.
    fn is_image(&self, object: *mut c_void) -> bool {
        let mut objects = vec![(object, FORM_DEPTH)];
        while let Some((object, depth)) = objects.pop() {
            // SAFETY: objects belong to their page, which is open.
            unsafe {
                match self.pdfium.FPDFPageObj_GetType(object.cast()) {
                    IMAGE => return true,
                    FORM if depth > 0 => {
                        for index in 0..self.pdfium.FPDFFormObj_CountObjects(object.cast()).max(0) {
                            let index = index.unsigned_abs().into();
                            let inner = self.pdfium.FPDFFormObj_GetObject(object.cast(), index);
                            objects.push((inner.cast(), depth - 1));
                        }
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// Area that images cover, in page units.
    fn covered(&self) -> f32 {
        let mut covered = 0.0;
        // SAFETY: the page is open.
        let count = unsafe { self.pdfium.FPDFPage_CountObjects(self.handle.cast()) };
        for index in 0..count {
            // SAFETY: as above.
            let object = unsafe { self.pdfium.FPDFPage_GetObject(self.handle.cast(), index) };
            if self.is_image(object.cast())
                && let Some([left, bottom, right, top]) = self.bounds(object.cast())
            {
                covered += ((right - left) * (top - bottom)).abs();
            }
        }
        covered
    }

    /// Whether images cover at least half of the page.
    pub fn is_scan(&self) -> bool {
        // SAFETY: the page is open.
        let area = unsafe {
            self.pdfium.FPDF_GetPageWidthF(self.handle.cast())
                * self.pdfium.FPDF_GetPageHeightF(self.handle.cast())
        };
        let covered = self.covered();
        covered > 0.0 && covered >= area * SCAN_COVERAGE
    }
}

/// Removes lines that became empty.
fn without_empty_lines(glyphs: &mut Vec<(c_int, Glyph)>) {
    let mut kept: Vec<(c_int, Glyph)> = Vec::with_capacity(glyphs.len());
    for line in glyphs.split_inclusive(|(_, glyph)| glyph.character == '\n') {
        if line
            .iter()
            .any(|(_, glyph)| !glyph.character.is_whitespace())
        {
            kept.extend_from_slice(line);
        }
    }
    *glyphs = kept;
}
