//! What headers say of a file that is sent as it is.

use dynrag_domain::{Error, Kind, Result};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;

use crate::fields;

/// A header's text, which clients send as UTF-8.
pub(super) fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let utf8 = |value: &HeaderValue| {
        String::from_utf8(value.as_bytes().to_vec()).map(|text| text.trim().to_owned())
    };
    match (values.next().map(utf8), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        _ => Err(Error::new(
            Kind::Malformed,
            "invalid_header",
            format!("{name} is one value in UTF-8."),
        )),
    }
}

/// The name of a file sent as it is.
pub(super) fn file_name(headers: &HeaderMap) -> Result<Option<String>> {
    let disposition = text(headers, header::CONTENT_DISPOSITION.as_str())?;
    let name = match disposition.as_deref().and_then(disposed) {
        Some(name) => Some(name),
        None => text(headers, "x-file-name")?,
    };
    Ok(name.as_deref().and_then(fields::file_name))
}

/// The file's name in a `Content-Disposition` (RFC 6266): `filename*` before `filename`.
pub(super) fn disposed(value: &str) -> Option<String> {
    let (mut plain, mut extended) = (None, None);
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (text, after) = parameter(after.trim_start());
        match name.trim().to_ascii_lowercase().as_str() {
            "filename" => plain = Some(text),
            "filename*" => extended = decoded(&text),
            _ => {}
        }
        match after.split_once(';') {
            Some((_, more)) if more.contains('=') => rest = more,
            _ => return extended.or(plain),
        }
    }
}

/// A parameter's value, quoted or not, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '"' if !escaped => return (value, &quoted[at + 1..]),
            '\\' if !escaped => escaped = true,
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

/// RFC 8187: `UTF-8''caf%C3%A9.pdf`.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '\'');
    let (charset, _, value) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let text = percent_decode_str(value).decode_utf8().ok()?;
    Some(text.into_owned())
}
