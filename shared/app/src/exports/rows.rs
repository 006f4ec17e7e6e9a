//! Rows of an export as lines of JSON, with the names and forms of the API.

use std::collections::BTreeMap;

use dynrag_domain::{
    Error, Result,
    documents::{FailureCode, Format},
    money::Usd,
};
use serde_json::value::{RawValue, to_raw_value};

/// A line's members by name. Values are JSON text, so that numbers keep their digits.
type Line = BTreeMap<String, Box<RawValue>>;

/// `document_versions` → `documentVersions`.
pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

/// Writes a row as a line, without the line break. Nulls are left out.
///
/// # Errors
/// `internal_error` for a row that is not an object.
pub(super) fn line(table: &str, row: &str) -> Result<String> {
    let columns: Line = serde_json::from_str(row).map_err(Error::internal_fault)?;
    let mut members = Line::new();
    for (column, value) in columns {
        if value.get() != "null" {
            let (name, value) = member(&column, value)?;
            members.insert(name, value);
        }
    }
    if table == "documents" {
        describe(&mut members)?;
    }
    serde_json::to_string(&members).map_err(Error::internal_fault)
}

/// Returns a column's name and value in the API's form.
fn member(column: &str, value: Box<RawValue>) -> Result<(String, Box<RawValue>)> {
    let name = camel_case(column);
    if let Some(cost) = name.strip_suffix("nanoUsd") {
        let nanos: i64 = serde_json::from_str(value.get()).map_err(Error::internal_fault)?;
        return Ok((format!("{cost}costUsd"), raw(&Usd::from_nanos(nanos))?));
    }
    let text = value.get();
    // Postgres' notation of bytes and times.
    if let Some(hex) = text
        .strip_prefix("\"\\\\x")
        .and_then(|hex| hex.strip_suffix('"'))
        .filter(|_| column.ends_with("_hash"))
    {
        return Ok((name, raw(&hex)?));
    }
    let moment = ["at", "until", "since"].contains(&column.rsplit('_').next().unwrap_or_default());
    if let Some(at) = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix("+00:00\""))
        .filter(|_| moment)
    {
        return Ok((name, raw(&format!("{at}Z"))?));
    }
    Ok((name, value))
}

/// Adds the members that the API derives from a document's columns.
fn describe(document: &mut Line) -> Result<()> {
    if let Some(format) = text(document, "format") {
        let format: Format = format.parse()?;
        document.insert("contentType".to_owned(), raw(&format.media_type())?);
    }
    if let Some(code) = text(document, "code") {
        let code: FailureCode = code.parse()?;
        document.insert("reason".to_owned(), raw(&code.sentence())?);
    }
    Ok(())
}

fn text(line: &Line, name: &str) -> Option<String> {
    serde_json::from_str(line.get(name)?.get()).ok()
}

fn raw(value: &impl serde::Serialize) -> Result<Box<RawValue>> {
    to_raw_value(value).map_err(Error::internal_fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_names_and_formats_of_the_api() {
        let row = r#"{"customer_id": "c", "format": "pdf", "code": "no_text_layer", "deleted_at": null,
            "metadata": {"snake_case": 1.10, "n": null}, "content_hash": "\\x00ff", "nano_usd": 1500000000,
            "created_at": "2026-11-21T09:30:00.5+00:00", "title": "ends in +00:00"}"#;
        let sentence = FailureCode::NoTextLayer.sentence();
        let expected = format!(
            "{{\"code\":\"no_text_layer\",\"contentHash\":\"00ff\",\"contentType\":\"application/pdf\",\
             \"costUsd\":\"1.5\",\"createdAt\":\"2026-11-21T09:30:00.5Z\",\"customerId\":\"c\",\"format\":\"pdf\",\
             \"metadata\":{{\"snake_case\": 1.10, \"n\": null}},\"reason\":{},\"title\":\"ends in +00:00\"}}",
            serde_json::to_string(sentence).unwrap()
        );
        assert_eq!(line("documents", row).unwrap(), expected);
        assert_eq!(camel_case("document_versions"), "documentVersions");
        assert_eq!(camel_case("users"), "users");
    }
}
