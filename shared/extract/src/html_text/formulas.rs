//! Reads formulas of a page as text: MathML, and TeX if the page has it.

use ego_tree::NodeRef;
use scraper::{Node, node::Element};

use super::marks::{Marks, attribute};
use crate::formula;

/// Most nested levels and nodes of a formula.
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 10_000;

/// Whether an element is a script with TeX, as in MathJax 2.
pub fn is_tex(element: &Element) -> bool {
    element.name() == "script"
        && attribute(element, "type").is_some_and(|kind| kind.starts_with("math/tex"))
}

/// Whether an element shows a formula that is also there in readable form.
pub fn is_picture(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    if marks.has_class(&["katexhtml"]) {
        return node
            .prev_siblings()
            .filter_map(|other| other.value().as_element())
            .take(1)
            .any(|other| Marks::of(other).has_class(&["katexmathml"]));
    }
    if marks.has_class(&["mathjaxpreview"]) {
        return true;
    }
    let drawn = [
        "mathjax",
        "mathjaxdisplay",
        "mathjaxsvg",
        "mathjaxsvgdisplay",
        "mathjaxchtml",
    ];
    marks.has_class(&drawn)
        && node
            .next_siblings()
            .filter_map(|other| other.value().as_element())
            .take(2)
            .any(is_tex)
}

/// Whether an element hides a formula behind a picture of it, as in MediaWiki.
pub fn is_hidden(marks: &Marks<'_>) -> bool {
    marks.named(&["mwe-math-mathml"])
}

/// The formula of a `math` element or of a script with TeX.
pub fn read(node: NodeRef<'_, Node>) -> String {
    if node.value().as_element().is_some_and(is_tex) {
        let texts = node.children().filter_map(|child| child.value().as_text());
        return texts.map(|text| &**text).collect();
    }
    let mut left = MAX_NODES;
    formula::mathml(&copied(node, 0, &mut left))
}

fn copied(node: NodeRef<'_, Node>, depth: usize, left: &mut usize) -> formula::Node {
    let mut copy = formula::Node::default();
    let Some(element) = node.value().as_element() else {
        return copy;
    };
    copy.name = element.name().to_owned();
    copy.attributes = element
        .attrs()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for child in node.children() {
        if *left == 0 || depth == MAX_DEPTH {
            break;
        }
        match child.value() {
            Node::Element(_) => copy.children.push(copied(child, depth + 1, left)),
            Node::Text(text) => copy.children.push(formula::Node {
                text: text.to_string(),
                ..formula::Node::default()
            }),
            _ => continue,
        }
        *left = left.saturating_sub(1);
    }
    copy
}
