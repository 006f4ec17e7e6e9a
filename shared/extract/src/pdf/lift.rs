//! Prepares the objects of a page for pdfium's text.

use std::{
    collections::HashSet,
    ffi::{c_int, c_void},
};

use super::{
    layers::Layers,
    page::{FORM, Page, TEXT},
    places::{Anchor, Area, Texts},
};

/// `FPDF_TEXTRENDERMODE_FILL` and `FPDF_TEXTRENDERMODE_FILL_STROKE`.
const FILL: c_int = 0;
const FILL_STROKE: c_int = 2;
/// pdfium drops narrower text objects, in page units.
const NARROWEST: f32 = 0.01;
/// Width for text objects without one, relative to the font size. Less than the distance of lines.
const WIDTH: f32 = 0.8;

impl Page<'_> {
    /// Changes the open page, not the file, where pdfium would misread it:
    ///
    /// pdfium compares text of different form objects in their own coordinates, and puts values of fields on one line
    /// that are far apart. So the content of form objects moves to the page. A form object on a hidden layer stays.
    ///
    /// pdfium drops single characters of fonts that it has no glyphs for. They get a width.
    ///
    /// `fields` are the areas of form fields if annotations were merged into the page. Their values move behind their
    /// labels.
    pub fn prepare(self, layers: &Layers<'_>, fields: &[Area]) {
        let pdfium = self.pdfium;
        // SAFETY: the page is open, and its objects belong to it.
        let objects: Vec<*mut c_void> = unsafe {
            let count = pdfium.FPDFPage_CountObjects(self.handle.cast());
            let object = |index| pdfium.FPDFPage_GetObject(self.handle.cast(), index).cast();
            (0..count).map(object).collect()
        };
        let inner = objects.iter().any(|object| self.has_inner_text(*object));
        let objects = if inner {
            self.flatten_forms(layers, fields)
        } else {
            objects
        };
        self.widen(&objects);
    }

    fn kind(self, object: *mut c_void) -> c_int {
        // SAFETY: the object is valid; its page is open.
        unsafe { self.pdfium.FPDFPageObj_GetType(object.cast()) }
    }

    /// The transformation of an object; zeros if it has none.
    fn matrix(self, object: *mut c_void) -> [f32; 6] {
        let mut matrix = [0.0f32; 6];
        // SAFETY: the object's page is open; `FS_MATRIX` is six floats.
        unsafe {
            let place = (&raw mut matrix).cast();
            self.pdfium.FPDFPageObj_GetMatrix(object.cast(), place)
        };
        matrix
    }

    /// Whether an object is a form object with text in it.
    fn has_inner_text(self, object: *mut c_void) -> bool {
        let mut forms = vec![object];
        while let Some(form) = forms.pop() {
            if self.kind(form) != FORM {
                continue;
            }
            // SAFETY: the form object's page is open.
            let count = unsafe { self.pdfium.FPDFFormObj_CountObjects(form.cast()) };
            for index in 0..count.max(0).unsigned_abs() {
                // SAFETY: as above.
                let inner = unsafe { self.pdfium.FPDFFormObj_GetObject(form.cast(), index.into()) };
                match self.kind(inner.cast()) {
                    TEXT => return true,
                    FORM => forms.push(inner.cast()),
                    _ => {}
                }
            }
        }
        false
    }

    /// Replaces form objects by their content, and returns all objects.
    fn flatten_forms(self, layers: &Layers<'_>, fields: &[Area]) -> Vec<*mut c_void> {
        // Values of white space have no label.
        let spoken = match fields {
            [] => HashSet::new(),
            _ => self.spoken(),
        };
        let taken = self.take_all();
        let mut flow = Vec::with_capacity(taken.len());
        let mut values = Vec::new();
        let last = taken.len().saturating_sub(1);
        for (index, object) in taken.into_iter().enumerate() {
            // pdfium merges annotations as the last object, with a form object for each.
            if index == last && !fields.is_empty() && self.kind(object) == FORM {
                for inner in self.empty(object) {
                    values.push(self.spread(inner, layers));
                }
                flow.push(object);
            } else {
                flow.extend(self.spread(object, layers));
            }
        }
        let (values, blank): (Vec<_>, Vec<_>) = values
            .into_iter()
            .partition(|value: &Vec<_>| value.iter().any(|object| spoken.contains(object)));
        let mut objects = self.placed(flow, values, fields);
        objects.extend(blank.into_iter().flatten());
        for object in &objects {
            // SAFETY: the object was taken from this page, which owns it again.
            unsafe {
                self.pdfium
                    .FPDFPage_InsertObject(self.handle.cast(), object.cast())
            };
        }
        objects
    }

    /// Takes all objects from the page. They must be inserted again.
    fn take_all(self) -> Vec<*mut c_void> {
        let (pdfium, page) = (self.pdfium, self.handle);
        let mut taken = Vec::new();
        // SAFETY: the page is open. From the front, each removal takes constant time.
        unsafe {
            while pdfium.FPDFPage_CountObjects(page.cast()) > 0 {
                let object = pdfium.FPDFPage_GetObject(page.cast(), 0);
                if pdfium.FPDFPage_RemoveObject(page.cast(), object) == 0 {
                    break;
                }
                taken.push(object.cast());
            }
        }
        taken
    }

    /// Takes all objects from a form object, in the coordinates of what contains it.
    fn empty(self, form: *mut c_void) -> Vec<*mut c_void> {
        let pdfium = self.pdfium;
        let [a, b, c, d, e, f] = self.matrix(form).map(f64::from);
        let mut taken = Vec::new();
        // SAFETY: the form object is valid, and its page open.
        unsafe {
            while pdfium.FPDFFormObj_CountObjects(form.cast()) > 0 {
                let object = pdfium.FPDFFormObj_GetObject(form.cast(), 0);
                if pdfium.FPDFFormObj_RemoveObject(form.cast(), object) == 0 {
                    break;
                }
                pdfium.FPDFPageObj_Transform(object, a, b, c, d, e, f);
                taken.push(object.cast());
            }
        }
        taken
    }

    /// Whether a form object has text across the direction of the page. pdfium would join it to lines that it crosses.
    fn is_sideways(self, form: *mut c_void) -> bool {
        let pdfium = self.pdfium;
        // SAFETY: the page is open, and the form object valid.
        let (turns, count) = unsafe {
            (
                pdfium.FPDFPage_GetRotation(self.handle.cast()),
                pdfium.FPDFFormObj_CountObjects(form.cast()),
            )
        };
        let [outer_a, outer_b, outer_c, outer_d, ..] = self.matrix(form);
        let inner = (0..count.max(0).unsigned_abs()).map(|index| {
            // SAFETY: as above.
            unsafe { pdfium.FPDFFormObj_GetObject(form.cast(), index.into()) }
        });
        let mut texts = inner.filter(|object| self.kind(object.cast()) == TEXT);
        texts.any(|text| {
            let [a, b, ..] = self.matrix(text.cast());
            let along = a * outer_a + b * outer_c;
            let across = a * outer_b + b * outer_d;
            (across.abs() > along.abs()) != (turns % 2 != 0)
        })
    }

    /// An object, or the content of a form object in page coordinates and the emptied form object.
    fn spread(self, object: *mut c_void, layers: &Layers<'_>) -> Vec<*mut c_void> {
        let mut all = Vec::new();
        let mut waiting = vec![object];
        while let Some(object) = waiting.pop() {
            if self.kind(object) == FORM
                && !self.is_sideways(object)
                && !layers.hide(self.pdfium, object)
            {
                waiting.extend(self.empty(object).into_iter().rev());
            }
            all.push(object);
        }
        all
    }

    /// The objects of the page, with the values of fields behind their labels, and other annotations at the end.
    fn placed(
        self,
        flow: Vec<*mut c_void>,
        values: Vec<Vec<*mut c_void>>,
        fields: &[Area],
    ) -> Vec<*mut c_void> {
        let area = |object: &*mut c_void| {
            let text = self.kind(*object) == TEXT;
            text.then(|| self.bounds(*object)).flatten().map(Area::from)
        };
        // SAFETY: the page is open.
        let turned = unsafe { self.pdfium.FPDFPage_GetRotation(self.handle.cast()) } != 0;
        let (places, areas): (Vec<usize>, Vec<Area>) = flow
            .iter()
            .enumerate()
            .filter_map(|(place, object)| Some((place, area(object)?)))
            .unzip();
        let mut texts = Texts::new(&areas, fields);
        // Before which object a value belongs, and its place among others there.
        let mut ordered: Vec<([i64; 3], Vec<*mut c_void>)> = Vec::new();
        for value in values {
            // The first line of the value.
            let first = value.iter().filter_map(area).max_by(Area::by_line);
            let field = first.and_then(|first| fields.iter().position(|field| field.holds(first)));
            let anchor = match (first, field) {
                (Some(first), Some(field)) if !turned => texts.anchor(first, field),
                _ => None,
            };
            let place = match anchor {
                Some(Anchor::Before(text)) => places[text],
                Some(Anchor::After(text)) => places[text] + 1,
                None => flow.len(),
            };
            let row = anchor.and(field).map(|field| fields[field].row());
            let [line, column] = row.unwrap_or_default();
            ordered.push(([place as i64, line, column], value));
        }
        // Others keep their order.
        ordered.sort_by_key(|(place, _)| *place);
        let mut ordered = ordered.into_iter().peekable();
        let mut all = Vec::new();
        for place in 0..=flow.len() {
            while let Some((_, value)) =
                ordered.next_if(|([before, ..], _)| *before == place as i64)
            {
                all.extend(value);
            }
            all.extend(flow.get(place));
        }
        all
    }

    /// Gives text objects without width a width: stroked text is larger by the width of the stroke. Spaces and
    /// characters of fonts in the file are empty on purpose.
    fn widen(self, objects: &[*mut c_void]) {
        let narrow: Vec<*mut c_void> = objects
            .iter()
            .copied()
            .filter(|object| self.is_narrow(*object))
            .collect();
        if narrow.is_empty() {
            return;
        }
        for object in &narrow {
            self.draw(*object, FILL_STROKE);
        }
        let spoken = self.spoken();
        for object in narrow.iter().filter(|object| !spoken.contains(object)) {
            self.draw(*object, FILL);
        }
    }

    /// Whether an object is text without width, in a font that the file does not have.
    fn is_narrow(self, object: *mut c_void) -> bool {
        let pdfium = self.pdfium;
        if self.kind(object) != TEXT {
            return false;
        }
        let Some([left, _, right, _]) = self.bounds(object) else {
            return false;
        };
        // SAFETY: the object's page is open; its font is checked for null.
        right - left < NARROWEST
            && unsafe {
                let font = pdfium.FPDFTextObj_GetFont(object.cast());
                pdfium.FPDFTextObj_GetTextRenderMode(object.cast()) as c_int == FILL
                    && !font.is_null()
                    && pdfium.FPDFFont_GetIsEmbedded(font) == 0
            }
    }

    /// Sets how a text object is drawn.
    fn draw(self, object: *mut c_void, mode: c_int) {
        let pdfium = self.pdfium;
        let [_, _, c, d, ..] = self.matrix(object);
        let mut size = 0.0f32;
        // SAFETY: the object's page is open. The transformation lets pdfium compute the bounds again.
        unsafe {
            pdfium.FPDFTextObj_GetFontSize(object.cast(), &raw mut size);
            let width = (size * c.hypot(d)).abs() * WIDTH;
            pdfium.FPDFTextObj_SetTextRenderMode(object.cast(), mode as _);
            pdfium.FPDFPageObj_SetStrokeWidth(object.cast(), width);
            pdfium.FPDFPageObj_Transform(object.cast(), 1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        }
    }

    /// Text objects with more than white space.
    fn spoken(self) -> HashSet<*mut c_void> {
        let pdfium = self.pdfium;
        let mut spoken = HashSet::new();
        // SAFETY: the page is open; the text is checked for null, and closed; indexes are of its characters.
        unsafe {
            let text = pdfium.FPDFText_LoadPage(self.handle.cast());
            if text.is_null() {
                return spoken;
            }
            for index in 0..pdfium.FPDFText_CountChars(text) {
                let character = char::from_u32(pdfium.FPDFText_GetUnicode(text, index));
                if character.is_some_and(|c| !c.is_whitespace() && !c.is_control()) {
                    spoken.insert(pdfium.FPDFText_GetTextObject(text, index).cast());
                }
            }
            pdfium.FPDFText_ClosePage(text);
        }
        spoken
    }
}
