//! Reads headers and footers: each text once, without page numbers.

use std::collections::HashSet;

use super::{
    block::{self, Block},
    reader::Reader,
    styles::whether,
};
use crate::xml::Element;

/// Words around a page number, in lower case.
const PAGE_WORDS: &[&str] = &[
    "page",
    "pages",
    "pg",
    "p",
    "of",
    "seite",
    "von",
    "s",
    "sur",
    "de",
    "página",
    "pagina",
    "di",
    "van",
    "str",
    "strona",
    "z",
    "sida",
    "av",
    "side",
    "af",
    "sivu",
    "strana",
    "oldal",
    "sayfa",
    "стр",
    "страница",
    "из",
    "σελίδα",
    "από",
    "第",
    "页",
    "頁",
    "共",
    "ページ",
    "페이지",
    "الصفحة",
    "صفحة",
    "من",
    "עמוד",
    "מתוך",
    "หน้า",
    "trang",
];

/// An edge of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Header,
    Footer,
}

impl Reader<'_, '_> {
    /// The texts of headers or footers, in the order of sections, each once.
    pub fn margins(&mut self, document: Element<'_>, edge: Edge) -> Vec<Block> {
        let reference = match edge {
            Edge::Header => "headerReference",
            Edge::Footer => "footerReference",
        };
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        let sections = document
            .descendants()
            .filter(|inner| inner.name() == "sectPr");
        for section in sections {
            let first = section.child("titlePg").is_some_and(whether);
            for reference in section.children().filter(|child| child.name() == reference) {
                let shown = match reference.attribute("type") {
                    Some("first") => first,
                    Some("even") => self.even_and_odd,
                    _ => true,
                };
                let Some(id) = reference.attribute("id").filter(|_| shown) else {
                    continue;
                };
                let Some(target) = self.relationships.by_id(id) else {
                    self.unreadable();
                    continue;
                };
                let part = target.part.clone();
                if self.parts.insert(part.clone()) {
                    let texts = self.margin(&part);
                    out.extend(texts.into_iter().filter(|text| seen.insert(text.clone())));
                }
            }
        }
        out.into_iter().map(Block::Text).collect()
    }

    fn margin(&mut self, part: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        self.in_margin = true;
        self.apart(part, |reader, root| reader.story(root, &mut blocks));
        self.in_margin = false;
        let texts = blocks
            .iter()
            .map(|block| block::flat(std::slice::from_ref(block)));
        texts.filter(|text| !is_page_number(text)).collect()
    }
}

/// Whether a text is only a page number.
fn is_page_number(text: &str) -> bool {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).all(|word| {
        let number = word.len() <= 3 && word.chars().all(|digit| digit.is_ascii_digit());
        number || PAGE_WORDS.contains(&word.to_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_told_from_words() {
        for text in [
            "",
            "– 3 –",
            "Page 3 of 12",
            "Seite  von ",
            "第 页 共 页",
            "p. 4/5",
        ] {
            assert!(is_page_number(text), "{text}");
        }
        for text in ["ACME 3", "Terms of delivery, page 3", "2026", "v2"] {
            assert!(!is_page_number(text), "{text}");
        }
    }
}
