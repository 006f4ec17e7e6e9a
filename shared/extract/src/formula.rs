//! Writes formulas as one line of text: LaTeX for structure, Unicode for symbols.
//!
//! The line is for readers and for search by words, not for typesetting. Letters, numbers and operators are written as
//! in the document (`E=mc^2`, `α≤β`). Structure is written as in LaTeX:
//!
//! | structure | text |
//! |---|---|
//! | scripts | `x^2`, `a_i`, `x_i^{n+1}`, `{}_6^{14}C` |
//! | fraction, without its line, on one line | `\frac{a}{b}`, `{a \atop b}`, `a/b` |
//! | root | `\sqrt{x}`, `\sqrt[3]{x}` |
//! | sum, integral, limit | `∑_{i=1}^{n} x_i`, `lim_{x→0} f(x)` |
//! | function | `sin x` |
//! | table, lines of an equation | `\begin{matrix} a & b \\ c & d \end{matrix}` |
//! | marks above and below | `\hat{x}`, `\overline{x}`, `\underbrace{x}` |
//!
//! Mathematical letters (`𝑥`, `ℎ`) become plain letters, and invisible operators are left out.

mod line;
mod mathml;
mod omml;

pub use mathml::mathml;
pub use omml::omml;

use crate::xml::{Content, Element};

/// Maximum nesting of elements; deeper ones are read as plain text.
const MAX_DEPTH: usize = 128;

/// A MathML element or a text in it, independent of the parser.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Node {
    /// Local name; empty for a text.
    pub name: String,
    /// The text; empty for an element.
    pub text: String,
    /// Local names and values of attributes.
    pub attributes: Vec<(String, String)>,
    /// The content of an element, in order.
    pub children: Vec<Node>,
}

/// Converts an element of an XML tree to a node. Of elements nested more than 128 deep only the text is kept.
pub fn node(element: Element<'_>) -> Node {
    built(element, 0)
}

fn built(element: Element<'_>, depth: usize) -> Node {
    let mut node = Node {
        name: element.name().to_owned(),
        ..Node::default()
    };
    let attributes = element.attributes();
    node.attributes
        .extend(attributes.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if depth == MAX_DEPTH {
        node.children.push(Node::of_text(plain(element)));
        return node;
    }
    for content in element.contents() {
        node.children.push(match content {
            Content::Element(inner) => built(inner, depth + 1),
            Content::Text(text) => Node::of_text(text.to_owned()),
        });
    }
    node
}

/// The text inside an element, without annotations and the white space between elements.
fn plain(element: Element<'_>) -> String {
    let mut text = String::new();
    for content in element.contents() {
        match content {
            Content::Element(inner) if mathml::is_annotation(inner.name()) => {}
            Content::Element(inner) => text.push_str(&plain(inner)),
            Content::Text(inner) if inner.trim().is_empty() => {}
            Content::Text(inner) => text.push_str(inner),
        }
    }
    text
}

impl Node {
    fn of_text(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// An attribute by its local name.
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(own, _)| own == name)?;
        Some(&found.1)
    }

    /// The child elements.
    fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(|inner| !inner.name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::xml::Tree;

    #[test]
    fn depth_has_an_end_and_loses_no_text() {
        let inner = "<semantics> <mi>x</mi><annotation>y</annotation></semantics>";
        let source = format!("{}{inner}{}", "<e>".repeat(300), "</e>".repeat(300));
        let tree = Tree::parse(&source).unwrap();
        let all = node(tree.root());
        let (mut inner, mut depth) = (&all, 0);
        while let Some(child) = inner.children.first() {
            inner = child;
            depth += 1;
        }
        assert_eq!((depth, inner.text.as_str()), (MAX_DEPTH + 1, "x"));
        assert_eq!(mathml(&all), "x");
    }
}
