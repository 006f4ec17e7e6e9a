//! Formulas of Office files (Office MathML, ECMA-376 part 1, 22.1) as text.

use crate::xml::Element;

/// The text of a formula.
pub fn omml(element: Element<'_>) -> String {
    let texts = element.descendants().filter(|inner| inner.name() == "t");
    texts.map(Element::text).collect()
}
