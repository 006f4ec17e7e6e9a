//! Reads PowerPoint presentations (PresentationML, ECMA-376 part 1, transitional and strict).
//!
//! Slides come in presentation order, each a page under its title. Text of layouts and masters is not read: it is
//! decoration, or a prompt. Repeated footers, dates and headers are read only at their first occurrence, and slide
//! numbers not at all. Notes and comments follow their slide.

mod beside;
mod body;
mod bullets;
mod layouts;
mod numbers;
mod shapes;
mod table;

use std::collections::{HashMap, HashSet};

use dynrag_domain::{
    chunks::Extracted,
    documents::FailureCode,
    warnings::{WarningCode, Warnings},
};

use self::{layouts::Layouts, shapes::Shapes};
use crate::{
    drawing::Parts,
    ooxml::{Package, Relationships, Target},
    protocol::Refusal,
    text::{self, Builder},
    xml::{Element, Tree},
};

const ENGINE: &str = "pptx";

/// Reads a file: `.pptx` and its variants with macros, for shows and for templates.
///
/// Hidden slides and shapes are counted, and left out unless `include_hidden` is set. Broken or missing slides and
/// parts of slides are left out and counted.
///
/// # Errors
/// `password_protected`, `text_too_large`; `corrupt_file` if there is no presentation, or no readable slide.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    let mut package = Package::open(bytes)?;
    let main = package.main_part()?;
    let source = package
        .xml(&main)?
        .ok_or_else(|| corrupt("no presentation"))?;
    let tree = Tree::parse(&source)?;
    let relationships = package.relationships(&main)?;
    let authors = beside::authors(&mut package, &relationships);
    let mut deck = Deck {
        package,
        include_hidden,
        authors,
        layouts: Layouts::default(),
        said: HashSet::new(),
        parts: Parts::default(),
    };
    let mut builder = Builder::default();
    let mut pages = 0;
    let list = tree.root().child("sldIdLst");
    let ids = list.iter().flat_map(|list| list.children());
    for id in ids.filter(|inner| inner.name() == "sldId") {
        pages += 1;
        let place = format!("slide {pages}");
        let target = id.relation("id").and_then(|id| relationships.by_id(id));
        let slide = deck.slide(target, &place, &mut builder.warnings);
        if let Some((title, text)) = spared(slide, &place, &mut builder.warnings)? {
            builder.page_under(pages, title.as_deref(), &text);
        }
    }
    let cut = deck.parts.copies.refused();
    builder.warnings.add(WarningCode::TableCut, cut);
    let (title, properties) = deck.package.properties();
    let mut warnings = builder.warnings.as_slice().iter();
    let is_lost = warnings.any(|warning| warning.code == WarningCode::PartsUnreadable);
    let extracted = Extracted {
        properties,
        ..builder.finish(title, Some(pages), ENGINE)
    };
    if extracted.text.is_empty() && is_lost {
        return Err(corrupt("no slide can be read"));
    }
    Ok(extracted)
}

fn corrupt(detail: &str) -> Refusal {
    Refusal::new(FailureCode::CorruptFile, detail)
}

/// Turns a broken part into a warning and `None`. Only a file that is too large fails as a whole.
fn spared<T>(
    part: Result<T, Refusal>,
    place: &str,
    warnings: &mut Warnings,
) -> Result<Option<T>, Refusal> {
    match part {
        Ok(part) => Ok(Some(part)),
        Err(refusal) if refusal.code == FailureCode::TextTooLarge => Err(refusal),
        Err(_) => {
            warnings.add_at(WarningCode::PartsUnreadable, place);
            Ok(None)
        }
    }
}

/// Whether a boolean attribute (`xsd:boolean`) is true; `otherwise` if it is missing.
fn flag(element: Element<'_>, name: &str, otherwise: bool) -> bool {
    element.attribute(name).map_or(otherwise, |value| {
        matches!(value.trim(), "1" | "true" | "on")
    })
}

/// A presentation that is being read.
struct Deck<'a> {
    package: Package<'a>,
    include_hidden: bool,
    /// Names of comment authors by their ids.
    authors: HashMap<String, String>,
    layouts: Layouts,
    /// Footers that were read already.
    said: HashSet<String>,
    /// Each slide and what belongs to it is read once.
    parts: Parts,
}

impl Deck<'_> {
    /// A slide's title, and its text including the title; empty for a hidden slide.
    fn slide(
        &mut self,
        target: Option<&Target>,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<(Option<String>, String), Refusal> {
        let part = &target.ok_or_else(|| corrupt("no slide"))?.part;
        self.first(part)?;
        let source = self.package.xml(part)?.ok_or_else(|| corrupt("no slide"))?;
        let tree = Tree::parse(&source)?;
        let root = tree.root();
        let shapes = root.at(&["cSld", "spTree"]);
        let shapes = shapes.filter(|_| root.name() == "sld");
        let shapes = shapes.ok_or_else(|| corrupt("not a slide"))?;
        if !self.include_hidden && !flag(root, "show", true) {
            warnings.add_at(WarningCode::HiddenContent, place);
            return Ok((None, String::new()));
        }
        let relationships = self.package.relationships(part);
        let relationships = spared(relationships, place, warnings)?.unwrap_or_default();
        let layout = self.layouts.of(&mut self.package, &relationships);
        let layout = spared(layout, place, warnings)?.unwrap_or_default();
        let mut reader = Shapes::new(
            &mut self.package,
            &mut self.parts,
            &relationships,
            &layout,
            warnings,
            place,
        );
        reader.include_hidden = self.include_hidden;
        reader.read(shapes)?;
        let content = reader.content;
        let mut blocks: Vec<String> = content.title.iter().cloned().collect();
        blocks.extend(content.subtitles);
        blocks.extend(content.blocks);
        let footers = content.footers.into_iter();
        blocks.extend(footers.filter(|footer| self.said.insert(footer.clone())));
        blocks.extend(self.beside(&relationships, place, warnings)?);
        Ok((content.title, text::normalise(&blocks.join("\n\n"))))
    }

    /// Fails for a part that was read already: a slide, its notes and its comments belong to one place.
    fn first(&mut self, part: &str) -> Result<(), Refusal> {
        let is_first = self.parts.first(part);
        is_first
            .then_some(())
            .ok_or_else(|| corrupt("read already"))
    }

    /// Notes and comments of a slide.
    fn beside(
        &mut self,
        relationships: &Relationships,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<Vec<String>, Refusal> {
        let mut blocks = Vec::new();
        for target in relationships.of_kind("notesSlide").take(1) {
            let notes = self
                .first(&target.part)
                .and_then(|()| beside::notes(&mut self.package, &target.part));
            blocks.extend(spared(notes, place, warnings)?.flatten());
        }
        let mut comments = Vec::new();
        for target in relationships.of_kind("comments") {
            let read = self
                .first(&target.part)
                .and_then(|()| beside::comments(&mut self.package, &target.part, &self.authors));
            comments.extend(spared(read, place, warnings)?.into_iter().flatten());
        }
        warnings.add(WarningCode::Comments, comments.len());
        if !comments.is_empty() {
            blocks.push(format!("Comments:\n{}", comments.join("\n")));
        }
        Ok(blocks)
    }
}
