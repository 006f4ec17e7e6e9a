//! Splits a table of delimited values into records.

use std::borrow::Cow;

use super::dialect::Dialect;

/// Most lines of a quoted value. If it is longer, its opening quote was a stray one.
const MAX_LINES: usize = 500;
/// Bytes spent on the search for closing quotes, per byte of text. Once they are used up, quotes count as text.
const PATIENCE: usize = 16;

/// The records of a text. Lines end in LF, CRLF or CR; inside quotes, line ends and delimiters are part of the value.
///
/// A quote counts as text if it is never closed, or if it is closed on a later line without a delimiter or a line end
/// after it: otherwise it would swallow the rest of the table.
pub struct Records<'a> {
    source: &'a str,
    at: usize,
    dialect: Dialect,
    patience: usize,
}

/// A value and the position after it.
struct End<'a> {
    value: Cow<'a, str>,
    at: usize,
}

impl<'a> Records<'a> {
    /// Starts at the beginning of a text.
    pub const fn new(source: &'a str, dialect: Dialect) -> Self {
        Self {
            source,
            at: 0,
            dialect,
            patience: source.len().saturating_mul(PATIENCE),
        }
    }

    fn value(&mut self) -> End<'a> {
        if let Some(end) = self.quoted() {
            return end;
        }
        let bytes = &self.source.as_bytes()[self.at..];
        let length = bytes.iter().position(|byte| self.ends_value(*byte));
        let at = self.at + length.unwrap_or(bytes.len());
        End {
            value: Cow::Borrowed(&self.source[self.at..at]),
            at,
        }
    }

    fn ends_value(&self, byte: u8) -> bool {
        byte == self.dialect.delimiter || matches!(byte, b'\n' | b'\r')
    }

    /// The quoted value at the current position, if there is one.
    fn quoted(&mut self) -> Option<End<'a>> {
        let bytes = self.source.as_bytes();
        let blank = |byte: &u8| *byte == b' ' && self.dialect.delimiter != b' ';
        let blanks = |from: usize| bytes[from..].iter().take_while(|byte| blank(byte)).count();
        let start = self.at + blanks(self.at);
        if bytes.get(start) != Some(&b'"') || self.patience == 0 {
            return None;
        }
        let start = start + 1;
        let mut at = start;
        let (mut lines, mut odd, mut escaped) = (0, false, false);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' => {
                    lines += 1;
                    // A quote in the middle of the line closed the value, so the opening quote was a stray one.
                    if odd || lines > MAX_LINES {
                        break;
                    }
                }
                b'\\' if self.dialect.backslash => {
                    escaped = true;
                    at += 1;
                }
                b'"' if bytes.get(at + 1) == Some(&b'"') => {
                    escaped = true;
                    at += 1;
                }
                b'"' => {
                    let after = at + 1 + blanks(at + 1);
                    if bytes.get(after).is_none_or(|byte| self.ends_value(*byte)) {
                        let inside = &self.source[start..at];
                        return Some(End {
                            value: self.unescaped(inside, escaped),
                            at: after,
                        });
                    }
                    odd = true;
                    if lines > 0 {
                        break;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.patience = self.patience.saturating_sub(at - start);
        None
    }

    fn unescaped(&self, inside: &'a str, escaped: bool) -> Cow<'a, str> {
        if !escaped {
            return Cow::Borrowed(inside);
        }
        let text = inside.replace("\"\"", "\"");
        Cow::Owned(if self.dialect.backslash {
            text.replace("\\\"", "\"").replace("\\\\", "\\")
        } else {
            text
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Vec<Cow<'a, str>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.source.len() {
            return None;
        }
        let mut record = Vec::new();
        loop {
            let End { value, at } = self.value();
            record.push(value);
            let rest = &self.source[at..];
            match rest.bytes().next() {
                Some(byte) if byte == self.dialect.delimiter => self.at = at + 1,
                Some(_) => {
                    self.at = at + if rest.starts_with("\r\n") { 2 } else { 1 };
                    return Some(record);
                }
                None => {
                    self.at = at;
                    return Some(record);
                }
            }
        }
    }
}
