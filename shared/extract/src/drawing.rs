//! Texts of charts and diagrams.

use crate::{
    ooxml::Package,
    protocol::Refusal,
    text,
    xml::{Element, Tree},
};

/// The texts of a chart, in blocks.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn chart(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    texts(package, part, &["p", "v"])
}

/// The texts of a diagram (SmartArt), in blocks.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn diagram(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, Refusal> {
    texts(package, part, &["p"])
}

fn texts(package: &mut Package<'_>, part: &str, names: &[&str]) -> Result<Vec<String>, Refusal> {
    let source = package.xml(part)?.unwrap_or_default();
    let tree = Tree::parse(&source)?;
    let found = tree.root().descendants();
    let found = found.filter(|element| names.contains(&element.name()));
    let texts = found.map(|element: Element<'_>| text::normalise(&element.text()));
    Ok(texts.filter(|text| !text.is_empty()).collect())
}
