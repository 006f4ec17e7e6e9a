//! Splits an email or a part into header fields and body (RFC 5322, section 2).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// Most header fields; more occur only in malicious emails.
const MAX_FIELDS: usize = 2_000;

/// The header fields of an email or part: names in lower case, values unfolded.
#[derive(Default)]
pub struct Headers {
    fields: Vec<(String, Vec<u8>)>,
}

impl Headers {
    /// The value of the first field with this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }

    /// The values of all fields with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_slice())
    }

    /// Field values with non-ASCII bytes.
    pub fn beyond_ascii(&self) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .map(|(_, value)| value.as_slice())
            .filter(|value| !value.is_ascii())
    }
}

/// Normalizes an email: removes a byte order mark and leading blank lines, converts UTF-16, and replaces bare CR line
/// ends.
pub fn unified(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut mail = match Encoding::for_bom(bytes) {
        Some((encoding, length)) if encoding == UTF_8 => Cow::Borrowed(&bytes[length..]),
        Some((encoding, _)) => Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes),
    };
    if !mail.contains(&b'\n') {
        let lines = mail
            .iter()
            .map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
        mail = Cow::Owned(lines.collect());
    }
    let blank = mail.len() - mail.trim_ascii_start().len();
    match mail {
        Cow::Borrowed(mail) => Cow::Borrowed(&mail[blank..]),
        Cow::Owned(mut mail) => {
            mail.drain(..blank);
            Cow::Owned(mail)
        }
    }
}

/// Splits into header and body. Lines that are not fields, such as the `From ` line of a mailbox, are skipped; a part
/// that begins with such a line has no header.
pub fn split(bytes: &[u8], is_part: bool) -> (Headers, &[u8]) {
    let mut headers = Headers::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return (headers, after);
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) = headers.fields.last_mut() {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
        } else if let Some((name, value)) = field(line) {
            if headers.fields.len() < MAX_FIELDS {
                headers.fields.push((name, value.to_vec()));
            }
        } else if is_part && headers.fields.is_empty() {
            return (headers, bytes);
        }
        rest = after;
    }
    (headers, rest)
}

fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let named = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = named.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())?;
    Some((name, line[colon + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_header() {
        for before in [
            "",
            "\u{feff}",
            "\r\n \r\n",
            "From ada@x Fri Nov 20 09:30:00 2026\n",
            "\u{feff}\n>From x\n",
        ] {
            let mail =
                format!("{before}From: a@x\nSubject: one\n\ttwo\nbroken line\nTo : b@x\n\nBody\n");
            let mail = unified(mail.as_bytes()).into_owned();
            let (headers, body) = split(&mail, false);
            assert_eq!(headers.get("from"), Some(b"a@x".as_slice()), "{before:?}");
            assert_eq!(headers.get("subject"), Some(b"one two".as_slice()));
            assert_eq!(headers.get("to"), Some(b"b@x".as_slice()));
            assert_eq!(body, b"Body\n");
        }
    }

    #[test]
    fn bare_line_ends_and_sixteen_bits() {
        let mail = unified(b"From: a@x\rTo: b@x\r\rBody").into_owned();
        let (headers, body) = split(&mail, false);
        assert_eq!(headers.get("to"), Some(b"b@x".as_slice()));
        assert_eq!(body, b"Body");
        assert_eq!(&*unified(b"\xff\xfeF\0:\0a\0"), b"F:a");
        assert_eq!(
            split(b"no header\n\nat all", true).1,
            b"no header\n\nat all"
        );
    }

    #[test]
    fn fields_have_an_end() {
        let source = "x: y\n".repeat(5_000);
        let (headers, body) = split(source.as_bytes(), false);
        assert_eq!((headers.all("x").count(), body.len()), (MAX_FIELDS, 0));
    }
}
