//! Cuts a table of separated values into its records.

use std::borrow::Cow;

use super::dialect::Dialect;

/// A value in quotes that goes on for more lines than this was opened by a stray quote.
const MAX_LINES: usize = 500;
/// Quotes without an end are looked for in so many bytes for each of the text; then quotes are taken for text.
const PATIENCE: usize = 16;

/// The records of a text. Lines end in LF, CRLF or CR; in quotes they do not, nor do delimiters count there.
///
/// A quote that is never closed, or is not followed by a delimiter or the line's end where it is closed in a later line,
/// is text: it would swallow the rest of the table.
pub struct Records<'a> {
    source: &'a str,
    at: usize,
    dialect: Dialect,
    patience: usize,
}

/// Where a value ends: after it comes another one of the same record, or not.
struct End<'a> {
    value: Cow<'a, str>,
    at: usize,
}

impl<'a> Records<'a> {
    /// Begins with a text.
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

    /// The value that begins here, if it is one in quotes.
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
                    // A quote in the middle of a line was the end, and this quote none.
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
