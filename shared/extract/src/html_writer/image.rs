//! Writes what images and drawings say: alternative texts, labels, texts within.

use ego_tree::{NodeRef, iter::Edge};
use scraper::{Node, node::Element};

use super::{Writer, inline};
use crate::{html_text::marks::attribute, text};

/// Most alternative texts of images between two blocks.
const MAX_IMAGES: usize = 20;
/// Longest block, in bytes, that is searched for the alternative text of an image after it: there may be many images.
const MAX_BESIDE: usize = 4_000;
/// Most nodes of an image by its role that are searched for text.
const MAX_LABELLED: usize = 64;
/// Longest alternative text that is written into the line like a word.
const MAX_WORD: usize = 40;

impl Writer<'_> {
    /// Adds the alternative text of an image: as a word of a line or cell, else below the last block.
    pub(super) fn image(&mut self, node: NodeRef<'_, Node>, element: &Element) {
        let Some(alternative) = attribute(element, "alt") else {
            return;
        };
        let small = ["width", "height"].into_iter().any(|name| {
            let size = attribute(element, name).and_then(|size| size.trim().parse::<f32>().ok());
            size.is_some_and(|size| size <= 2.0)
        });
        if !small {
            let source = attribute(element, "src").unwrap_or_default();
            self.alternative(node, alternative, source);
        }
    }

    /// Adds the label of an element that is an image by its role, unless its text says it.
    pub(super) fn label(&mut self, node: NodeRef<'_, Node>, element: &Element) {
        let Some(label) = attribute(element, "aria-label") else {
            return;
        };
        let mut signs = false;
        for inner in node.descendants().take(MAX_LABELLED) {
            if let Node::Text(text) = inner.value() {
                signs |= !text.trim().is_empty();
                if text::letters(text) > 0 {
                    return;
                }
            }
        }
        // The name of an emoji says no more than the emoji.
        if !signs || label.chars().any(char::is_numeric) {
            self.alternative(node, label, "");
        }
    }

    /// Adds the texts of a drawing: its label if it has a role, and its `text` elements.
    pub fn drawing(&mut self, node: NodeRef<'_, Node>, element: &Element) {
        if attribute(element, "aria-hidden") == Some("true") {
            return;
        }
        if attribute(element, "role") == Some("img") {
            self.label(node, element);
        }
        let mut unseen = 0usize;
        let mut open = 0usize;
        let mut any = false;
        for edge in node.traverse() {
            let (inner, opens) = match edge {
                Edge::Open(inner) => (inner, true),
                Edge::Close(inner) => (inner, false),
            };
            match inner.value() {
                Node::Text(text) if opens && open > 0 && unseen == 0 => self.text(text),
                Node::Element(inner) => {
                    let count = match inner.name() {
                        "text" | "foreignObject" => &mut open,
                        "defs" | "symbol" | "title" | "desc" | "style" | "script" => &mut unseen,
                        _ => continue,
                    };
                    if !opens {
                        *count -= 1;
                    } else {
                        *count += 1;
                        if open == 1 && unseen == 0 {
                            match any {
                                true => self.separate("; "),
                                false => self.blank(),
                            }
                            self.blank();
                            any = true;
                        }
                    }
                }
                _ => {}
            }
        }
        if any {
            self.blank();
        }
    }

    fn alternative(&mut self, node: NodeRef<'_, Node>, alternative: &str, source: &str) {
        let describes = inline::describes(alternative, source);
        let answers = self.links == 0
            && !describes
            && (inline::is_sign(alternative)
                || (self.line.text.trim_end().ends_with([':', '：'])
                    && alternative.chars().count() <= MAX_WORD
                    && inline::stands_alone(alternative)));
        if !describes && !answers {
            if self.in_cell()
                && alternative.chars().count() <= MAX_WORD
                && inline::stands_alone(alternative)
            {
                self.line.spare.push_str(alternative);
                self.line.spare.push(' ');
            }
            return;
        }
        let alternative = text::one_line(&text::normalise(alternative), usize::MAX);
        if answers {
            self.blank();
            self.text(&alternative);
            self.blank();
            return;
        }
        let is_word = alternative.chars().count() <= MAX_WORD;
        let in_line = is_word && self.line.letters > 0;
        let in_cell = self.in_cell() && (is_word || inline::informs(node, &alternative));
        if self.links == 0 && (in_line || in_cell) {
            self.blank();
            self.text(&alternative);
            self.blank();
            return;
        }
        let is_known = self.blocks.last().is_some_and(|block| {
            block.text.len() <= MAX_BESIDE && block.text.contains(&alternative)
        });
        if is_known || self.in_cell() || self.links > 0 || !inline::informs(node, &alternative) {
            return;
        }
        let images = match self.blocks.last_mut() {
            Some(block) => &mut block.images,
            None => &mut self.images,
        };
        if images.len() < MAX_IMAGES && !images.contains(&alternative) {
            images.push(alternative);
        }
    }
}
