//! Reads each part of a document once.

use std::collections::{HashMap, HashSet};

use crate::{ooxml::Package, protocol::Refusal, tables::Copies};

/// The parts of a document that were read, and its budget for text that occurs more than once.
///
/// A small file may refer to one part any number of times. Part names are compared case-insensitively (ECMA-376 part 2,
/// 6.2.2.3).
#[derive(Default)]
pub struct Parts {
    /// The document's budget for repeated text.
    pub copies: Copies,
    seen: HashSet<String>,
    /// Text of charts and diagrams, and its length, by their parts.
    graphics: HashMap<String, (Vec<String>, usize)>,
}

impl Parts {
    /// Whether a part that belongs to one place, such as a slide, occurs for the first time.
    pub fn first(&mut self, part: &str) -> bool {
        self.seen.insert(part.to_ascii_lowercase())
    }

    /// The text of a chart. See [`chart`](super::chart); a further occurrence is spent from the document's budget, and
    /// empty if that is used up.
    ///
    /// # Errors
    /// `corrupt_file` if the part is missing or broken, at its first occurrence; `text_too_large`.
    pub fn chart(&mut self, package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
        self.once(part, |parts| super::read_chart(package, part, parts))
    }

    /// The text of a diagram. See [`diagram`](super::diagram). Falls back to the drawing that Office stores with it, if
    /// the data is broken or empty.
    ///
    /// # Errors
    /// As of [`chart`](Self::chart).
    pub fn diagram(
        &mut self,
        package: &mut Package<'_>,
        part: &str,
        drawing: Option<&str>,
    ) -> Result<Vec<String>, Refusal> {
        let read = self.once(part, |_| super::read_diagram(package, part));
        match drawing {
            Some(drawing) if read.as_ref().map_or(true, Vec::is_empty) => {
                self.once(drawing, |_| super::read_diagram(package, drawing))
            }
            _ => read,
        }
    }

    /// Reads a part at its first occurrence, and repeats its text later.
    pub(super) fn once(
        &mut self,
        part: &str,
        read: impl FnOnce(&mut Self) -> Result<Vec<String>, Refusal>,
    ) -> Result<Vec<String>, Refusal> {
        let key = part.to_ascii_lowercase();
        if let Some((blocks, length)) = self.graphics.get(&key) {
            let is_paid = self.copies.spend(*length);
            return Ok(if is_paid { blocks.clone() } else { Vec::new() });
        }
        // A broken part is reported once, and a part that refers to itself ends.
        self.graphics.insert(key.clone(), Default::default());
        let blocks = read(self)?;
        let length = blocks.iter().map(String::len).sum();
        self.graphics.insert(key, (blocks.clone(), length));
        Ok(blocks)
    }
}
