//! Reads the paragraphs of a shape as blocks of text.

use super::bullets::{self, Bullet, Counters, Levels};
use crate::{drawing, xml::Element};

/// The text of a body (`p:txBody`, `a:txBody`): paragraphs as lines, empty ones as ends of blocks, lists with their
/// bullets. `above` holds the inherited bullets.
pub fn blocks(body: Element<'_>, above: &Levels) -> Vec<String> {
    write(body, above, true)
}

/// The text without fields for the slide number.
pub fn without_slide_number(body: Element<'_>) -> String {
    write(body, &Levels::default(), false).join("\n")
}

fn write(body: Element<'_>, above: &Levels, slide_number: bool) -> Vec<String> {
    let levels = bullets::over(bullets::levels(body.child("lstStyle")), *above);
    let mut counters = Counters::default();
    let mut blocks = Vec::new();
    let mut block = String::new();
    for paragraph in body.children().filter(|inner| inner.name() == "p") {
        let text = drawing::paragraph_with(paragraph, |kind| slide_number || kind != "slidenum");
        let text = text.trim();
        if text.is_empty() {
            blocks.push(std::mem::take(&mut block));
            continue;
        }
        if !block.is_empty() {
            block.push('\n');
        }
        let properties = paragraph.child("pPr");
        let level = bullets::level(properties);
        let bullet = properties.and_then(bullets::of).or(levels[level]);
        let mark = counters.mark(bullet.unwrap_or(Bullet::None), level);
        push(
            &mut block,
            text,
            mark.map(|mark| ("  ".repeat(level), mark)),
        );
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Adds a paragraph, as a list item if it has an indentation and a marker.
fn push(block: &mut String, text: &str, item: Option<(String, String)>) {
    let Some((indent, mark)) = item else {
        block.push_str(text);
        return;
    };
    block.push_str(&format!("{indent}{mark} "));
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            block.push_str(&format!("\n{indent}  "));
        }
        block.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    fn read(paragraphs: &str, above: Levels) -> String {
        let source = format!(
            "<txBody><lstStyle><lvl3pPr><buNone/></lvl3pPr></lstStyle>{paragraphs}</txBody>"
        );
        let tree = Tree::parse(&source).unwrap();
        blocks(tree.root(), &above).join("\n\n")
    }

    fn paragraph(properties: &str, text: &str) -> String {
        format!("<p>{properties}<r><t>{text}</t></r></p>")
    }

    #[test]
    fn bullets_come_from_above_or_from_the_paragraph() {
        let text = read(
            &[
                paragraph("", "one"),
                paragraph(r#"<pPr lvl="1"/>"#, "two</t></r><br/><r><t>lines"),
                paragraph(r#"<pPr lvl="2"/>"#, "plain"),
                paragraph("<pPr><buNone/></pPr>", "plain too"),
                paragraph("", " "),
                paragraph(r#"<pPr lvl="99"/>"#, "deep"),
            ]
            .concat(),
            [Some(Bullet::Mark); 9],
        );
        assert_eq!(
            text,
            "- one\n  - two\n    lines\nplain\nplain too\n\n                - deep"
        );
    }

    #[test]
    fn numbers_go_on_until_something_comes_between() {
        let number = r#"<pPr><buAutoNum type="arabicPeriod" startAt="3"/></pPr>"#;
        let inner = r#"<pPr lvl="1"><buAutoNum type="alphaLcParenR"/></pPr>"#;
        let text = read(
            &[
                paragraph(number, "c"),
                paragraph(inner, "x"),
                paragraph(inner, "y"),
                paragraph(number, "d"),
                paragraph(inner, "z"),
                paragraph("", "between"),
                paragraph(number, "again"),
            ]
            .concat(),
            Levels::default(),
        );
        assert_eq!(
            text,
            "3. c\n  a) x\n  b) y\n4. d\n  a) z\nbetween\n3. again"
        );
    }
}
