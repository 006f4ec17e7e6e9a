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

/// Deepest nesting of elements; deeper ones are left out.
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

/// Converts an element of an XML tree to a node. Elements nested more than 128 deep are left out.
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
        return node;
    }
    for content in element.contents() {
        node.children.push(match content {
            Content::Element(inner) => built(inner, depth + 1),
            Content::Text(text) => Node {
                text: text.to_owned(),
                ..Node::default()
            },
        });
    }
    node
}

impl Node {
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
    fn depth_has_an_end() {
        let source = format!("{}{}", "<e>".repeat(300), "</e>".repeat(300));
        let tree = Tree::parse(&source).unwrap();
        let mut inner = &node(tree.root());
        let mut depth = 0;
        while let Some(child) = inner.children.first() {
            inner = child;
            depth += 1;
        }
        assert_eq!(depth, MAX_DEPTH);
    }
}
