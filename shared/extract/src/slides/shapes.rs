//! Reads the shapes of a slide, from back to front.

use std::collections::HashMap;

use dynrag_domain::warnings::{WarningCode, Warnings};

use super::{
    body,
    bullets::Levels,
    corrupt, flag,
    layouts::{Layout, Placeholder},
    spared, table,
};
use crate::{
    drawing::{self, Parts},
    ooxml::{Package, Relationships},
    protocol::Refusal,
    text,
    xml::Element,
};

/// The texts of a slide's shapes.
#[derive(Default)]
pub struct Content {
    /// The first title, on one line.
    pub title: Option<String>,
    pub subtitles: Vec<String>,
    /// Everything else, in file order.
    pub blocks: Vec<String>,
    /// Footers, dates and headers, without the slide number.
    pub footers: Vec<String>,
}

/// Reads the shapes of a slide.
pub struct Shapes<'r, 'p> {
    package: &'r mut Package<'p>,
    parts: &'r mut Parts,
    relationships: &'r Relationships,
    layout: &'r Layout,
    /// Diagram drawings by their data parts.
    drawings: HashMap<&'r str, &'r str>,
    warnings: &'r mut Warnings,
    /// Name of the slide for warnings.
    place: &'r str,
    /// Whether hidden shapes are read.
    pub include_hidden: bool,
    /// The texts read so far.
    pub content: Content,
}

impl<'r, 'p> Shapes<'r, 'p> {
    /// Creates a reader for a slide with these relationships and this layout.
    pub fn new(
        package: &'r mut Package<'p>,
        parts: &'r mut Parts,
        relationships: &'r Relationships,
        layout: &'r Layout,
        warnings: &'r mut Warnings,
        place: &'r str,
    ) -> Self {
        Self {
            package,
            parts,
            relationships,
            layout,
            drawings: drawing::drawings(relationships),
            warnings,
            place,
            include_hidden: false,
            content: Content::default(),
        }
    }

    /// Reads the shapes of a tree or of a group.
    ///
    /// # Errors
    /// `text_too_large`.
    pub fn read(&mut self, group: Element<'_>) -> Result<(), Refusal> {
        for shape in drawing::children(group) {
            // Group properties and ink are ignored.
            if matches!(
                shape.name(),
                "sp" | "pic" | "grpSp" | "cxnSp" | "graphicFrame"
            ) {
                self.shape(shape)?;
            }
        }
        Ok(())
    }

    fn shape(&mut self, shape: Element<'_>) -> Result<(), Refusal> {
        let mut inner = shape.children();
        let properties = inner.find(|inner| inner.name().starts_with("nv"));
        let about = properties.and_then(|properties| properties.child("cNvPr"));
        if !self.include_hidden && about.is_some_and(|about| flag(about, "hidden", false)) {
            self.warnings.add_at(WarningCode::HiddenContent, self.place);
            return Ok(());
        }
        let placeholder = properties.and_then(Placeholder::of);
        let description = about.map(described).unwrap_or_default();
        let is_silent = match shape.name() {
            "sp" | "cxnSp" => self.text(shape, placeholder),
            _ => true,
        };
        if is_silent && !description.is_empty() {
            self.content.blocks.push(description.clone());
        }
        match shape.name() {
            "grpSp" => self.read(shape)?,
            "graphicFrame" => self.frame(shape)?,
            "pic" if description.is_empty() && !about.is_some_and(is_decorative) => {
                let code = if properties.is_some_and(is_media) {
                    WarningCode::UnsupportedContent
                } else {
                    WarningCode::ImageWithoutText
                };
                self.warnings.add(code, 1);
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads the text of a shape; returns whether there is none.
    fn text(&mut self, shape: Element<'_>, placeholder: Option<Placeholder<'_>>) -> bool {
        let text = shape.child("txBody");
        let Some(text) = text.or_else(|| shape.at(&["txSp", "txBody"])) else {
            return true;
        };
        let levels = placeholder.map_or_else(Levels::default, |own| self.layout.levels(own));
        let blocks = body::blocks(text, &levels);
        if blocks.is_empty() {
            return true;
        }
        match placeholder.map(|own| own.kind) {
            Some("title" | "ctrTitle") if self.content.title.is_none() => {
                let title = drawing::lines(text);
                self.content.title = Some(text::one_line(&title, usize::MAX));
            }
            Some("subTitle") => self.content.subtitles.extend(blocks),
            Some(kind @ ("dt" | "ftr" | "hdr" | "sldNum")) => {
                let footer = body::without_slide_number(text);
                let is_number = kind == "sldNum" && !footer.contains(char::is_alphabetic);
                if !is_number && !footer.is_empty() {
                    self.content.footers.push(footer);
                }
            }
            // A text box for the slide number.
            _ if body::without_slide_number(text).is_empty() => {}
            _ => self.content.blocks.extend(blocks),
        }
        false
    }

    fn frame(&mut self, frame: Element<'_>) -> Result<(), Refusal> {
        let data = frame.at(&["graphic", "graphicData"]);
        for graphic in data.map(drawing::children).unwrap_or_default() {
            let read = match graphic.name() {
                "tbl" => Ok(table::read(graphic, &mut self.parts.copies)),
                "chart" => self.chart(graphic),
                "relIds" => self.diagram(graphic),
                "lockedCanvas" => {
                    self.read(graphic)?;
                    continue;
                }
                _ => {
                    self.warnings.add(WarningCode::UnsupportedContent, 1);
                    continue;
                }
            };
            let read = spared(read, self.place, self.warnings)?;
            self.content.blocks.extend(read.into_iter().flatten());
        }
        Ok(())
    }

    fn chart(&mut self, graphic: Element<'_>) -> Result<Vec<String>, Refusal> {
        let part = self.part(graphic, "id")?;
        self.parts.chart(self.package, part)
    }

    fn diagram(&mut self, graphic: Element<'_>) -> Result<Vec<String>, Refusal> {
        let part = self.part(graphic, "dm")?;
        let drawing = self.drawings.get(part).copied();
        self.parts.diagram(self.package, part, drawing)
    }

    /// The part that an attribute of a graphic refers to.
    fn part(&self, graphic: Element<'_>, attribute: &str) -> Result<&'r str, Refusal> {
        let id = graphic.relation(attribute);
        let target = id.and_then(|id| self.relationships.by_id(id));
        let target = target.ok_or_else(|| corrupt("no such relationship"))?;
        Ok(&target.part)
    }
}

/// The alternative text of a shape.
fn described(about: Element<'_>) -> String {
    let said = ["descr", "title"]
        .into_iter()
        .filter_map(|name| about.attribute(name));
    let mut said = said.filter(|text| !text.trim().is_empty());
    said.next().unwrap_or_default().trim().to_owned()
}

/// Whether a picture is marked as decorative (Office 2019, `adec:decorative`).
fn is_decorative(about: Element<'_>) -> bool {
    let mut inner = about.descendants();
    inner.any(|inner| inner.name() == "decorative" && flag(inner, "val", true))
}

/// Whether a picture represents a video or a sound.
fn is_media(properties: Element<'_>) -> bool {
    let own = properties.child("nvPr");
    let mut inner = own.iter().flat_map(|own| own.children());
    inner.any(|inner| {
        matches!(
            inner.name(),
            "videoFile" | "audioFile" | "audioCd" | "wavAudioFile" | "quickTimeFile"
        )
    })
}
