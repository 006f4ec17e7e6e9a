//! Reads the number formats of cells (ECMA-376 part 1, 18.8).

use std::collections::HashMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::format::Format;
use crate::xml;

/// The number formats of cell styles.
#[derive(Default)]
pub struct Styles {
    formats: Vec<Format>,
    /// Index of each style's format.
    cells: Vec<usize>,
}

impl Styles {
    /// Reads the part. Returns false if the XML has an error; styles after it are left out.
    pub fn read(source: &str) -> (Self, bool) {
        let mut reader = Reader::from_str(source);
        let mut codes: HashMap<u32, String> = HashMap::new();
        let mut ids: Vec<u32> = Vec::new();
        let mut of_cells = false;
        let whole = loop {
            match reader.read_event() {
                Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                    "numFmt" => {
                        let code = xml::attribute(&tag, "formatCode");
                        codes.extend(id(&tag).zip(code));
                    }
                    "cellXfs" => of_cells = true,
                    "xf" if of_cells => ids.push(id(&tag).unwrap_or(0)),
                    _ => {}
                },
                Ok(Event::End(tag)) => of_cells &= tag.local_name().as_ref() != "cellXfs",
                Ok(Event::Eof) => break true,
                Err(_) => break false,
                Ok(_) => {}
            }
        };
        let mut styles = Self::default();
        let mut places: HashMap<u32, usize> = HashMap::new();
        for id in ids {
            let place = *places.entry(id).or_insert_with(|| {
                let code = codes.get(&id);
                let format = code.map_or_else(|| Format::built_in(id), |code| Format::of(code));
                styles.formats.push(format);
                styles.formats.len() - 1
            });
            styles.cells.push(place);
        }
        (styles, whole)
    }

    /// The format of a style; `None` if it is General or unknown.
    pub fn format(&self, style: usize) -> Option<&Format> {
        let place = self.cells.get(style)?;
        self.formats
            .get(*place)
            .filter(|format| !format.is_general())
    }
}

fn id(tag: &BytesStart<'_>) -> Option<u32> {
    xml::attribute(tag, "numFmtId")?.trim().parse().ok()
}
