//! Text of charts and SmartArt, which all Office formats embed in the same form (DrawingML, ECMA-376 part 1).

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

/// Returns the text of a chart in blocks: its title, the titles of its axes, its values as a Markdown table
/// (categories down, series across), and labels that were written by hand.
///
/// Values are those that the file keeps beside the reference to a workbook, as they are written there: `#N/A`
/// stays, and a missing point is an empty cell. Categories that are formatted as dates become ISO dates. Charts of
/// ECMA-376 part 1, 21.2 (`c:chartSpace`) and of Office 2016 ([MS-ODRAWXML], `cx:chartSpace`) are known.
///
/// # Errors
/// `corrupt_file` where the part is missing or broken, `text_too_large`.
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

/// Text boxes that were drawn onto a chart (ECMA-376 part 1, 21.3).
fn user_shapes(package: &mut Package<'_>, part: &str, id: &str) -> Result<Vec<String>, Refusal> {
    let relationships = package.relationships(part)?;
    let Some(target) = relationships.by_id(id) else {
        return Ok(Vec::new());
    };
    let source = needed(package, &target.part)?;
    let tree = Tree::parse(&source)?;
    Ok(shapes(tree.root()))
}

/// Returns the text of a SmartArt diagram as one list, whose levels are those of its tree.
///
/// `part` is the diagram's data (ECMA-376 part 1, 21.4, `dgm:dataModel`), or the drawing of it that Office keeps
/// beside (`dsp:drawing`), which has the same words in no particular order.
///
/// # Errors
/// `corrupt_file` where the part is missing or broken, `text_too_large`.
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

/// The same for the diagram whose data is `part`, by its drawing where the data is broken or says nothing.
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

/// Drawings of diagrams by their data, of a part with these relationships. Nothing but the order ties them to each
/// other, and what is inside of the data.
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
