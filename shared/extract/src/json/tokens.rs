//! Splits JSON (RFC 8259) into tokens, and tolerates some deviations of other writers.

use std::{borrow::Cow, iter::Peekable, str::CharIndices};

/// The place and reason where a text is not JSON.
#[derive(Debug)]
pub struct Broken {
    /// Offset in bytes.
    pub at: usize,
    /// The reason, without any text of the document.
    pub why: &'static str,
}

/// A token; strings are unquoted and unescaped, numbers and words are as written.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Comma,
    Colon,
    String(Cow<'a, str>),
    Bare(&'a str),
}

/// The tokens of a text.
pub struct Tokens<'a> {
    source: &'a str,
    at: usize,
    /// Number of deviations from strict JSON.
    pub lenient: usize,
    /// Number of lone surrogates, which became U+FFFD.
    pub replaced: usize,
}

impl<'a> Tokens<'a> {
    /// Starts at the beginning of a text.
    pub const fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            lenient: 0,
            replaced: 0,
        }
    }

    /// An error at the current position.
    pub const fn broken(&self, why: &'static str) -> Broken {
        Broken { at: self.at, why }
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Token<'a>>, Broken> {
        self.skip_blanks()?;
        let Some(byte) = self.rest().bytes().next() else {
            return Ok(None);
        };
        let token = match byte {
            b'{' => Token::ObjectStart,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayStart,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => {
                self.at += 1;
                return Ok(Some(Token::String(self.string()?)));
            }
            _ => return Ok(Some(Token::Bare(self.bare()?))),
        };
        self.at += 1;
        Ok(Some(token))
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// Skips white space, the record separators of JSON text sequences (RFC 7464), and comments.
    fn skip_blanks(&mut self) -> Result<(), Broken> {
        loop {
            let rest = self.rest();
            let blanks = [' ', '\t', '\n', '\r', '\u{1e}', '\0'];
            self.at = self.source.len() - rest.trim_start_matches(blanks).len();
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/")
                    .ok_or_else(|| self.broken("an unfinished comment"))?
                    + 2
            } else {
                let odd = |c: char| c.is_whitespace() || c == '\u{feff}';
                rest.len() - rest.trim_start_matches(odd).len()
            };
            if length == 0 {
                return Ok(());
            }
            self.at += length;
            self.lenient += 1;
        }
    }

    /// The rest of a string after its opening quote.
    fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'));
            let end = end.ok_or_else(|| self.broken("an unfinished string"))?;
            let (plain, after) = rest.split_at(end);
            self.lenient += usize::from(plain.bytes().any(|byte| byte < 0x20));
            self.at += end + 1;
            if after.starts_with('"') {
                if text.is_empty() {
                    return Ok(Cow::Borrowed(plain));
                }
                text.push_str(plain);
                return Ok(Cow::Owned(text));
            }
            text.push_str(plain);
            let mut characters = after[1..].char_indices().peekable();
            self.escape(&mut characters, &mut text);
            self.at += characters.peek().map_or(after.len() - 1, |(at, _)| *at);
        }
    }

    /// Decodes an escape after its backslash.
    fn escape(&mut self, rest: &mut Peekable<CharIndices<'_>>, text: &mut String) {
        let Some((_, character)) = rest.next() else {
            return;
        };
        match character {
            '"' | '\\' | '/' => text.push(character),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => match hexadecimal(rest) {
                Some(unit) => self.unit(unit, rest, text),
                None => {
                    self.lenient += 1;
                    text.push_str("\\u");
                }
            },
            '\'' => {
                self.lenient += 1;
                text.push(character);
            }
            // Mostly a Windows path.
            other => {
                self.lenient += 1;
                text.extend(['\\', other]);
            }
        }
    }

    /// Decodes a UTF-16 unit, with the other half of a surrogate pair.
    fn unit(&mut self, unit: u16, rest: &mut Peekable<CharIndices<'_>>, text: &mut String) {
        let mut units = vec![unit];
        if matches!(unit, 0xd800..0xdc00) {
            let mut ahead = rest.clone();
            let low = (ahead.next_if(|(_, c)| *c == '\\'))
                .and_then(|_| ahead.next_if(|(_, c)| *c == 'u'))
                .and_then(|_| hexadecimal(&mut ahead));
            if let Some(low @ 0xdc00..0xe000) = low {
                units.push(low);
                *rest = ahead;
            }
        }
        for character in char::decode_utf16(units) {
            self.replaced += usize::from(character.is_err());
            text.push(character.unwrap_or('\u{fffd}'));
        }
    }

    /// A number or a word.
    fn bare(&mut self) -> Result<&'a str, Broken> {
        let rest = self.rest();
        let in_it = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let length = rest.len() - rest.trim_start_matches(in_it).len();
        let word = &rest[..length];
        if !(matches!(word, "null" | "true" | "false") || is_number(word)) {
            if !is_almost_number(word) {
                return Err(self.broken("neither a value nor a sign of JSON"));
            }
            self.lenient += 1;
        }
        self.at += length;
        Ok(word)
    }
}

/// Four hexadecimal digits; consumes nothing if there are fewer.
fn hexadecimal(rest: &mut Peekable<CharIndices<'_>>) -> Option<u16> {
    let mut ahead = rest.clone();
    let mut unit = 0;
    for _ in 0..4 {
        let (_, digit) = ahead.next()?;
        unit = unit << 4 | u16::try_from(digit.to_digit(16)?).ok()?;
    }
    *rest = ahead;
    Some(unit)
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len())
}

/// Whether a word is a JSON number.
fn is_number(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word);
    let (whole, rest) = digits(word);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("0", rest), digits);
    !whole.is_empty()
        && (whole == "0" || !whole.starts_with('0'))
        && !fraction.is_empty()
        && (rest.is_empty() || is_exponent(rest))
}

fn is_exponent(word: &str) -> bool {
    word.strip_prefix(['e', 'E']).is_some_and(|word| {
        let (digits, rest) = digits(word.strip_prefix(['+', '-']).unwrap_or(word));
        !digits.is_empty() && rest.is_empty()
    })
}

/// Whether a word is a number of JavaScript or JSON5.
fn is_almost_number(word: &str) -> bool {
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    if matches!(word, "NaN" | "Infinity") {
        return true;
    }
    if let Some(hexadecimal) = word.strip_prefix("0x").or(word.strip_prefix("0X")) {
        return !hexadecimal.is_empty() && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let (whole, rest) = digits(word);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
    !(whole.is_empty() && fraction.is_empty()) && (rest.is_empty() || is_exponent(rest))
}
