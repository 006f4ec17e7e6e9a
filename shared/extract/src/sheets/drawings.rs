//! Reads text boxes, charts, diagrams and pictures on a sheet (ECMA-376 part 1, 20.5).

use std::collections::HashSet;

use dynrag_domain::{
    documents::FailureCode,
    warnings::{WarningCode, Warnings},
};

use super::optional;
use crate::{
    drawing::{self, Parts},
    ooxml::{Package, Relationships},
    protocol::Refusal,
    xml::{Element, Tree},
};

/// Returns the texts of a drawing, ordered by the top left cells of its shapes.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn read(
    package: &mut Package<'_>,
    parts: &mut Parts,
    part: &str,
    include_hidden: bool,
    warnings: &mut Warnings,
) -> Result<Vec<String>, Refusal> {
    let corrupt = || Refusal::new(FailureCode::CorruptFile, "no drawing");
    let source = package.xml(part)?.ok_or_else(corrupt)?;
    let relationships = package.relationships(part)?;
    let tree = Tree::parse(&source)?;
    let mut anchors = drawing::children(tree.root());
    anchors.sort_by_cached_key(|anchor| place(*anchor));
    let mut reader = Reader {
        package,
        parts,
        relationships: &relationships,
        include_hidden,
        warnings,
        seen: HashSet::new(),
        blocks: Vec::new(),
    };
    for anchor in anchors {
        reader.shapes(anchor)?;
    }
    Ok(reader.blocks)
}

/// Row and column of an anchor.
fn place(anchor: Element<'_>) -> (u32, u32) {
    let of = |name| {
        let number = anchor.at(&["from", name]);
        number.and_then(|number| number.text().trim().parse().ok())
    };
    (of("row").unwrap_or(0), of("col").unwrap_or(0))
}

struct Reader<'a, 'b> {
    package: &'a mut Package<'b>,
    parts: &'a mut Parts,
    relationships: &'a Relationships,
    include_hidden: bool,
    warnings: &'a mut Warnings,
    /// Names of the parts of this drawing that were read already.
    seen: HashSet<String>,
    blocks: Vec<String>,
}

impl Reader<'_, '_> {
    /// Reads the shapes of an anchor or a group.
    fn shapes(&mut self, within: Element<'_>) -> Result<(), Refusal> {
        for shape in drawing::children(within) {
            let properties = shape
                .children()
                .find(|inner| inner.name().starts_with("nv"))
                .and_then(|inner| inner.child("cNvPr"));
            let hidden = properties
                .and_then(|properties| properties.attribute("hidden"))
                .is_some_and(|hidden| matches!(hidden, "1" | "true"));
            if hidden && !self.include_hidden {
                self.warnings.add(WarningCode::HiddenContent, 1);
                continue;
            }
            match shape.name() {
                "grpSp" => self.shapes(shape)?,
                "sp" | "cxnSp" => {
                    self.blocks
                        .extend(shape.child("txBody").map(drawing::lines));
                }
                "pic" => self.picture(properties),
                "graphicFrame" => self.frame(shape)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The description of a picture.
    fn picture(&mut self, properties: Option<Element<'_>>) {
        let said = properties.and_then(|properties| properties.attribute("descr"));
        match said.map(str::trim).filter(|said| !said.is_empty()) {
            Some(said) => self.blocks.push(said.to_owned()),
            None => {
                let mut all = properties.into_iter().flat_map(Element::descendants);
                let decorative = all.any(|inner| {
                    inner.name() == "decorative"
                        && matches!(inner.attribute("val"), Some("1" | "true"))
                });
                self.warnings
                    .add(WarningCode::ImageWithoutText, usize::from(!decorative));
            }
        }
    }

    /// A chart or a diagram.
    fn frame(&mut self, frame: Element<'_>) -> Result<(), Refusal> {
        for inner in frame.descendants() {
            let (id, is_chart) = match inner.name() {
                "chart" => (inner.attribute("id"), true),
                "relIds" => (inner.attribute("dm"), false),
                _ => continue,
            };
            let Some(target) = id.and_then(|id| self.relationships.by_id(id)) else {
                self.warnings.add(WarningCode::PartsUnreadable, 1);
                continue;
            };
            if !self.seen.insert(target.part.clone()) {
                continue;
            }
            let read = if is_chart {
                self.parts.chart(self.package, &target.part)
            } else {
                self.parts.diagram(self.package, &target.part, None)
            };
            self.blocks
                .extend(optional(read, &target.part, self.warnings)?);
        }
        Ok(())
    }
}
