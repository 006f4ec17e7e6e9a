//! Fields given as text in forms, queries and headers, and external ids.

use dynrag_app::documents::Description;
use dynrag_domain::{
    Error, Result, document_passwords::DocumentPassword, documents::MAX_EXTERNAL_ID,
    metadata::Metadata,
};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use utoipa::openapi::{
    OneOfBuilder, RefOr, Schema,
    schema::{ObjectBuilder, Type},
};

/// Deserializes an `externalId`, a string or a number. A number is kept as text, digit for digit.
pub(crate) fn external_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<Box<RawValue>>::deserialize(deserializer)?
        .map(|raw| external_id_text(&raw).ok_or_else(|| de::Error::custom("a string or a number")))
        .transpose()
}

/// The text of an `externalId`; `None` if it is neither a string nor a number.
pub(crate) fn external_id_text(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes() {
        [b'"', ..] => serde_json::from_str(raw.get()).ok(),
        [b'-' | b'0'..=b'9', ..] => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// The OpenAPI schema of an `externalId`.
pub(crate) fn external_id_schema() -> RefOr<Schema> {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_EXTERNAL_ID));
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let either = OneOfBuilder::new().item(text).item(number);
    either
        .description(Some(
            "The customer's own id of the document. A number is stored as its text.",
        ))
        .into()
}

/// Sets a field of a description from text. Returns false if there is no such field.
///
/// # Errors
/// `invalid_fields` if the text cannot be parsed.
pub(crate) fn set(description: &mut Description, name: &str, text: String) -> Result<bool> {
    match name {
        "title" => description.title = Some(text),
        "externalId" => description.external_id = Some(text),
        "metadata" => {
            let parsed = Metadata::parse(&text);
            let wrong = || Error::field("/metadata", "a JSON object");
            description.metadata = Some(parsed.ok_or_else(wrong)?);
        }
        "password" => description.password = Some(DocumentPassword::parse(text)?),
        "onDuplicate" => {
            description.on_duplicate = serde_json::from_value(text.into())
                .map_err(|_| Error::field("/onDuplicate", "skip or newVersion"))?;
        }
        "chunking" => {
            let parsed = serde_json::from_str(&text)
                .map_err(|e| Error::field("/chunking", format!("a JSON object: {e}")))?;
            description.chunking = Some(parsed);
        }
        "includeHidden" => {
            let parsed = text
                .parse()
                .map_err(|_| Error::field("/includeHidden", "true or false"))?;
            description.extraction.include_hidden = Some(parsed);
        }
        "attachments" => {
            let parsed = text
                .parse()
                .map_err(|_| Error::field("/attachments", "true or false"))?;
            description.extraction.attachments = Some(parsed);
        }
        "collectionId" => {
            let parsed = text
                .parse()
                .map_err(|_| Error::field("/collectionId", "the id of a collection"))?;
            description.collection_id = Some(parsed);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use dynrag_domain::documents::OnDuplicate;

    use super::*;

    #[test]
    fn every_field_of_a_description_can_be_set_as_text() {
        let mut description = Description::default();
        for (name, text) in [
            ("title", "T"),
            ("externalId", "7"),
            ("metadata", r#"{"a": 1}"#),
            ("onDuplicate", "newVersion"),
            ("chunking", r#"{"size": 200, "overlap": 0}"#),
            ("collectionId", "01936f6e-3c00-7000-8000-000000000040"),
            ("includeHidden", "true"),
            ("attachments", "true"),
            ("password", "opens it"),
        ] {
            assert!(
                set(&mut description, name, text.to_owned()).unwrap(),
                "{name}"
            );
        }
        assert_eq!(description.chunking.unwrap().size, 200);
        assert_eq!(description.password.as_ref().unwrap().expose(), "opens it");
        assert_eq!(description.on_duplicate, OnDuplicate::NewVersion);
        let collection = description.collection_id.unwrap().to_string();
        assert_eq!(collection, "01936f6e-3c00-7000-8000-000000000040");
        assert!(!set(&mut description, "colour", "red".to_owned()).unwrap());
        assert_eq!(description.extraction.include_hidden, Some(true));
        assert_eq!(description.extraction.attachments, Some(true));
        for name in [
            "metadata",
            "onDuplicate",
            "chunking",
            "collectionId",
            "includeHidden",
            "attachments",
        ] {
            let error = set(&mut description, name, "{".to_owned()).unwrap_err();
            assert_eq!(error.fields()[0].pointer, format!("/{name}"));
        }
    }

    #[test]
    fn an_external_id_may_be_a_number() {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default, deserialize_with = "external_id")]
            id: Option<String>,
        }
        let read = |json: &str| serde_json::from_str::<Body>(json).map(|body| body.id);
        for (json, id) in [
            (r#"{"id":"a\u00e9"}"#, Some("aé")),
            (r#"{"id":9007199254740993}"#, Some("9007199254740993")),
            (
                r#"{"id":123456789012345678901}"#,
                Some("123456789012345678901"),
            ),
            (r#"{"id":-1.10}"#, Some("-1.10")),
            (r#"{"id":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(read(json).unwrap().as_deref(), id, "{json}");
        }
        for json in [r#"{"id":true}"#, r#"{"id":[1]}"#, r#"{"id":{}}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
