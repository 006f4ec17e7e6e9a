//! Reads header fields with parameters, Content-Type and Content-Disposition (RFC 2045, RFC 2183, RFC 2231).

use dynrag_domain::warnings::Warnings;
use encoding_rs::Encoding;

use super::{charset, transfer, words};

/// Most parameters of a field.
const MAX_PARAMETERS: usize = 200;

/// A piece of a parameter: `name*2*=value`.
struct Piece {
    name: String,
    /// Its number, if the parameter is split into pieces.
    number: Option<u32>,
    /// Whether the value is percent-encoded; the first piece then names the charset.
    encoded: bool,
    value: Vec<u8>,
}

/// A value and its parameters.
#[derive(Default)]
pub struct Field {
    /// In lower case: `text/plain`.
    pub value: String,
    pieces: Vec<Piece>,
}

impl Field {
    /// Parses the raw value of a field.
    pub fn parse(raw: &[u8]) -> Self {
        let (value, mut rest) = until_semicolon(raw);
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        // For example `text/plain charset=utf-8`, or a comment.
        let value = value.split([' ', '\t', '(']).next().unwrap_or_default();
        let mut field = Self {
            value: value.trim_matches('"').to_owned(),
            pieces: Vec::new(),
        };
        while !rest.is_empty() && field.pieces.len() < MAX_PARAMETERS {
            let (part, after) = until_semicolon(rest);
            rest = after;
            if let Some(at) = part.iter().position(|byte| *byte == b'=') {
                let name = String::from_utf8_lossy(part[..at].trim_ascii()).to_ascii_lowercase();
                field
                    .pieces
                    .push(piece(&name, unquoted(part[at + 1..].trim_ascii())));
            }
        }
        field
    }

    /// The bytes of an unencoded parameter: a boundary, a charset.
    pub fn plain(&self, name: &str) -> Option<&[u8]> {
        let piece = self.pieces.iter().find(|piece| piece.name == name)?;
        Some(&piece.value)
    }

    /// A short parameter in lower case.
    pub fn token(&self, name: &str) -> Option<String> {
        let value = String::from_utf8_lossy(self.plain(name)?);
        Some(value.trim().to_ascii_lowercase())
    }

    /// The text of a parameter, in any number of pieces and any encoding.
    pub fn text(
        &self,
        name: &str,
        eight_bit: Option<&'static Encoding>,
        warnings: &mut Warnings,
    ) -> Option<String> {
        let mut pieces: Vec<&Piece> = self
            .pieces
            .iter()
            .filter(|piece| piece.name == name)
            .collect();
        let whole = |piece: &Piece| piece.number.is_none() && !piece.encoded;
        // The RFC 2231 form takes precedence over the plain one.
        if pieces.iter().any(|piece| !whole(piece)) {
            pieces.retain(|piece| !whole(piece));
            pieces.sort_by_key(|piece| piece.number);
        } else {
            return Some(words::text(&pieces.first()?.value, eight_bit, warnings));
        }
        let (mut label, mut bytes) = (None, Vec::new());
        for (place, piece) in pieces.iter().enumerate() {
            let mut value = piece.value.as_slice();
            if piece.encoded && place == 0 {
                let mut parts = value.splitn(3, |byte| *byte == b'\'');
                if let (Some(first), Some(_), Some(rest)) =
                    (parts.next(), parts.next(), parts.next())
                {
                    label = Some(String::from_utf8_lossy(first).into_owned());
                    value = rest;
                }
            }
            if piece.encoded {
                bytes.append(&mut transfer::percent(value));
            } else {
                bytes.extend_from_slice(value);
            }
        }
        let text = charset::decode(
            &bytes,
            label.as_deref().filter(|label| !label.is_empty()),
            warnings,
        );
        Some(words::words(&text, warnings))
    }
}

fn piece(name: &str, value: Vec<u8>) -> Piece {
    let (name, encoded) = match name.strip_suffix('*') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (name, number) = match name.split_once('*') {
        Some((name, number)) => (name, Some(number.parse().unwrap_or(u32::MAX))),
        None => (name, None),
    };
    Piece {
        name: name.to_owned(),
        number,
        encoded,
        value,
    }
}

/// Splits at the first `;` outside of quotes.
fn until_semicolon(raw: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in raw.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return (&raw[..at], &raw[at + 1..]),
            _ => {}
        }
    }
    (raw, &[])
}

/// The value without its quotes, or without a trailing comment.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else {
        let end = value.windows(2).position(|two| two == b" (");
        return value[..end.unwrap_or(value.len())].to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'"', _) => break,
            // Some clients write Windows paths, so a backslash escapes only quotes and backslashes.
            (b'\\', [next @ (b'"' | b'\\'), after @ ..]) => {
                out.push(*next);
                rest = after;
            }
            _ => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(raw: &str) -> Option<String> {
        Field::parse(raw.as_bytes()).text("filename", None, &mut Warnings::default())
    }

    #[test]
    fn file_names_of_every_notation() {
        for (raw, text) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            ("attachment; filename=my file.pdf ; size=3", "my file.pdf"),
            ("attachment; filename=\"a;\\\"b\\\".pdf\"", "a;\"b\".pdf"),
            (
                "attachment; filename*=utf-8''%e2%82%ac%20rates.pdf; filename=x.pdf",
                "€ rates.pdf",
            ),
            (
                "attachment; filename*0*=gb2312'zh'%BD%BB; filename*1*=%BB%F5; filename*2=.doc",
                "交货.doc",
            ),
            (
                "attachment; filename*1=\"b.doc\"; filename*0=\"a\"",
                "ab.doc",
            ),
            (
                "attachment; filename=\"=?iso-8859-1?Q?M=E4rz.pdf?=\"",
                "März.pdf",
            ),
            ("attachment; filename=\"März.pdf\"", "März.pdf"),
        ] {
            assert_eq!(name(raw).as_deref(), Some(text), "{raw}");
        }
        assert_eq!(name("attachment; filename"), None);
    }

    #[test]
    fn types() {
        let field = Field::parse(
            b"Text/HTML; charset=\"UTF-8\" ; format=Flowed (really); boundary=\"a;b\"",
        );
        assert_eq!(field.value, "text/html");
        assert_eq!(field.token("charset").as_deref(), Some("utf-8"));
        assert_eq!(field.token("format").as_deref(), Some("flowed"));
        assert_eq!(field.plain("boundary"), Some(b"a;b".as_slice()));
    }

    #[test]
    fn parameters_have_an_end() {
        let field = Field::parse(format!("text/plain{}", "; a=b".repeat(1_000)).as_bytes());
        assert_eq!(field.pieces.len(), MAX_PARAMETERS);
    }
}
