//! Applies style sheets and fonts: hidden elements, and fonts whose letters are symbols.

use std::{collections::HashMap, rc::Rc};

use scraper::node::Element;

use super::marks::{Marks, attribute};
use crate::symbols::{self, Font};

/// Most selectors that are kept of a style sheet.
const MAX_SELECTORS: usize = 20_000;
/// Longest text in a symbol font whose plain letters count as symbols too.
const MAX_SIGNS: usize = 12;

/// The declarations for a class.
#[derive(Clone, Copy, Default)]
struct Rule {
    hides: Option<bool>,
    font: Option<Option<Font>>,
}

/// Most classes of an element that are looked up.
const MAX_CLASSES: usize = 20;

/// A style sheet, limited to selectors of a single class: `.name`, `p.name`.
#[derive(Default)]
pub struct Sheet(HashMap<String, Rule>);

impl Sheet {
    /// Parses a style sheet. At-rules, which include media queries, are left out.
    pub fn of(source: &str) -> Self {
        let mut sheet = Self::default();
        let source = without_comments(source);
        let mut rest = source.as_str();
        while let Some(at) = rest.find(['{', ';', '}']) {
            let (selectors, after) = rest.split_at(at);
            rest = &after[1..];
            // `;` and `}` end an at-rule without a block, or a broken statement.
            if !after.starts_with('{') {
                continue;
            }
            if selectors.trim_start().starts_with('@') {
                rest = &rest[block_end(rest)..];
                continue;
            }
            let end = rest.find('}').unwrap_or(rest.len());
            let declarations = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            sheet.add(selectors, declarations);
        }
        sheet
    }

    fn add(&mut self, selectors: &str, declarations: &str) {
        let marks = Marks {
            style: declarations,
            ..Marks::default()
        };
        let hides = marks
            .style("display")
            .map(|display| display.eq_ignore_ascii_case("none"));
        let font = font_in(&marks);
        if hides.is_none() && font.is_none() {
            return;
        }
        for selector in selectors.split(',').map(str::trim) {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let Some((name, class)) = selector.split_once('.') else {
                continue;
            };
            let is_single = !class.is_empty() && class.chars().chain(name.chars()).all(is_name);
            if !is_single || self.0.len() >= MAX_SELECTORS {
                continue;
            }
            let rule = self.0.entry(selector.to_owned()).or_default();
            rule.hides = hides.or(rule.hides);
            rule.font = font.or(rule.font);
        }
    }

    /// The value for an element; selectors with its name take precedence.
    fn of_element<T>(&self, marks: &Marks<'_>, value: fn(&Rule) -> Option<T>) -> Option<T> {
        if self.0.is_empty() {
            return None;
        }
        let classes = || marks.class.split_ascii_whitespace().take(MAX_CLASSES);
        let said = |selector: String| self.0.get(&selector).and_then(value);
        classes()
            .find_map(|class| said(format!("{}.{class}", marks.name)))
            .or_else(|| classes().find_map(|class| said(format!(".{class}"))))
    }
}

fn without_comments(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text
}

/// The end of an open block, including nested blocks.
fn block_end(rest: &str) -> usize {
    let mut open = 1usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at + 1;
        }
    }
    rest.len()
}

/// Whether one of the sheets hides an element. Notes do not count: they are hidden to pop up.
pub fn hides(sheets: &[Rc<Sheet>], marks: &Marks<'_>) -> bool {
    if sheets.is_empty() || marks.class.is_empty() || marks.style("display").is_some() {
        return false;
    }
    let hides = sheets
        .iter()
        .rev()
        .find_map(|sheet| sheet.of_element(marks, |rule| rule.hides));
    hides == Some(true)
        && marks.name != "aside"
        && !marks.role.starts_with("doc-")
        && !marks.named(&["note", "popup"])
}

/// The symbol font of an element; `None` if its font is not specified, `Some(None)` if it is a text font.
pub fn font(sheets: &[Rc<Sheet>], element: &Element, marks: &Marks<'_>) -> Option<Option<Font>> {
    font_in(marks)
        .or_else(|| {
            let face = (marks.name == "font").then(|| attribute(element, "face"))?;
            face.map(named)
        })
        .or_else(|| {
            let mut sheets = sheets.iter().rev();
            sheets.find_map(|sheet| sheet.of_element(marks, |rule| rule.font))
        })
}

/// The font named in declarations.
fn font_in(marks: &Marks<'_>) -> Option<Option<Font>> {
    match marks.style("font-family") {
        Some(families) => Some(named(families)),
        None => marks.style("font").map(|_| None),
    }
}

fn named(families: &str) -> Option<Font> {
    Font::named(families.split(',').next()?)
}

/// A text as a symbol font shows it. In long texts only private use characters count, because some pages name such
/// fonts by mistake.
pub fn shown(text: &str, font: Font) -> String {
    if text.trim().chars().nth(MAX_SIGNS).is_some() {
        return symbols::shown(text, font);
    }
    let shown = |character: char| match u32::from(character) {
        code @ (0x21..=0x7E | 0xA1..=0xFF | 0xF020..=0xF0FF) => {
            font.character(code).unwrap_or(character)
        }
        _ => character,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::html_text::{ReadOptions, read};

    #[test]
    fn classes_hide_and_name_fonts() {
        let sheet = Sheet::of(
            "@charset 'x'; /* .a{display:none} */ .h, p.h2 { display : none !important } .s{font-family:'Symbol',serif}
            @media print { .a{display:none} .b{display:none} } .a{color:red} .c .d{display:none} .w{font-family:Wingdings} .v{display:none} .v{display:block} .note{display:none} .e{display:none",
        );
        let sheets = [Rc::new(sheet)];
        let options = ReadOptions {
            sheets: &sheets,
            ..ReadOptions::default()
        };
        for (page, expected) in [
            (
                "<p class=h>x<p>Shown<span class='z h'> secret</span> again",
                "Shown again",
            ),
            ("<p class=h2>x<p><i class=h2>a</i><b class=e>e</b>", "a"),
            (
                "<p class=a>a<p class=b>b<p class=d>d<p class=v>v",
                "a\n\nb\n\nd\n\nv",
            ),
            (
                "<p class=h style='display:block'>a<p class=note>b<aside class=h>c",
                "a\n\nb\n\nc",
            ),
            (
                "<p>A <i class=s>\u{f061}</i> <i class=w>\u{f0fc}</i>",
                "A α ✓",
            ),
            (
                "<p>A <font face='Symbol, serif'>a<span style='font:7pt Arial'>b</span>c</font>d",
                "A αbχd",
            ),
            (
                "<p style='font-family:Symbol'>A page whose font is named by mistake, \u{f061}",
                "A page whose font is named by mistake, α",
            ),
            (
                "<p>Thanks <span style='font-family:Wingdings'>J</span>",
                "Thanks ☺",
            ),
        ] {
            let tree = Html::parse_document(page);
            let read = read(&tree, options).text(|_| true).finish(None, None, "");
            assert_eq!(read.text, expected, "{page}");
        }
    }

    #[test]
    fn broken_sheets_end() {
        for odd in [
            "{",
            "}",
            "@media{{{",
            ".a{",
            "/*",
            ".a{display:none",
            "@x",
            ".{display:none}",
        ] {
            Sheet::of(odd);
        }
    }

    #[test]
    fn selectors_are_limited() {
        let source: String = (0..30_000)
            .map(|n| format!(".a{n}{{display:none}}"))
            .collect();
        assert_eq!(Sheet::of(&source).0.len(), MAX_SELECTORS);
    }
}
