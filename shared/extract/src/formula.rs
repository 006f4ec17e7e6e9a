//! Formulas as one line of text.

/// An element of MathML, or a text in it, whatever parser it came from.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Node {
    /// Local name; empty for a text.
    pub name: String,
    /// The text; empty for an element.
    pub text: String,
    /// Local names and values.
    pub attributes: Vec<(String, String)>,
    /// What an element holds, in its order.
    pub children: Vec<Node>,
}

/// A `math` element as text.
pub fn mathml(element: &Node) -> String {
    let tex = |node: &&Node| {
        let is_tex = |(_, value): &(String, String)| value == "application/x-tex";
        node.name == "annotation" && node.attributes.iter().any(is_tex)
    };
    if let Some(tex) = element.children.iter().find(tex) {
        return tex.children.iter().map(|text| text.text.as_str()).collect();
    }
    let mut line = element.text.trim().to_owned();
    for child in &element.children {
        if !child.name.starts_with("annotation") {
            line.push_str(&mathml(child));
        }
    }
    line
}
