//! Reads the text of charts and SmartArt, which all Office formats embed in the same form (DrawingML, ECMA-376 part 1).

mod chartex;
mod charts;
mod dates;
mod diagrams;
mod paragraphs;
mod plot;

use std::collections::HashMap;

use dynrag_domain::documents::FailureCode;

pub use paragraphs::{children, lines, paragraph_with};

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
    let source = needed(package, part)?;
    let tree = Tree::parse(&source)?;
    let root = tree.root();
    let mut blocks = if root.child("chartData").is_some() {
        chartex::read(root)
    } else {
        charts::read(root)
    };
    if let Some(id) = root
        .child("userShapes")
        .and_then(|shapes| shapes.relation("id"))
    {
        blocks.extend(user_shapes(package, part, id).unwrap_or_default());
    }
    Ok(normal(blocks))
}

/// The text boxes drawn on a chart (ECMA-376 part 1, 21.3).
fn user_shapes(package: &mut Package<'_>, part: &str, id: &str) -> Result<Vec<String>, Refusal> {
    let relationships = package.relationships(part)?;
    let Some(target) = relationships.by_id(id) else {
        return Ok(Vec::new());
    };
    let source = needed(package, &target.part)?;
    let tree = Tree::parse(&source)?;
    Ok(shapes(tree.root()))
}

/// Returns the text of a SmartArt diagram as a nested list.
///
/// `part` is either the diagram's data (ECMA-376 part 1, 21.4, `dgm:dataModel`), or the drawing that Office stores with
/// it (`dsp:drawing`), which has the same words in no particular order.
///
/// # Errors
/// `corrupt_file` if the part is missing or broken, `text_too_large`.
pub fn diagram(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
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

/// Like [`diagram`] for the data in `part`, but falls back to the drawing if the data is broken or empty.
///
/// # Errors
/// As of [`diagram`].
pub fn diagram_or_drawing(
    package: &mut Package<'_>,
    part: &str,
    drawing: Option<&str>,
) -> Result<Vec<String>, Refusal> {
    let read = diagram(package, part);
    match drawing {
        Some(drawing) if read.as_ref().map_or(true, Vec::is_empty) => diagram(package, drawing),
        _ => read,
    }
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
    let bodies = root.descendants().filter(|inner| inner.name() == "txBody");
    bodies.map(lines).collect()
}

fn normal(blocks: Vec<String>) -> Vec<String> {
    let blocks = blocks.iter().map(|block| text::normalise(block));
    blocks.filter(|block| !block.is_empty()).collect()
}
