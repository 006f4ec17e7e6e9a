//! Reads texts of cells: shared and inline strings (ECMA-376 part 1, 18.4).

use std::borrow::Cow;

use dynrag_domain::documents::FailureCode;
use quick_xml::{Reader, events::Event};

use crate::{protocol::Refusal, xml};

/// The workbook's table of strings, stored in one text.
#[derive(Default)]
pub struct Strings {
    all: String,
    /// End of each string.
    ends: Vec<usize>,
}

impl Strings {
    /// Reads the part. Returns false if the XML has an error; strings after it are left out.
    pub fn read(source: &str) -> (Self, bool) {
        let mut reader = Reader::from_str(source);
        let mut strings = Self::default();
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) if tag.local_name().as_ref() == "si" => {
                    let Ok(text) = rich_text(&mut reader, "si") else {
                        return (strings, false);
                    };
                    strings.push(&text);
                }
                Ok(Event::Empty(tag)) if tag.local_name().as_ref() == "si" => strings.push(""),
                Ok(Event::Eof) => return (strings, true),
                Err(_) => return (strings, false),
                Ok(_) => {}
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.all.push_str(&unescaped(text));
        self.ends.push(self.all.len());
    }

    /// The string with this number; empty if there is none.
    pub fn get(&self, number: usize) -> &str {
        let end = self.ends.get(number).copied().unwrap_or(0);
        let before = number.checked_sub(1).and_then(|n| self.ends.get(n));
        let start = before.copied().unwrap_or(0);
        self.all.get(start..end).unwrap_or_default()
    }
}

/// The runs of a text up to the end of this element. Phonetic readings (`rPh`, furigana) are left out.
///
/// # Errors
/// `corrupt_file` if the XML is broken.
pub fn rich_text(reader: &mut Reader<&[u8]>, end: &str) -> Result<String, Refusal> {
    let mut text = String::new();
    let mut in_text = false;
    let mut readings = 0_usize;
    loop {
        let event = reader.read_event().map_err(|error| xml::refusal(&error))?;
        match &event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "rPh" => readings += 1,
                "t" => in_text = readings == 0,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "rPh" => readings = readings.saturating_sub(1),
                "t" => in_text = false,
                name if name == end => return Ok(text),
                _ => {}
            },
            Event::Eof => return Err(cut_off()),
            event if in_text => xml::push_text(event, &mut text),
            _ => {}
        }
    }
}

/// The error for a truncated part.
pub fn cut_off() -> Refusal {
    Refusal::new(FailureCode::CorruptFile, "xml: cut off")
}

/// Decodes characters that XML cannot represent, `_x000D_` (22.9.2.19, ST_Xstring).
pub fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let unit = rest
            .get(at + 2..at + 6)
            .filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'))
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if unit.is_none() || at > 0 {
            flush(&mut units, &mut plain);
        }
        plain.push_str(&rest[..at]);
        match unit {
            Some(unit) => {
                units.push(unit);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    flush(&mut units, &mut plain);
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Decodes collected UTF-16 units.
fn flush(units: &mut Vec<u16>, text: &mut String) {
    let characters = char::decode_utf16(units.drain(..));
    text.extend(characters.flatten());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(unescaped("a_x000D__x000a_b"), "a\r\nb");
        assert_eq!(unescaped("_x005F_x000D_"), "_x000D_");
        assert_eq!(unescaped("file_x1_xyzzy_"), "file_x1_xyzzy_");
        assert_eq!(unescaped("_xD83D__xDE00_!_xD83D_é_x00"), "😀!é_x00");
    }

    #[test]
    fn runs_are_joined_and_readings_left_out() {
        let source = "<sst><si><r><t>To</t></r><r><rPr/><t xml:space='preserve'>tal </t></r></si><si/>\
            <si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr/></si><si><t>a</t></sst>";
        let (strings, whole) = Strings::read(source);
        assert!(!whole);
        let all: Vec<&str> = (0..4).map(|number| strings.get(number)).collect();
        assert_eq!(all, ["Total ", "", "東京", ""]);
    }
}
