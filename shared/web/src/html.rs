//! Start tags of an HTML page, in one pass.
//!
//! Not a parser: links need no tree. Building one takes quadratic time on hostile pages (deep
//! nesting; thousands of attributes in one tag), and here the page is read in the process that
//! fetched it, not in the extractor's sandbox. Each byte is read a fixed number of times.

/// A start tag, with the attributes that say something about links.
#[derive(Debug, Default)]
pub(crate) struct Tag<'a> {
    /// As written, in any letter case.
    pub(crate) name: &'a [u8],
    href: Option<&'a [u8]>,
    rel: Option<&'a [u8]>,
    meta_name: Option<&'a [u8]>,
    content: Option<&'a [u8]>,
}

impl<'a> Tag<'a> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    pub(crate) fn href(&self) -> Option<String> {
        self.href.map(decode)
    }

    /// Whether a word is among those of `rel`.
    pub(crate) fn has_rel(&self, word: &str) -> bool {
        let mut words = self.rel.unwrap_or_default().split(u8::is_ascii_whitespace);
        words.any(|rel| rel.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// `name` and `content` of a `<meta>`.
    pub(crate) fn meta(&self) -> Option<(String, String)> {
        self.meta_name.map(decode).zip(self.content.map(decode))
    }

    fn set(&mut self, name: &[u8], value: &'a [u8]) {
        let slot = match name.to_ascii_lowercase().as_slice() {
            b"href" => &mut self.href,
            b"rel" => &mut self.rel,
            b"name" => &mut self.meta_name,
            b"content" => &mut self.content,
            _ => return,
        };
        // The first of an attribute given twice counts.
        slot.get_or_insert(value);
    }
}

/// Elements whose content is text, not tags.
const RAW: &[&str] = &[
    "iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp",
];

/// The start tags of a page, in order.
pub(crate) struct Tags<'a> {
    rest: &'a [u8],
}

impl<'a> Tags<'a> {
    pub(crate) fn of(page: &'a [u8]) -> Self {
        Self { rest: page }
    }

    /// Moves behind the first occurrence of a text, or to the end.
    fn skip_past(&mut self, text: &[u8]) {
        let at = self.rest.windows(text.len()).position(|w| w == text);
        self.rest = at.map_or(&[], |at| &self.rest[at + text.len()..]);
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take_until(&mut self, end: impl Fn(u8) -> bool) -> &'a [u8] {
        let at = self.rest.iter().position(|byte| end(*byte));
        let (taken, rest) = self.rest.split_at(at.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn skip_comment(&mut self) {
        // `<!-->` and `<!--->` are whole comments.
        if let [b'>', rest @ ..] | [b'-', b'>', rest @ ..] = self.rest {
            self.rest = rest;
            return;
        }
        while !self.rest.is_empty() {
            self.skip_past(b"--");
            // `--->` ends with its last two dashes.
            self.take_until(|b| b != b'-');
            if let [b'>', rest @ ..] | [b'!', b'>', rest @ ..] = self.rest {
                self.rest = rest;
                return;
            }
        }
    }

    /// Reads a tag behind its `<` or `</`; nothing where the page ends within.
    fn tag(&mut self) -> Option<Tag<'a>> {
        let name = self.take_until(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        let mut tag = Tag {
            name,
            ..Tag::default()
        };
        loop {
            self.skip_space();
            match self.rest {
                [] => return None,
                [b'>', rest @ ..] => {
                    self.rest = rest;
                    return Some(tag);
                }
                [b'/', rest @ ..] => self.rest = rest,
                _ => {
                    let (name, value) = self.attribute()?;
                    tag.set(name, value);
                }
            }
        }
    }

    fn attribute(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let start = self.rest;
        // A leading `=` belongs to the name.
        self.rest = start.get(1..)?;
        self.take_until(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='));
        let name = &start[..start.len() - self.rest.len()];
        self.skip_space();
        let [b'=', rest @ ..] = self.rest else {
            return Some((name, b""));
        };
        self.rest = rest;
        self.skip_space();
        let value = match self.rest {
            [quote @ (b'"' | b'\''), rest @ ..] => {
                self.rest = rest;
                let value = self.take_until(|b| b == *quote);
                self.rest = self.rest.get(1..)?;
                value
            }
            _ => self.take_until(|b| b.is_ascii_whitespace() || b == b'>'),
        };
        Some((name, value))
    }

    /// Moves to the end tag of a raw element, or to the end.
    fn skip_raw(&mut self, name: &[u8]) {
        while !self.rest.is_empty() {
            self.skip_past(b"</");
            if let Some((start, after)) = self.rest.split_at_checked(name.len())
                && start.eq_ignore_ascii_case(name)
                && after
                    .first()
                    .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
            {
                // An end tag may have attributes too.
                self.tag();
                return;
            }
        }
    }
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            self.take_until(|b| b == b'<');
            match self.rest {
                [] => return None,
                [b'<', b'!', b'-', b'-', rest @ ..] => {
                    self.rest = rest;
                    self.skip_comment();
                }
                [b'<', b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                    self.rest = &self.rest[2..];
                    self.tag()?;
                }
                [b'<', b'!' | b'?' | b'/', rest @ ..] => {
                    self.rest = rest;
                    self.skip_past(b">");
                }
                [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                    self.rest = &self.rest[1..];
                    let tag = self.tag()?;
                    if tag.is("plaintext") {
                        self.rest = &[];
                    } else if RAW.iter().any(|name| tag.is(name)) {
                        self.skip_raw(tag.name);
                    }
                    return Some(tag);
                }
                [_, rest @ ..] => self.rest = rest,
            }
        }
    }
}

/// An attribute's value with its character references resolved: numeric ones, and the five names
/// that matter in URLs. Other names stay as they are: `&copy=1` is more often a query than a
/// copyright sign.
fn decode(value: &[u8]) -> String {
    let value = String::from_utf8_lossy(value);
    let mut pieces = value.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let known = piece
            .split_once(';')
            .and_then(|(name, rest)| Some((reference(name)?, rest)));
        match known {
            Some((character, rest)) => {
                text.push(character);
                text.push_str(rest);
            }
            None => {
                text.push('&');
                text.push_str(piece);
            }
        }
    }
    text
}

fn reference(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let number = match code.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(number.ok()?).filter(|c| *c != '\0')
}
