//! Reads the text of charts and SmartArt, which all Office formats embed in the same form (DrawingML, ECMA-376 part 1).

mod chartex;
mod charts;
mod dates;
mod diagrams;
mod paragraphs;
mod parts;
mod plot;

use std::collections::HashMap;

use dynrag_domain::documents::FailureCode;

pub use paragraphs::{children, lines, paragraph_with};
pub use parts::Parts;

use crate::{
    ooxml::{Package, Relationships},
    protocol::Refusal,
    text,
    xml::{Element, Tree},
};

/// Returns the text of a chart in blocks: its title, the titles of its axes, its values as a Markdown table (categories
/// down, series across), and custom labels.
///
/// The values are those cached in the file, exactly as written: `#N/A` stays, and a missing point is an empty cell.
/// Categories in a date format become ISO dates. Supports charts of ECMA-376 part 1, 21.2 (`c:chartSpace`) and of
/// Office 2016 ([MS-ODRAWXML], `cx:chartSpace`).
///
/// # Errors
/// `corrupt_file` if the part is missing or broken, `text_too_large`.
pub fn chart(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    Parts::default().chart(package, part)
}

fn read_chart(
    package: &mut Package<'_>,
    part: &str,
    parts: &mut Parts,
) -> Result<Vec<String>, Refusal> {
    let source = needed(package, part)?;
    let tree = Tree::parse(&source)?;
    let root = tree.root();
    let mut blocks = if root.child("chartData").is_some() {
        chartex::read(root, &mut parts.copies)
    } else {
        charts::read(root, &mut parts.copies)
    };
    if let Some(id) = root
        .child("userShapes")
        .and_then(|shapes| shapes.relation("id"))
    {
        blocks.extend(user_shapes(package, part, id, parts).unwrap_or_default());
    }
    Ok(normal(blocks))
}

/// The text boxes drawn on a chart (ECMA-376 part 1, 21.3).
fn user_shapes(
    package: &mut Package<'_>,
    part: &str,
    id: &str,
    parts: &mut Parts,
) -> Result<Vec<String>, Refusal> {
    let relationships = package.relationships(part)?;
    let Some(target) = relationships.by_id(id) else {
        return Ok(Vec::new());
    };
    parts.once(&target.part, |_| {
        let source = needed(package, &target.part)?;
        let tree = Tree::parse(&source)?;
        Ok(normal(shapes(tree.root())))
    })
}

/// Returns the text of a SmartArt diagram as a nested list.
///
/// `part` is either the diagram's data (ECMA-376 part 1, 21.4, `dgm:dataModel`), or the drawing that Office stores with
/// it (`dsp:drawing`), which has the same words in no particular order.
///
/// # Errors
/// `corrupt_file` if the part is missing or broken, `text_too_large`.
pub fn diagram(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    Parts::default().diagram(package, part, None)
}

fn read_diagram(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    let source = needed(package, part)?;
    let tree = Tree::parse(&source)?;
    let root = tree.root();
    let blocks = if root.name() == "drawing" {
        shapes(root)
    } else {
        diagrams::read(root)
    };
    Ok(normal(blocks))
}

/// Maps the data parts of diagrams to their drawings, for a part with these relationships. Outside of the data, only
/// their order connects them.
pub fn drawings(relationships: &Relationships) -> HashMap<&str, &str> {
    let data = relationships.of_kind("diagramData");
    let drawings = relationships.of_kind("diagramDrawing");
    let pairs = data.zip(drawings);
    pairs
        .map(|(data, drawing)| (data.part.as_str(), drawing.part.as_str()))
        .collect()
}

fn needed(package: &mut Package<'_>, part: &str) -> Result<String, Refusal> {
    package
        .xml(part)?
        .ok_or_else(|| Refusal::new(FailureCode::CorruptFile, "no such part"))
}

/// The text of each shape of a drawing.
fn shapes(root: Element<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    bodies(root, &mut texts);
    texts
}

/// Adds the texts inside of an element. Nothing in a text is a shape.
fn bodies(within: Element<'_>, texts: &mut Vec<String>) {
    for inner in within.children() {
        if inner.name() == "txBody" {
            texts.push(lines(inner));
        } else {
            bodies(inner, texts);
        }
    }
}

fn normal(blocks: Vec<String>) -> Vec<String> {
    let blocks = blocks.iter().map(|block| text::normalise(block));
    blocks.filter(|block| !block.is_empty()).collect()
}
