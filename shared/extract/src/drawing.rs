//! Text of charts and SmartArt, which all Office formats embed in the same form (DrawingML, ECMA-376 part 1).

use crate::{
    ooxml::Package,
    protocol::Refusal,
    text,
    xml::{Element, Tree},
};

/// Returns the text of a chart in blocks.
///
/// # Errors
/// `corrupt_file` where the part is missing or broken, `text_too_large`.
pub fn chart(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    texts(package, part, &["p", "v"])
}

/// Returns the text of a SmartArt diagram.
///
/// # Errors
/// `corrupt_file` where the part is missing or broken, `text_too_large`.
pub fn diagram(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    texts(package, part, &["p"])
}

/// Elements directly inside. Of alternatives (`mc:AlternateContent`, ECMA-376 part 3) only the first counts.
pub fn children(element: Element<'_>) -> Vec<Element<'_>> {
    let mut all = Vec::new();
    for inner in element.children() {
        if inner.name() == "AlternateContent" {
            let first = inner.children().next().into_iter();
            all.extend(first.flat_map(children));
        } else {
            all.push(inner);
        }
    }
    all
}

/// The paragraphs of a body of text as lines.
pub fn lines(body: Element<'_>) -> String {
    let paragraphs = body.children().filter(|inner| inner.name() == "p");
    let lines: Vec<String> = paragraphs.map(Element::text).collect();
    lines.join("\n")
}

fn texts(package: &mut Package<'_>, part: &str, names: &[&str]) -> Result<Vec<String>, Refusal> {
    let source = package.xml(part)?.unwrap_or_default();
    let tree = Tree::parse(&source)?;
    let found = tree.root().descendants();
    let found = found.filter(|element| names.contains(&element.name()));
    let texts = found.map(|element| text::normalise(&element.text()));
    Ok(texts.filter(|text| !text.is_empty()).collect())
}
