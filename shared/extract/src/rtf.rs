//! Reads Rich Text Format (RTF 1.9): paragraphs, tables, text in any code page. The crates there are know neither
//! code pages nor tables.

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use encoding_rs::{Encoding, WINDOWS_1252};

use crate::{
    decode,
    protocol::Refusal,
    rtf_info::{Field, Info, SKIPPED},
    tables,
    text::{self, Builder},
};

/// Groups within groups: beyond, the file is an attack.
const MAX_DEPTH: usize = 1_000;
#[derive(Clone, Copy)]
struct Group {
    skipped: bool,
    /// Which text or moment of the document's information this is.
    info: Option<Field>,
    /// Bytes that follow a `\u` for readers that know no Unicode.
    fallback: usize,
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    // Not `{\rtf`: there are fragments about that every word processor opens.
    if !bytes.trim_ascii_start().starts_with(b"{\\") {
        return Err(Refusal::new(FailureCode::CorruptFile, "no RTF header"));
    }
    let mut reader = Reader::new(bytes);
    reader.run()?;
    reader.end_paragraph();
    reader.end_table();
    let title = text::title(&reader.info.title);
    Ok(Extracted {
        properties: reader.info.properties(),
        ..reader.builder.finish(title, None, "rtf")
    })
}

struct Reader<'a> {
    rest: &'a [u8],
    encoding: &'static Encoding,
    groups: Vec<Group>,
    group: Group,
    /// Bytes that are still to be decoded.
    pending: Vec<u8>,
    /// A first half of a surrogate pair.
    surrogate: Option<u16>,
    to_skip: usize,
    line: String,
    info: Info,
    /// Cells of the row, rows of the table.
    row: Vec<String>,
    rows: Vec<Vec<String>>,
    in_table: bool,
    builder: Builder,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            encoding: WINDOWS_1252,
            groups: Vec::new(),
            group: Group {
                skipped: false,
                info: None,
                fallback: 1,
            },
            pending: Vec::new(),
            surrogate: None,
            to_skip: 0,
            line: String::new(),
            info: Info::default(),
            row: Vec::new(),
            rows: Vec::new(),
            in_table: false,
            builder: Builder::default(),
        }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        while let [byte, after @ ..] = self.rest {
            self.rest = after;
            match byte {
                b'{' => {
                    self.decode();
                    if self.groups.len() >= MAX_DEPTH {
                        let detail = "groups nested too deeply";
                        return Err(Refusal::new(FailureCode::CorruptFile, detail));
                    }
                    self.groups.push(self.group);
                }
                b'}' => {
                    self.decode();
                    self.to_skip = 0;
                    match self.groups.pop() {
                        Some(group) => self.group = group,
                        None => return Ok(()),
                    }
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(*byte),
            }
        }
        self.decode();
        Ok(())
    }

    /// A byte of text, in the document's code page.
    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.group.skipped || self.group.info.is_some() {
            self.pending.push(byte);
        }
    }

    fn decode(&mut self) {
        self.surrogate = None;
        if !self.pending.is_empty() {
            let bytes = std::mem::take(&mut self.pending);
            let text = self.encoding.decode_without_bom_handling(&bytes).0;
            self.push(&text);
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(field) = self.group.info {
            self.info.push(field, text);
        } else if !self.group.skipped {
            self.line.push_str(text);
        }
    }

    fn control(&mut self) {
        match self.rest {
            [b'\'', a, b, after @ ..] => {
                let hex = std::str::from_utf8(&[*a, *b])
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let Some(byte) = hex {
                    self.rest = after;
                    self.byte(byte);
                } else {
                    self.rest = &self.rest[1..];
                }
            }
            [b'*', after @ ..] => {
                // A destination that may be passed over by whom it says nothing.
                self.rest = after;
                self.group.skipped = true;
            }
            [first, ..] if first.is_ascii_alphabetic() => self.word(),
            [symbol, after @ ..] => {
                self.rest = after;
                match symbol {
                    b'\\' | b'{' | b'}' => self.byte(*symbol),
                    b'~' => self.character("\u{a0}"),
                    b'_' => self.character("\u{2011}"),
                    b'\r' | b'\n' => self.end_paragraph(),
                    _ => {}
                }
            }
            [] => {}
        }
    }

    fn character(&mut self, text: &str) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else {
            self.decode();
            self.push(text);
        }
    }

    fn word(&mut self) {
        let end = |text: &[u8], is: fn(&u8) -> bool| {
            text.iter().position(|byte| !is(byte)).unwrap_or(text.len())
        };
        let (word, after) = self.rest.split_at(end(self.rest, u8::is_ascii_alphabetic));
        let sign = usize::from(after.first() == Some(&b'-'));
        let digits = end(&after[sign..], u8::is_ascii_digit);
        let (number, mut after) = if digits > 0 {
            after.split_at(sign + digits)
        } else {
            (&after[..0], after)
        };
        let number: Option<i32> = std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok());
        if let Some(rest) = after.strip_prefix(b" ") {
            after = rest;
        }
        self.rest = after;
        self.keyword(word, number);
    }

    fn keyword(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"bin" => {
                let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
                self.rest = &self.rest[length.min(self.rest.len())..];
            }
            b"u" => self.unicode(number.unwrap_or(0)),
            b"uc" => {
                self.group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(100)
            }
            b"ansicpg" => self.encoding = decode::code_page(number.unwrap_or(1252)),
            b"mac" => self.encoding = encoding_rs::MACINTOSH,
            _ if self.group.skipped && Field::named(word).is_some() => {
                self.group.info = Field::named(word);
            }
            _ if SKIPPED.contains(&word) => self.group.skipped = true,
            _ if self.group.skipped => {
                if let Some(field) = self.group.info {
                    self.info.part(field, word, number);
                }
            }
            b"par" | b"sect" | b"page" | b"column" => self.end_paragraph(),
            b"line" => self.character("\n"),
            b"tab" => self.character("\t"),
            b"emdash" => self.character("—"),
            b"endash" => self.character("–"),
            b"bullet" => self.character("•"),
            b"lquote" => self.character("‘"),
            b"rquote" => self.character("’"),
            b"ldblquote" => self.character("“"),
            b"rdblquote" => self.character("”"),
            b"emspace" | b"enspace" => self.character(" "),
            b"trowd" | b"intbl" => self.in_table = true,
            b"pard" => {
                self.decode();
                // Outside of a table from here on, unless `\intbl` follows.
                self.in_table = false;
            }
            b"cell" | b"nestcell" => {
                self.decode();
                let cell = std::mem::take(&mut self.line);
                self.row.push(text::one_line(&cell, usize::MAX));
            }
            b"row" | b"nestrow" => {
                self.decode();
                self.rows.push(std::mem::take(&mut self.row));
                self.line.clear();
            }
            _ => {}
        }
    }

    fn unicode(&mut self, number: i32) {
        // Written as a signed 16-bit number.
        let unit = number as u16;
        let pair = self.surrogate.take();
        if !self.pending.is_empty() {
            self.decode();
        }
        let character = match (pair, unit) {
            (_, 0xD800..=0xDBFF) => {
                self.surrogate = Some(unit);
                None
            }
            (Some(first), 0xDC00..=0xDFFF) => char::decode_utf16([first, unit])
                .next()
                .and_then(Result::ok),
            _ => char::from_u32(u32::from(unit)),
        };
        if let Some(character) = character {
            self.push(character.encode_utf8(&mut [0; 4]));
        }
        self.to_skip = self.group.fallback;
    }

    fn end_paragraph(&mut self) {
        self.decode();
        if self.in_table {
            self.line.push(' ');
            return;
        }
        self.end_table();
        let line = text::normalise(&std::mem::take(&mut self.line));
        self.builder.block(line.trim());
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let rows = rows.iter().map(|row| row.iter().map(String::as_str));
        for piece in tables::pieces(rows) {
            self.builder.block(&text::normalise(&piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> String {
        read(source.as_bytes()).unwrap().text
    }

    #[test]
    fn characters_of_every_kind() {
        assert_eq!(text(r"{\rtf1\ansi le caf\'e9 o\'f9}"), "le café où");
        assert_eq!(
            text(r"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}"),
            "Привет"
        );
        assert_eq!(text(r"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}"), "日本");
        assert_eq!(text(r"{\rtf1 \u233?t\u233\'e9 {\uc0\u8364}!}"), "été €!");
        assert_eq!(text(r"{\rtf1 \u-10179?\u-8704?}"), "😀");
        assert_eq!(text(r"{\rtf1 a\~b\\\{\}\emdash c}"), "a\u{a0}b\\{}—c");
    }

    #[test]
    fn paragraphs_and_what_is_none() {
        let source = r"{\rtf1{\fonttbl{\f0 Arial;}}{\info{\title A title}{\author Ren\'e9}{\operator Bob}
            {\creatim\yr2026\mo11\dy21\hr9\min30}{\revtim\yr2026\mo13\dy1}{\printim\yr2026}{\nofpages3}}
            {\*\generator X;}One.\par{\b Two}\line three.\par{\header Page 1}{\pict 00ff}Four.}";
        let read = read(source.as_bytes()).unwrap();
        assert_eq!(read.text, "One.\n\nTwo\nthree.\n\nFour.");
        assert_eq!(read.title.as_deref(), Some("A title"));
        assert_eq!(read.properties.author.as_deref(), Some("René"));
        let created = read.properties.created.map(|date| date.to_rfc3339());
        assert_eq!(created.as_deref(), Some("2026-11-21T09:30:00+00:00"));
        assert_eq!(read.properties.modified, None);
    }

    #[test]
    fn a_table_is_readable() {
        let source = r"{\rtf1 Before\par\trowd\intbl a\cell b\cell\row\trowd\intbl 1\cell 2\cell\row\pard After\par}";
        assert_eq!(
            text(source),
            "Before\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nAfter"
        );
    }

    #[test]
    fn broken_files_end() {
        assert_eq!(read(b"no").unwrap_err().code, FailureCode::CorruptFile);
        let deep = format!("{{\\rtf1 {}", "{".repeat(1_000_000));
        assert_eq!(
            read(deep.as_bytes()).unwrap_err().code,
            FailureCode::CorruptFile
        );
        for odd in [
            r"{\rtf1 \'",
            r"{\rtf1 \bin999999 x",
            r"{\rtf1 \u",
            r"{\rtf1 \",
            r"{\rtf1 }}}}x",
            r"{\rtf1 \uc-5\u5",
        ] {
            read(odd.as_bytes()).unwrap();
        }
    }
}
