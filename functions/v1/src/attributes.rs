//! Attributes of a file: the texts, numbers and truth values of the document's metadata. Its lists and objects stay as they are.

use std::collections::BTreeMap;

use dynrag_domain::{Error, Result, metadata::Metadata};
use serde_json::{Value, value::RawValue};

/// Most attributes, and the longest name and text of one, in characters.
const MAX_ATTRIBUTES: usize = 16;
const MAX_KEY: usize = 64;
const MAX_TEXT: usize = 512;

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, Value>;

fn is_attribute(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// Checks attributes as they are sent.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn check(attributes: &Attributes, pointer: &str) -> Result<()> {
    let is_short = |text: &str, most: usize| text.chars().count() <= most && !text.contains('\0');
    let are_right = attributes.iter().all(|(key, value)| {
        let is_right = value.as_str().is_none_or(|text| is_short(text, MAX_TEXT));
        !key.is_empty() && is_short(key, MAX_KEY) && is_attribute(value) && is_right
    });
    match attributes.len() <= MAX_ATTRIBUTES && are_right {
        true => Ok(()),
        false => Err(Error::field(
            pointer,
            format!(
                "at most {MAX_ATTRIBUTES} texts of at most {MAX_TEXT} characters, numbers or truth values, by names of 1 to {MAX_KEY} \
                 characters"
            ),
        )),
    }
}

/// The members of a document's metadata.
fn members(metadata: &Metadata) -> BTreeMap<String, Box<RawValue>> {
    serde_json::from_str(metadata.as_str()).unwrap_or_default()
}

/// The attributes of a document.
pub(crate) fn of(metadata: &Metadata) -> Attributes {
    let values = members(metadata).into_iter().filter_map(|(key, value)| {
        let value = serde_json::from_str(value.get()).ok()?;
        is_attribute(&value).then_some((key, value))
    });
    values.collect()
}

/// A document's metadata with other attributes. What stays keeps every digit.
pub(crate) fn replaced(metadata: &Metadata, attributes: &Attributes) -> Metadata {
    let stays = |value: &RawValue| match serde_json::from_str::<Value>(value.get()) {
        Ok(value) => !is_attribute(&value),
        Err(_) => true,
    };
    let mut all = members(metadata);
    all.retain(|_, value| stays(value));
    let given = attributes.iter().filter_map(|(key, value)| {
        let value = serde_json::value::to_raw_value(value).ok()?;
        Some((key.clone(), value))
    });
    all.extend(given);
    let text = serde_json::to_string(&all).ok();
    text.and_then(|text| Metadata::parse(&text))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes(value: Value) -> Attributes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn lists_and_objects_are_no_attributes_and_stay() {
        let metadata: Metadata =
            json!({"a": 1, "b": ["x"], "c": {"d": 1}, "e": null, "f": "t"}).into();
        assert_eq!(of(&metadata), attributes(json!({"a": 1, "f": "t"})));
        let changed = replaced(&metadata, &attributes(json!({"g": true})));
        let changed: Value = serde_json::from_str(changed.as_str()).unwrap();
        assert_eq!(
            changed,
            json!({"b": ["x"], "c": {"d": 1}, "e": null, "g": true})
        );
    }

    #[test]
    fn what_stays_keeps_every_digit() {
        let metadata = Metadata::parse(r#"{"ids": [12345678901234567890123], "n": 1}"#).unwrap();
        let changed = replaced(&metadata, &attributes(json!({"k": "v"})));
        assert_eq!(
            changed.as_str(),
            r#"{"ids":[12345678901234567890123],"k":"v"}"#
        );
    }

    #[test]
    fn attributes_are_few_and_short() {
        assert!(
            check(
                &attributes(json!({"a": "x".repeat(512), "b": 1.5, "c": false})),
                "/attributes"
            )
            .is_ok()
        );
        for bad in [
            json!({"a": "x".repeat(513)}),
            json!({"a": []}),
            json!({"a": null}),
            json!({"": 1}),
            json!({"a": "x\u{0}"}),
        ] {
            let error = check(&attributes(bad), "/attributes").unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/attributes");
        }
        let many = (0..17).map(|n| (n.to_string(), json!(n))).collect();
        assert!(check(&many, "/attributes").is_err());
    }
}
