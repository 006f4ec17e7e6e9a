//! Reads the content of paragraphs: runs, and elements between and inside of them.

use dynrag_domain::warnings::WarningCode;

use super::{
    block::Block,
    line::Line,
    reader::{Reader, alternative},
    styles::{self, whether},
};
use crate::{
    formula,
    symbols::{self, Font},
    text,
    xml::Element,
};

/// The formatting of a run that affects its text.
#[derive(Clone, Copy, Default)]
pub struct Look {
    pub hidden: bool,
    /// The font, if it shows symbols in place of letters.
    pub font: Option<Font>,
    /// Whether it is superscript.
    pub raised: bool,
}

impl Reader<'_, '_> {
    /// Reads the content of an element within a paragraph.
    pub fn content(&mut self, parent: Element<'_>, look: Look, line: &mut Line) {
        for child in parent.children() {
            self.item(child, look, line);
        }
    }

    /// Reads an element within a paragraph.
    pub fn item(&mut self, child: Element<'_>, look: Look, line: &mut Line) {
        match child.name() {
            "r" => {
                let look = self.look(child, look);
                self.content(child, look, line);
                line.end_run();
            }
            "t" => self.text(&written(child), look, line),
            "tab" | "ptab" => self.text("\t", look, line),
            "br" | "cr" => self.text("\n", look, line),
            "noBreakHyphen" => self.text("\u{2011}", look, line),
            "sym" => {
                if let Some(symbol) = symbol(child) {
                    self.text(&symbol.to_string(), look, line);
                }
            }
            "ruby" => self.ruby(child, look, line),
            "fldChar" => self.field_character(child, look, line),
            "fldSimple" => self.simple_field(child, look, line),
            "instrText" => {
                if let Some(field) = self.fields.last_mut() {
                    field.tell(&child.text());
                }
            }
            "footnoteReference" | "endnoteReference" => self.note(child, look, line),
            "drawing" | "pict" | "object" => self.object(child, look, line),
            "oMathPara" => {
                for formula in child.children().filter(|inner| inner.name() == "oMath") {
                    self.text("\n", look, line);
                    self.formula(formula, look, line);
                    self.text("\n", look, line);
                }
            }
            "oMath" => self.formula(child, look, line),
            "sdt" => {
                if let Some(content) = child.child("sdtContent") {
                    self.content(content, look, line);
                }
            }
            "AlternateContent" => {
                if let Some(branch) = alternative(child) {
                    self.content(branch, look, line);
                }
            }
            "ins" | "moveTo" => self.unmoved(|reader| reader.content(child, look, line)),
            "del" => self.deleted(child),
            "moveFromRangeStart" | "moveFromRangeEnd" => self.moved_range(child),
            "moveFrom" | "delText" | "delInstrText" | "fldData" => {}
            "subDoc" => self.warnings.add(WarningCode::UnsupportedContent, 1),
            "p" | "tbl" | "altChunk" => {
                // Not allowed here; it is read after the paragraph.
                let mut blocks = Vec::new();
                match child.name() {
                    "p" => self.paragraph(child, &mut blocks, &mut Line::default()),
                    "tbl" => self.table(child, &mut blocks),
                    _ => self.chunk(child, &mut blocks),
                }
                line.after.append(&mut blocks);
            }
            name if name.ends_with("Pr") => {}
            _ => self.content(child, look, line),
        }
    }

    /// Adds text, unless it is hidden, an instruction, or moved away.
    pub fn text(&mut self, text: &str, look: Look, line: &mut Line) {
        if text.is_empty() || !self.shows(look, !text.trim().is_empty(), line) {
            return;
        }
        match look.font {
            Some(font) => line.push(&symbols::shown(text, font)),
            // 10⁶ must not read 106.
            None if look.raised && line.ends_in_digit() => line.push(&exponent(text)),
            None => line.push(text),
        }
    }

    /// Whether the next content of a paragraph is to be read. Hidden content is counted if it is not empty (`says`).
    pub fn shows(&mut self, look: Look, says: bool, line: &mut Line) -> bool {
        if self.unshown > 0 || self.moving.is_some() {
            return false;
        }
        let hidden = look.hidden && !self.include_hidden;
        if hidden && says && !line.in_hidden {
            self.warnings.add(WarningCode::HiddenContent, 1);
        }
        if says {
            line.in_hidden = hidden;
        }
        !hidden
    }

    fn look(&self, run: Element<'_>, base: Look) -> Look {
        let Some(properties) = run.child("rPr") else {
            return base;
        };
        let style = properties.val("rStyle").and_then(|id| self.styles.get(id));
        // Paragraph and character styles toggle this property.
        let styled = base.hidden != style.and_then(|style| style.hidden).unwrap_or_default();
        Look {
            hidden: styles::toggle(properties, "vanish").unwrap_or(styled),
            font: styles::font(properties)
                .or(style.and_then(|style| style.font))
                .unwrap_or(base.font),
            raised: styles::raised(properties)
                .or(style.and_then(|style| style.raised))
                .unwrap_or(base.raised),
        }
    }

    fn formula(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        let formula = formula::omml(element);
        let formula = text::one_line(&text::normalise(&formula), usize::MAX);
        if !formula.is_empty() && self.shows(look, true, line) {
            line.push_apart(&formula);
        }
    }

    /// Reads characters with their reading.
    fn ruby(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        let mut read = |name: &str| {
            let mut inner = Line::default();
            inner.in_hidden = line.in_hidden;
            if let Some(part) = element.child(name) {
                self.content(part, look, &mut inner);
            }
            line.in_hidden = inner.in_hidden;
            line.after.append(&mut inner.after);
            inner.finish()
        };
        let (base, reading) = (read("rubyBase"), read("rt"));
        if base.is_empty() {
            line.push(&reading);
        } else {
            line.push_ruby(&base, reading.trim());
        }
    }

    /// Reads a reference to a footnote or endnote: the note is written here, in brackets after its number.
    fn note(&mut self, reference: Element<'_>, look: Look, line: &mut Line) {
        let id = reference.attribute("id").unwrap_or_default();
        let own_mark = reference
            .attribute("customMarkFollows")
            .is_some_and(styles::on);
        if !self.shows(look, true, line) {
            return;
        }
        let notes = match reference.name() {
            "footnoteReference" => &mut self.footnotes,
            _ => &mut self.endnotes,
        };
        let Some(note) = notes.take(id) else {
            return;
        };
        let number = if own_mark {
            String::new()
        } else {
            notes.next_number()
        };
        match (line.is_heading, own_mark) {
            (true, true) => line.after.push(Block::Text(note)),
            (true, false) => line.after.push(Block::Text(format!("[{number}] {note}"))),
            (false, true) => line.note = Some(note),
            (false, false) => line.push(&format!(" [{number}] ({note})")),
        }
    }
}

/// The text of a `t` element. Line breaks become spaces; those at its ends are layout of the file and are removed.
fn written(element: Element<'_>) -> String {
    let text = element.text();
    if !text.contains(['\n', '\r']) {
        return text;
    }
    let mut kept = text.as_str();
    if element.attribute("space") != Some("preserve") {
        kept = kept.trim();
    }
    kept.replace("\r\n", " ").replace(['\n', '\r'], " ")
}

/// Digits and signs as superscript characters; others stay unchanged.
fn exponent(text: &str) -> String {
    let raised = |character| match character {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4'..='9' => char::from_u32(u32::from(character) - u32::from('4') + u32::from('⁴'))
            .unwrap_or(character),
        '+' => '⁺',
        '-' | '−' | '–' => '⁻',
        'n' => 'ⁿ',
        other => other,
    };
    let numeric = |character: char| character.is_ascii_digit() || "+-−–n".contains(character);
    if text.chars().all(numeric) {
        text.chars().map(raised).collect()
    } else {
        text.to_owned()
    }
}

/// A character of a symbol font. Private use characters of other fonts are ignored.
fn symbol(element: Element<'_>) -> Option<char> {
    let code = u32::from_str_radix(element.attribute("char")?.trim(), 16).ok()?;
    match element.attribute("font").and_then(Font::named) {
        Some(font) => font.character(code),
        None => char::from_u32(code).filter(|_| !(0xE000..=0xF8FF).contains(&code)),
    }
}

/// Whether the end mark of a paragraph is hidden, and whether the next paragraph continues this one, because its mark
/// was deleted or moved away, or it is a drop cap.
pub fn mark(properties: Option<Element<'_>>) -> (bool, bool) {
    let property = |name: &str| properties.and_then(|properties| properties.child(name));
    let initial = property("framePr").and_then(|frame| frame.attribute("dropCap"));
    let is_initial = initial.is_some_and(|kind| kind != "none");
    let Some(mark) = property("rPr") else {
        return (false, is_initial);
    };
    let hidden = mark.child("vanish").is_some_and(whether);
    let deleted = mark.child("del").is_some() || mark.child("moveFrom").is_some();
    (hidden, deleted || is_initial)
}
