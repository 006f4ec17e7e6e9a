//! Reads the values of form fields.

use std::ffi::{c_int, c_void};

use super::{
    annotations::{Annotation, Form, Written},
    utf16,
};
use crate::text;

/// Field types (`FPDF_FORMFIELD_`).
const CHECK_BOX: c_int = 2;
const RADIO_BUTTON: c_int = 3;
const COMBO_BOX: c_int = 4;
const LIST_BOX: c_int = 5;
const TEXT_FIELD: c_int = 6;
/// Flag of password fields.
const PASSWORD: c_int = 1 << 13;
/// Flag of text fields with a cell for each character.
const COMB: c_int = 1 << 24;
/// Maximum comb fields of a page that are repaired.
const MAX_COMBS: usize = 200;
/// Most options of a field.
const MAX_OPTIONS: c_int = 1_000;

impl Annotation<'_> {
    /// Writes the value of a widget.
    pub fn tell_field(&self, form: &Form<'_>, written: &mut Written) {
        let form = form.handle;
        // SAFETY: the annotation is open, and of this form.
        let kind = unsafe {
            self.pdfium
                .FPDFAnnot_GetFormFieldType(form.cast(), self.handle.cast())
        };
        match kind {
            CHECK_BOX if self.state(form).is_some() => {
                let line = format!("[x] {}", self.label(form));
                if written.has_room(&line) {
                    written.checked.push(line);
                }
            }
            RADIO_BUTTON => {
                let Some(state) = self.state(form) else {
                    return;
                };
                let line = format!("{}: {state}", self.label(form));
                if written.has_room(&line) {
                    written.checked.push(line);
                }
            }
            COMBO_BOX | LIST_BOX => {
                let chosen = self.chosen(form);
                let shown = if chosen.is_empty() {
                    self.field_value(form)
                } else {
                    chosen
                };
                if written.has_room(&shown) {
                    let mut value = self.value(self.label(form), shown);
                    value.untold = kind == LIST_BOX;
                    written.values.push(value);
                }
            }
            TEXT_FIELD => self.tell_text_field(form, written),
            _ => {}
        }
    }

    fn tell_text_field(&self, form: *mut c_void, written: &mut Written) {
        // SAFETY: the annotation is open, and of this form.
        let flags = unsafe {
            self.pdfium
                .FPDFAnnot_GetFormFieldFlags(form.cast(), self.handle.cast())
        };
        let shown = self.field_value(form);
        if flags & PASSWORD != 0 || !written.has_room(&shown) {
            return;
        }
        if flags & COMB != 0
            && !shown.contains(char::is_whitespace)
            && written.combs.len() < MAX_COMBS
        {
            written.combs.push(self.area());
        }
        written.values.push(self.value(self.label(form), shown));
    }

    /// The field's name for readers, or else its own name.
    fn label(&self, form: *mut c_void) -> String {
        let (pdfium, field) = (self.pdfium, self.handle);
        // SAFETY: the annotation is open, and of this form; the buffer has the stated size in bytes.
        let said = utf16(|buffer, size| unsafe {
            pdfium.FPDFAnnot_GetFormFieldAlternateName(form.cast(), field.cast(), buffer, size)
        });
        let said = text::one_line(&said, 200);
        if !said.is_empty() {
            return said;
        }
        // SAFETY: as above.
        let name = utf16(|buffer, size| unsafe {
            pdfium.FPDFAnnot_GetFormFieldName(form.cast(), field.cast(), buffer, size)
        });
        // A field name includes the names of the groups around it.
        text::one_line(name.rsplit('.').next().unwrap_or_default(), 200)
    }

    fn field_value(&self, form: *mut c_void) -> String {
        // SAFETY: the annotation is open, and of this form; the buffer has the stated size in bytes.
        utf16(|buffer, size| unsafe {
            let field = self.handle.cast();
            self.pdfium
                .FPDFAnnot_GetFormFieldValue(form.cast(), field, buffer, size)
        })
    }

    /// The export value of a checked box or button.
    fn state(&self, form: *mut c_void) -> Option<String> {
        let (pdfium, field) = (self.pdfium, self.handle);
        // SAFETY: the annotation is open, and of this form; the buffer has the stated size in bytes.
        let (checked, value) = unsafe {
            let value = utf16(|buffer, size| {
                pdfium.FPDFAnnot_GetFormFieldExportValue(form.cast(), field.cast(), buffer, size)
            });
            let checked = pdfium.FPDFAnnot_IsChecked(form.cast(), field.cast()) != 0;
            (checked, value)
        };
        if checked {
            return Some(value);
        }
        // pdfium takes the names of states from the appearance, which may be missing.
        let mut state = self.string("AS");
        if state.is_empty() {
            state = self.string("V");
        }
        (!state.is_empty() && state != "Off").then_some(state)
    }

    /// Labels of the selected options.
    fn chosen(&self, form: *mut c_void) -> String {
        let pdfium = self.pdfium;
        let mut labels = Vec::new();
        // SAFETY: the annotation is open, and of this form; buffers have their stated sizes in bytes.
        unsafe {
            let count = pdfium.FPDFAnnot_GetOptionCount(form.cast(), self.handle.cast());
            for index in 0..count.min(MAX_OPTIONS) {
                if pdfium.FPDFAnnot_IsOptionSelected(form.cast(), self.handle.cast(), index) != 0 {
                    labels.push(utf16(|buffer, size| {
                        let field = self.handle.cast();
                        pdfium.FPDFAnnot_GetOptionLabel(form.cast(), field, index, buffer, size)
                    }));
                }
            }
        }
        labels.join(", ")
    }
}
