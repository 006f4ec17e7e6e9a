//! Parses `Content-Disposition` headers of form parts and whole bodies (RFC 6266, RFC 7578) leniently.
//!
//! Clients deviate from the RFCs: RFC 7578 forbids `filename*`, but Python's urllib3 sent it for years; mail libraries
//! write encoded words (RFC 2047); others send raw Latin-1 bytes or parameter names in upper case.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use percent_encoding::percent_decode_str;

/// The parameters of a header that describe a part.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Disposition {
    /// Name of the form's field.
    pub name: Option<String>,
    /// Name of the file; `filename*` takes precedence over `filename`.
    pub file_name: Option<String>,
}

impl Disposition {
    /// Parses a header's value.
    pub fn parse(value: &[u8]) -> Self {
        let text = match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode(value).0.into_owned(),
        };
        let (mut name, mut file_name) = (Parameter::default(), Parameter::default());
        for (key, value) in parameters(&text) {
            let (base, rest) = key
                .split_once('*')
                .map_or((&*key, None), |(b, r)| (b, Some(r)));
            let parameter = match base {
                "name" => &mut name,
                "filename" => &mut file_name,
                _ => continue,
            };
            parameter.add(rest, value);
        }
        Self {
            name: name.text(),
            file_name: file_name.text(),
        }
    }
}

/// The forms in which a parameter may be written.
#[derive(Default)]
struct Parameter {
    plain: Option<String>,
    /// RFC 8187.
    extended: Option<String>,
    /// Numbered parts (RFC 2231), each with a flag for percent-encoding.
    parts: Vec<(u32, bool, String)>,
}

impl Parameter {
    /// Adds a value; `rest` is the part of its name after the star.
    fn add(&mut self, rest: Option<&str>, value: String) {
        match rest {
            None => self.plain = Some(value),
            Some("") => self.extended = extended(&value),
            Some(number) => {
                let encoded = number.ends_with('*');
                if let Ok(number) = number.trim_end_matches('*').parse() {
                    self.parts.push((number, encoded, value));
                }
            }
        }
    }

    fn text(mut self) -> Option<String> {
        self.parts.sort_by_key(|(number, ..)| *number);
        let joined = match self.parts.first() {
            Some((0, true, _)) => {
                let values = self.parts.iter().map(|(_, _, value)| value.as_str());
                extended(&values.collect::<String>())
            }
            Some((0, false, _)) => Some(self.parts.iter().map(|(.., value)| &**value).collect()),
            _ => None,
        };
        let plain = self.plain.map(|plain| encoded_words(&plain));
        self.extended.or(joined).or(plain)
    }
}

/// The parameters of a header's value, with their names in lower case.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut rest = value;
    // The disposition type is ignored.
    while let Some((_, after)) = rest.split_once(';') {
        let Some((name, after)) = after.split_once('=') else {
            break;
        };
        // Skips parameters without a value.
        let name = name.rsplit(';').next().unwrap_or_default();
        let (value, after) = parameter(after.trim_start());
        all.push((name.trim().to_ascii_lowercase(), value));
        rest = after;
    }
    all
}

/// A parameter's value, quoted or not, and the rest of the text.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            // Only these two are escaped; a backslash before any other character belongs to a Windows path.
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            c => value.push(c),
        }
    }
    (value, "")
}

/// Decodes an RFC 8187 value: `UTF-8''caf%C3%A9.pdf`. Some clients omit the charset, or the apostrophes too; that is
/// UTF-8.
fn extended(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '\'');
    let (encoding, value) = match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(value)) if !charset.trim().is_empty() => {
            (Encoding::for_label(charset.as_bytes())?, value)
        }
        (_, _, Some(value)) => (UTF_8, value),
        _ => (UTF_8, text),
    };
    let bytes: Vec<u8> = percent_decode_str(value).collect();
    let (text, broken) = encoding.decode_without_bom_handling(&bytes);
    (!broken || encoding != UTF_8).then(|| text.into_owned())
}

/// Decodes the encoded words (RFC 2047) in a text: `=?utf-8?B?5paw5bu6LnR4dA==?=`.
fn encoded_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, after)) = encoded_word(from) else {
            decoded.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            after_word = false;
            continue;
        };
        // White space between two encoded words is not part of the text.
        if !(after_word && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        decoded.push_str(&word);
        rest = after;
        after_word = true;
    }
    decoded.push_str(rest);
    decoded
}

/// The encoded word at the start of a text, and the rest of the text.
fn encoded_word(text: &str) -> Option<(String, &str)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, form, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (content, after) = rest.split_once("?=")?;
    // A language may follow the charset (RFC 2231).
    let label = charset.split('*').next()?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    let bytes = match form {
        "B" | "b" => STANDARD_NO_PAD.decode(content.trim_end_matches('=')).ok()?,
        "Q" | "q" => {
            let percent = content
                .replace('%', "%25")
                .replace('=', "%")
                .replace('_', " ");
            percent_decode_str(&percent).collect()
        }
        _ => return None,
    };
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    Some((text.into_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_name(value: &str) -> Option<String> {
        Disposition::parse(value.as_bytes()).file_name
    }

    #[test]
    fn file_names_are_parsed_in_every_notation() {
        for (value, name) in [
            ("form-data; name=\"f\"; filename=\"a b.pdf\"", "a b.pdf"),
            ("attachment; filename=a.pdf", "a.pdf"),
            ("FORM-DATA; Name=\"f\"; FileName=\"offer.txt\"", "offer.txt"),
            (
                "form-data; filename=\"a\\\"b\\\\c;d=e.txt\"; name=\"f\"",
                "a\"b\\c;d=e.txt",
            ),
            ("form-data; filename=\"C:\\tmp\\a.txt\"", "C:\\tmp\\a.txt"),
            (
                "attachment; filename=\"e.pdf\"; filename*=UTF-8''caf%C3%A9.pdf",
                "café.pdf",
            ),
            (
                "attachment; filename*=utf-8'de'%E4%BC%9A%E8%AE%AE.txt; filename=x",
                "会议.txt",
            ),
            ("attachment; filename*=iso-8859-1''caf%E9.pdf", "café.pdf"),
            (
                "attachment; filename*=caf%C3%A9.pdf; filename=cafe.pdf",
                "café.pdf",
            ),
            ("attachment; filename*=''caf%C3%A9.pdf", "café.pdf"),
            ("attachment; filename*=\"''caf%C3%A9.pdf\"", "café.pdf"),
            ("attachment; filename*=it's%20late.pdf", "it's late.pdf"),
            ("attachment; filename*=caf%E9.pdf; filename=a.pdf", "a.pdf"),
            (
                "attachment; filename*0*=caf%C3; filename*1*=%A9.pdf",
                "café.pdf",
            ),
            (
                "attachment; filename*0*=UTF-8''%e4%bc; filename*1*=%9a.txt",
                "会.txt",
            ),
            (
                "attachment; filename*1=\"b.txt\"; filename*0=\"a \"",
                "a b.txt",
            ),
            (
                "form-data; filename=\"=?utf-8?B?5paw5bu6LnR4dA==?=\"",
                "新建.txt",
            ),
            (
                "form-data; filename=\"=?gb2312?b?1vfM4i50eHQ?=\"",
                "主题.txt",
            ),
            (
                "form-data; filename=\"=?ISO-8859-1?Q?M=E4rz_5%.pdf?=\"",
                "März 5%.pdf",
            ),
            (
                "form-data; filename=\"=?utf-8?Q?a?= =?utf-8?Q?b?= c\"",
                "ab c",
            ),
            ("form-data; filename=\"what=?.txt\"", "what=?.txt"),
            ("attachment; foo; filename=a", "a"),
            ("attachment; filename=\"open", "open"),
        ] {
            assert_eq!(file_name(value).as_deref(), Some(name), "{value}");
        }
        for value in [
            "",
            "inline",
            "form-data; name=\"f\"",
            "a; filename*=x''y",
            "a; filename*=UTF-8''%ff",
        ] {
            assert_eq!(file_name(value), None, "{value}");
        }
        let latin = Disposition::parse(b"form-data; name=file; filename=\"M\xe4rz.txt\"");
        assert_eq!(latin.name.as_deref(), Some("file"));
        assert_eq!(latin.file_name.as_deref(), Some("März.txt"));
    }
}
