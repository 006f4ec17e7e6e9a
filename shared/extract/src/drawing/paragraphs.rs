//! Reads paragraphs of DrawingML (ECMA-376 part 1, 21.1.2), the text of slides, charts, diagrams and text boxes.

use std::borrow::Cow;

use crate::{formula, xml::Element};

/// The child elements. Only the first branch of `mc:AlternateContent` (ECMA-376 part 3) counts, since all branches say
/// the same.
pub fn children(element: Element<'_>) -> Vec<Element<'_>> {
    let mut all = Vec::new();
    collect(element, &mut all);
    all
}

fn collect<'a>(element: Element<'a>, all: &mut Vec<Element<'a>>) {
    for inner in element.children() {
        if inner.name() == "AlternateContent" {
            let choice = inner.child("Choice").or_else(|| inner.child("Fallback"));
            if let Some(choice) = choice {
                collect(choice, all);
            }
        } else {
            all.push(inner);
        }
    }
}

/// The text of a paragraph (`a:p`), a line for each of its line breaks.
pub fn paragraph(element: Element<'_>) -> String {
    paragraph_with(element, |_| true)
}

/// Like [`paragraph`], without fields of types for which `keeps` returns false.
pub fn paragraph_with(element: Element<'_>, keeps: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for inner in children(element) {
        match inner.name() {
            "r" => run(inner, &mut text),
            "fld" if keeps(inner.attribute("type").unwrap_or_default()) => run(inner, &mut text),
            "br" => text.push('\n'),
            "m" => {
                for formula in inner.children() {
                    apart(&formula::omml(formula), &mut text);
                }
            }
            "oMath" | "oMathPara" => apart(&formula::omml(inner), &mut text),
            _ => {}
        }
    }
    text
}

/// Adds a formula, separated from the word before it.
fn apart(formula: &str, text: &mut String) {
    let opens = |last: char| last.is_whitespace() || matches!(last, '(' | '[' | '{' | '"');
    if !text.is_empty() && !formula.is_empty() && !text.ends_with(opens) {
        text.push(' ');
    }
    text.push_str(formula);
}

/// The paragraphs of a body of text as lines.
pub fn lines(body: Element<'_>) -> String {
    let paragraphs = body.children().filter(|inner| inner.name() == "p");
    let lines: Vec<String> = paragraphs.map(paragraph).collect();
    lines.join("\n")
}

fn run(element: Element<'_>, text: &mut String) {
    let Some(own) = element.child("t") else {
        return;
    };
    let own = own.text();
    let own = unescaped(&own);
    let raised = element
        .child("rPr")
        .and_then(|properties| properties.attribute("baseline"))
        .is_some_and(|baseline| !baseline.starts_with(['-', '0']));
    // 10 to the power of 6 must not read 106.
    if raised
        && text.ends_with(is_digit)
        && own.starts_with(|first| is_digit(first) || first == '-')
    {
        text.push('^');
    }
    text.push_str(&own);
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// Decodes escaped control characters such as `_x000B_`, and `_x005F_`, an escaped underscore (ECMA-376 part 1,
/// 22.9.2.19). A line break in a PowerPoint title is a vertical tab.
fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains("_x00") {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find("_x00") {
        text.push_str(&rest[..at]);
        let after = &rest[at..];
        let code = after
            .get(4..6)
            .filter(|_| after.get(6..7) == Some("_"))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|code| *code < 0x20 || *code == b'_');
        match code {
            Some(0x0a | 0x0b | 0x0d) => text.push('\n'),
            Some(b'\t') => text.push('\t'),
            Some(b'_') => text.push('_'),
            Some(_) => {}
            None => text.push_str(&after[..4]),
        }
        rest = &after[if code.is_some() { 7 } else { 4 }..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    #[test]
    fn escapes_of_control_characters() {
        for (raw, text) in [
            ("Sales_x000B_2026", "Sales\n2026"),
            ("a_x0009_b_x0007_", "a\tb"),
            ("_x005F_x000B_", "_x000B_"),
            ("_x0041_ _x00 _x00é1_ my_x00", "_x0041_ _x00 _x00é1_ my_x00"),
        ] {
            assert_eq!(unescaped(raw), text);
        }
    }

    #[test]
    fn runs_breaks_fields_and_formulas() {
        let source = r#"<p xmlns:mc="mc"><pPr/><r><t>Re</t></r><r><rPr b="1"/><t>port</t></r><br/><fld type="datetime1"><t>May</t></fld>
            <r><t> 10</t></r><r><rPr baseline="30000"/><t>6</t></r><r><rPr baseline="-25000"/><t>2</t></r>
            <mc:AlternateContent><mc:Choice><r><t> once</t></r></mc:Choice><mc:Fallback><r><t> twice</t></r></mc:Fallback></mc:AlternateContent>
            <m><oMath><r><t> x=1</t></r></oMath></m><endParaRPr/></p>"#;
        let tree = Tree::parse(source).unwrap();
        assert_eq!(paragraph(tree.root()), "Report\nMay 10^62 once x=1");
        let without = paragraph_with(tree.root(), |kind| kind != "datetime1");
        assert_eq!(without, "Report\n 10^62 once x=1");
    }
}
