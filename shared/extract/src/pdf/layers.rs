//! Finds hidden layers of a PDF: optional content groups that are off when it is opened (ISO 32000-1, 8.11).

use std::{
    cell::OnceCell,
    collections::HashSet,
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
};

use pdf_extract::{Dictionary, Document, Object, ObjectId};
use pdfium_render::prelude::PdfiumLibraryBindings;

/// Most marks of an object.
const MAX_MARKS: u64 = 16;
/// Longest name of a mark or layer, in UTF-16 units.
const MAX_NAME: usize = 256;

/// The layers of a document. pdfium knows the layer of an object, but not whether it is visible, so another reader is
/// asked if there are layers.
pub struct Layers<'a> {
    bytes: &'a [u8],
    hidden: OnceCell<HashSet<String>>,
}

impl<'a> Layers<'a> {
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            hidden: OnceCell::new(),
        }
    }

    /// Whether an object of an open page belongs to a hidden layer.
    pub fn hide(&self, pdfium: &dyn PdfiumLibraryBindings, object: *mut c_void) -> bool {
        // SAFETY: the object's page is open, and marks belong to the object.
        unsafe {
            let count = pdfium.FPDFPageObj_CountMarks(object.cast()).max(0);
            (0..u64::from(count.unsigned_abs()).min(MAX_MARKS)).any(|index| {
                let mark = pdfium.FPDFPageObj_GetMark(object.cast(), index);
                let is_layer = string(|buffer, size, needed| {
                    pdfium.FPDFPageObjMark_GetName(mark, buffer, size, needed)
                })
                .is_some_and(|name| name == "OC");
                // A membership over several layers has no name; its content is read.
                is_layer
                    && string(|buffer, size, needed| {
                        pdfium
                            .FPDFPageObjMark_GetParamStringValue(mark, "Name", buffer, size, needed)
                    })
                    .is_some_and(|name| self.hidden().contains(&name))
            })
        }
    }

    fn hidden(&self) -> &HashSet<String> {
        self.hidden.get_or_init(|| {
            let read = catch_unwind(AssertUnwindSafe(|| {
                let document = Document::load_mem(self.bytes).ok()?;
                // Names in an encrypted file are unreadable.
                (!document.is_encrypted()).then(|| hidden(&document))?
            }));
            read.ok().flatten().unwrap_or_default()
        })
    }
}

/// A string that pdfium writes into a buffer of a given size in bytes; `None` if there is none or it is too long.
fn string(write: impl FnOnce(*mut u16, u64, *mut u64) -> i32) -> Option<String> {
    let mut units = [0u16; MAX_NAME];
    let mut needed = 0u64;
    let size = MAX_NAME as u64 * 2;
    if write(units.as_mut_ptr(), size, &raw mut needed) == 0 || needed > size {
        return None;
    }
    // The string ends with a NUL.
    let length = usize::try_from(needed / 2).unwrap_or_default();
    let units = units.get(..length.saturating_sub(1))?;
    Some(String::from_utf16_lossy(units))
}

/// Names of the layers that are off, without names that a visible layer shares.
fn hidden(document: &Document) -> Option<HashSet<String>> {
    let at = |dictionary: &Dictionary, key: &[u8]| {
        let value = dictionary.get(key).ok()?;
        Some(document.dereference(value).ok()?.1.clone())
    };
    let layers = at(document.catalog().ok()?, b"OCProperties")?;
    let layers = layers.as_dict().ok()?;
    let usual = at(layers, b"D")?;
    let usual = usual.as_dict().ok()?;
    let listed = |dictionary: &Dictionary, key: &[u8]| -> HashSet<ObjectId> {
        let list = at(dictionary, key).unwrap_or(Object::Null);
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter_map(|layer| layer.as_reference().ok())
            .collect()
    };
    let all = listed(layers, b"OCGs");
    let base_is_off = matches!(
        at(usual, b"BaseState").as_ref().map(Object::as_name),
        Some(Ok(b"OFF"))
    );
    let off = if base_is_off {
        let on = listed(usual, b"ON");
        all.difference(&on).copied().collect()
    } else {
        listed(usual, b"OFF")
    };
    let names = |layers: &mut dyn Iterator<Item = &ObjectId>| -> HashSet<String> {
        let names = layers.filter_map(|id| {
            let layer = document.get_dictionary(*id).ok()?;
            Some(text(at(layer, b"Name")?.as_str().ok()?))
        });
        names.collect()
    };
    let shown = names(&mut all.difference(&off));
    let hidden = names(&mut off.iter());
    Some(hidden.difference(&shown).cloned().collect())
}

/// A text string: UTF-16 or UTF-8 with a mark, else one byte per character.
fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        bytes => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
