//! Reads the text of a stored extraction, which is JSON, piece by piece, so that a large one takes no memory.

/// The member of `Extracted` that contains the text.
const NAME: &[u8] = b"text";

/// Which string is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// None.
    Nothing,
    /// The name of a member of the outermost object.
    Name,
    /// The text.
    Text,
    /// Any other.
    Other,
}

/// Position within an escape sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    /// `\u`, with the number of its digits so far and their value.
    Unicode(u8, u16),
}

/// Finds the text in JSON that arrives in pieces.
pub(super) struct TextReader {
    inside: Inside,
    escape: Escape,
    depth: u32,
    /// The last name in the outermost object, as far as it can be [`NAME`].
    name: Vec<u8>,
    /// Whether a value of the outermost object is next.
    is_value: bool,
    /// The high surrogate of an escaped pair.
    high: Option<u16>,
    found: bool,
}

impl Default for TextReader {
    fn default() -> Self {
        Self {
            inside: Inside::Nothing,
            escape: Escape::None,
            depth: 0,
            name: Vec::new(),
            is_value: false,
            high: None,
            found: false,
        }
    }
}

impl TextReader {
    /// Reads the next piece of JSON. Returns the text in it as UTF-8, which may end within a character.
    pub(super) fn read(&mut self, json: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for byte in json {
            if self.found {
                break;
            }
            if self.inside == Inside::Nothing {
                self.between(*byte);
            } else {
                self.within(*byte, &mut text);
            }
        }
        text
    }

    /// Whether the text was found and has ended.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => self.is_value = true,
            b',' if self.depth == 1 => self.is_value = false,
            b'"' => {
                self.inside = match (self.depth, self.is_value) {
                    (1, false) => {
                        self.name.clear();
                        Inside::Name
                    }
                    (1, true) if self.name == NAME => Inside::Text,
                    _ => Inside::Other,
                };
            }
            _ => {}
        }
    }

    fn within(&mut self, byte: u8, text: &mut Vec<u8>) {
        match (self.escape, byte) {
            (Escape::None, b'\\') => self.escape = Escape::Begun,
            (Escape::None, b'"') => {
                self.found = self.inside == Inside::Text;
                self.unpaired(text);
                self.inside = Inside::Nothing;
            }
            (Escape::None, byte) => self.push(&[byte], text),
            (Escape::Begun, b'u') => self.escape = Escape::Unicode(0, 0),
            (Escape::Begun, byte) => {
                self.escape = Escape::None;
                let plain = match byte {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    other => other,
                };
                self.push(&[plain], text);
            }
            (Escape::Unicode(digits, value), byte) => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0) as u16;
                let value = (value << 4) | digit;
                if digits < 3 {
                    self.escape = Escape::Unicode(digits + 1, value);
                } else {
                    self.escape = Escape::None;
                    self.unit(value, text);
                }
            }
        }
    }

    /// Adds bytes of a string.
    fn push(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        self.unpaired(text);
        match self.inside {
            Inside::Text => text.extend_from_slice(bytes),
            // One byte more than the name is enough to know that it is another name.
            Inside::Name if self.name.len() <= NAME.len() => self.name.extend_from_slice(bytes),
            _ => {}
        }
    }

    /// Adds a UTF-16 code unit.
    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            match char::decode_utf16([high, unit]).next() {
                Some(Ok(c)) => return self.character(c, text),
                _ => self.character(char::REPLACEMENT_CHARACTER, text),
            }
        }
        match char::decode_utf16([unit]).next() {
            Some(Ok(c)) => self.character(c, text),
            _ if (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
            _ => self.character(char::REPLACEMENT_CHARACTER, text),
        }
    }

    /// Replaces a high surrogate without its low one.
    fn unpaired(&mut self, text: &mut Vec<u8>) {
        if self.high.take().is_some() {
            self.character(char::REPLACEMENT_CHARACTER, text);
        }
    }

    fn character(&mut self, c: char, text: &mut Vec<u8>) {
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes(), text);
    }
}

#[cfg(test)]
mod tests {
    use dynrag_domain::chunks::{Extracted, Section};

    use super::*;

    fn read(json: &[u8], piece: usize) -> (String, bool) {
        let mut reader = TextReader::default();
        let mut text = Vec::new();
        for piece in json.chunks(piece) {
            text.extend(reader.read(piece));
        }
        (String::from_utf8(text).unwrap(), reader.found())
    }

    #[test]
    fn the_text_is_the_same_for_any_split_of_the_input() {
        let extracted = Extracted {
            text: "été \"quoted\" \\ back\n\tslash/ \u{1} \u{1F600}, {\"text\": \"no\"}".to_owned(),
            sections: vec![Section {
                heading_path: vec!["text".to_owned()],
                ..Section::default()
            }],
            title: Some("text".to_owned()),
            ..Extracted::default()
        };
        let json = serde_json::to_vec(&extracted).unwrap();
        for piece in [1, 2, 3, 7, json.len()] {
            assert_eq!(read(&json, piece), (extracted.text.clone(), true));
        }
    }

    #[test]
    fn the_text_is_the_outermost_member_of_that_name_at_any_position() {
        let json = br#"{"sections":[{"text":"a"}],"texts":"b","te\u0078t":"c\ud83d\ude00\ud83dd","text":"e"}"#;
        assert_eq!(read(json, 4), ("c\u{1F600}\u{FFFD}d".to_owned(), true));
        assert_eq!(
            read(br#"{"other":"text","n":{"text":1}}"#, 4),
            (String::new(), false)
        );
    }
}
