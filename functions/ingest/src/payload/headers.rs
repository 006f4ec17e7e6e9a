//! Headers that describe a file sent as the body.

use dynrag_domain::{Error, Kind, Result, documents};
use http::{HeaderMap, HeaderValue, header};

use dynrag_api::disposition::Disposition;

/// Returns a header's text, which clients send as UTF-8.
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
            format!("{name} must be one value in UTF-8."),
        )),
    }
}

/// Returns the name of a file sent as the body.
pub(super) fn file_name(headers: &HeaderMap) -> Result<Option<String>> {
    let disposition = headers.get(header::CONTENT_DISPOSITION);
    let name = match disposition.and_then(|value| Disposition::parse(value.as_bytes()).file_name) {
        Some(name) => Some(name),
        None => text(headers, "x-file-name")?,
    };
    Ok(name.as_deref().and_then(documents::file_name))
}
