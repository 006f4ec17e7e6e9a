//! Reads drawings and embedded objects: texts in shapes, image descriptions, charts, diagrams.

use dynrag_domain::warnings::WarningCode;

use super::{
    block::Block,
    line::Line,
    reader::{Reader, alternative},
    run::Look,
    styles::{on, whether},
};
use crate::{drawing, ooxml::Package, protocol::Refusal, text, xml::Element};

/// Facts about the drawing around an element.
#[derive(Clone, Copy, Default)]
struct Frame {
    /// Whether it floats beside the line.
    floats: bool,
    /// Whether a description was read already.
    described: bool,
    /// Whether an image in it needs no description.
    needs_none: bool,
}

impl Reader<'_, '_> {
    /// Reads a drawing (DrawingML), a picture (VML) or an embedded object. Blocks of text in it follow the paragraph.
    pub fn object(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        if !self.shows(look, true, line) {
            return;
        }
        let embedded = |name| matches!(name, "OLEObject" | "objectEmbed" | "objectLink");
        let unsupported = element.children().any(|child| embedded(child.name()));
        if unsupported {
            self.warnings.add(WarningCode::UnsupportedContent, 1);
        }
        let frame = Frame {
            needs_none: unsupported || element.child("control").is_some(),
            ..Frame::default()
        };
        self.shapes(element, frame, line);
    }

    fn shapes(&mut self, parent: Element<'_>, frame: Frame, line: &mut Line) {
        for child in parent.children() {
            match child.name() {
                "inline" | "anchor" => self.frame(child, frame, line),
                "AlternateContent" => {
                    if let Some(branch) = alternative(child) {
                        self.shapes(branch, frame, line);
                    }
                }
                "txbxContent" => self.blocks(child, &mut line.after),
                "txBody" => {
                    for paragraph in child.children().filter(|inner| inner.name() == "p") {
                        let text = text::normalise(&paragraph.text());
                        if !text.trim().is_empty() {
                            line.after.push(Block::Text(text.trim().to_owned()));
                        }
                    }
                }
                "pic" => self.picture(child, frame, line),
                "cNvPr" if !frame.described => {
                    if let Some(description) = description(child) {
                        describe(&description, frame, line);
                    }
                }
                "shape" | "rect" | "roundrect" | "oval" | "group" | "line" | "image" => {
                    self.vml(child, frame, line);
                }
                "imagedata" if !(frame.described || frame.needs_none) => {
                    match child.attribute("title").and_then(said) {
                        Some(title) => describe(&title, frame, line),
                        None => self.warnings.add(WarningCode::ImageWithoutText, 1),
                    }
                }
                // WordArt, such as a watermark.
                "textpath" => {
                    let text = child.attribute("string").and_then(said);
                    line.after.extend(text.map(Block::Text));
                }
                "chart" => self.part_of(child.attribute("id"), drawing::chart, line),
                "relIds" => self.part_of(child.attribute("dm"), drawing::diagram, line),
                name if name.ends_with("Pr") || name == "extLst" => {}
                _ => self.shapes(child, frame, line),
            }
        }
    }

    /// A drawing in the line or beside it.
    fn frame(&mut self, element: Element<'_>, around: Frame, line: &mut Line) {
        let properties = element.child("docPr");
        let hidden = properties.and_then(|properties| properties.attribute("hidden"));
        if hidden.is_some_and(on) && !self.include_hidden {
            self.warnings.add(WarningCode::HiddenContent, 1);
            return;
        }
        let description = properties.and_then(description);
        let decorative = properties.is_some_and(|properties| {
            let mut inside = properties.descendants();
            inside.any(|inner| inner.name() == "decorative" && whether(inner))
        });
        let frame = Frame {
            floats: element.name() == "anchor",
            described: description.is_some(),
            needs_none: around.needs_none || decorative,
        };
        if let Some(description) = description {
            describe(&description, frame, line);
        }
        self.shapes(element, frame, line);
    }

    fn picture(&mut self, element: Element<'_>, frame: Frame, line: &mut Line) {
        let own = element.at(&["nvPicPr", "cNvPr"]).and_then(description);
        match own.filter(|_| !frame.described) {
            Some(description) => describe(&description, frame, line),
            None if frame.described || frame.needs_none => {}
            None => self.warnings.add(WarningCode::ImageWithoutText, 1),
        }
    }

    /// A VML shape, as Word wrote it before 2010.
    fn vml(&mut self, element: Element<'_>, frame: Frame, line: &mut Line) {
        let style = element.attribute("style").unwrap_or_default();
        let description = element.attribute("alt").and_then(said);
        let own = Frame {
            floats: frame.floats || style.contains("absolute"),
            described: frame.described || description.is_some(),
            ..frame
        };
        if let Some(description) = description.filter(|_| !frame.described) {
            describe(&description, own, line);
        }
        self.shapes(element, own, line);
    }

    /// A chart or a diagram in a separate part.
    fn part_of(
        &mut self,
        id: Option<&str>,
        read: fn(&mut Package<'_>, &str) -> Result<Vec<String>, Refusal>,
        line: &mut Line,
    ) {
        let Some(target) = id.and_then(|id| self.relationships.by_id(id)) else {
            self.unreadable();
            return;
        };
        let part = target.part.clone();
        if self.parts.contains(&part) {
            return;
        }
        match read(self.package, &part) {
            Ok(texts) => line.after.extend(texts.into_iter().map(Block::Text)),
            Err(_) => self.unreadable(),
        }
        self.parts.insert(part);
    }
}

/// The description of an object, else its title.
fn description(properties: Element<'_>) -> Option<String> {
    let said_by = |name| properties.attribute(name).and_then(said);
    said_by("descr").or_else(|| said_by("title"))
}

/// A text on one line; `None` if it is empty.
fn said(text: &str) -> Option<String> {
    let text = text::one_line(&text::normalise(text), usize::MAX);
    (text::letters(&text) > 0).then_some(text)
}

fn describe(description: &str, frame: Frame, line: &mut Line) {
    if frame.floats {
        line.after.push(Block::Text(description.to_owned()));
    } else {
        line.push_apart(description);
    }
}
