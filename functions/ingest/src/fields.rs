//! The fields that every way in has, and their rules.

use dynrag_domain::{
    CollectionId, Error, FieldError, Kind, Result,
    config::{Chunking, CustomerConfig},
    document_passwords::DocumentPassword,
    documents::{FailureCode, Format, MAX_EXTERNAL_ID, MAX_TITLE, OnDuplicate, Reading},
    metadata::Metadata,
};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::{
    OneOfBuilder, RefOr, Schema,
    schema::{ObjectBuilder, Type},
};

/// What describes a document, beside its content.
#[derive(Default)]
pub(crate) struct Description {
    pub(crate) title: Option<String>,
    /// The title if neither the caller nor the file names one. It never renames an existing document.
    pub(crate) fallback_title: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) on_duplicate: OnDuplicate,
    pub(crate) chunking: Option<Chunking>,
    pub(crate) collection_id: Option<CollectionId>,
    pub(crate) reading: Reading,
    /// Of a PDF that wants one; a field of forms, not of texts.
    pub(crate) password: Option<DocumentPassword>,
}

/// Reads an `externalId`, a string or a number. A number is kept as text, digit for digit.
pub(crate) fn external_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::<Box<RawValue>>::deserialize(deserializer)?
        .map(|raw| external_id_text(&raw).ok_or_else(|| de::Error::custom("text or a number")))
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
        .description(Some("The caller's own id. A number is its text."))
        .into()
}

impl Description {
    /// Takes a field as text. False where there is no such field.
    ///
    /// # Errors
    /// `invalid_fields` where the text cannot be read.
    pub(crate) fn set(&mut self, name: &str, text: String) -> Result<bool> {
        match name {
            "title" => self.title = Some(text),
            "externalId" => self.external_id = Some(text),
            "metadata" => {
                let parsed = Metadata::parse(&text);
                let wrong = || Error::field("/metadata", "an object in JSON");
                self.metadata = Some(parsed.ok_or_else(wrong)?);
            }
            "password" => self.password = Some(DocumentPassword::parse(text)?),
            "onDuplicate" => {
                self.on_duplicate = serde_json::from_value(text.into())
                    .map_err(|_| Error::field("/onDuplicate", "skip or newVersion"))?;
            }
            "chunking" => {
                let parsed = serde_json::from_str(&text)
                    .map_err(|e| Error::field("/chunking", format!("an object in JSON: {e}")))?;
                self.chunking = Some(parsed);
            }
            "includeHidden" => {
                let parsed = text
                    .parse()
                    .map_err(|_| Error::field("/includeHidden", "true or false"))?;
                self.reading.include_hidden = Some(parsed);
            }
            "attachments" => {
                let parsed = text
                    .parse()
                    .map_err(|_| Error::field("/attachments", "true or false"))?;
                self.reading.attachments = Some(parsed);
            }
            "collectionId" => {
                let parsed = text
                    .parse()
                    .map_err(|_| Error::field("/collectionId", "the id of a collection"))?;
                self.collection_id = Some(parsed);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks all fields at once, trims the title and normalizes it to NFC.
    ///
    /// # Errors
    /// `invalid_fields` with a pointer to each bad one.
    pub(crate) fn check(mut self) -> Result<Self> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        self.title = self.title.map(|title| title.trim().nfc().collect());
        if let Some(title) = &self.title
            && (title.is_empty()
                || title.chars().count() > MAX_TITLE
                || title.contains(char::is_control))
        {
            bad(
                "/title",
                format!("from 1 to {MAX_TITLE} characters, none of them a control character"),
            );
        }
        if let Some(id) = &self.external_id
            && (id.is_empty()
                || id.chars().count() > MAX_EXTERNAL_ID
                || id.contains(char::is_control))
        {
            bad(
                "/externalId",
                format!("from 1 to {MAX_EXTERNAL_ID} characters, none of them a control character"),
            );
        }
        if let Some(Err(rule)) = self.metadata.as_ref().map(Metadata::check) {
            bad("/metadata", rule);
        }
        if let Some(Err(wrong)) = self.chunking.map(|chunking| chunking.check("/chunking")) {
            fields.extend(wrong);
        }
        if fields.is_empty() {
            Ok(self)
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

/// Refuses a format the customer's configuration does not allow.
pub(crate) fn check_format(config: &CustomerConfig, format: Format) -> Result<Format> {
    if config.allows(format) {
        Ok(format)
    } else {
        Err(unsupported(config, &format!("type {}", format.as_str())))
    }
}

/// The refusal of a type, which says what is accepted.
pub(crate) fn unsupported(config: &CustomerConfig, what: &str) -> Error {
    let readable: Vec<&str> = Format::ALL
        .into_iter()
        .filter(|format| config.allows(*format))
        .map(Format::as_str)
        .collect();
    Error::new(
        Kind::UnsupportedType,
        FailureCode::UnsupportedType.as_str(),
        format!(
            "The {what} is not accepted. Send one of: {}.",
            readable.join(", ")
        ),
    )
}

/// Refuses a size the customer's configuration does not allow, and zero.
pub(crate) fn check_size(config: &CustomerConfig, bytes: u64) -> Result<()> {
    if bytes == 0 {
        return Err(Error::new(
            Kind::Invalid,
            FailureCode::EmptyDocument.as_str(),
            "The document is empty. Send one that has text.",
        ));
    }
    if i64::try_from(bytes).is_ok_and(|bytes| bytes <= config.max_file_bytes) {
        return Ok(());
    }
    Err(Error::new(
        Kind::TooLarge,
        FailureCode::FileTooLarge.as_str(),
        format!(
            "The file has {bytes} bytes; your configuration allows {}.",
            config.max_file_bytes
        ),
    ))
}

#[cfg(test)]
mod tests {
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
            assert!(description.set(name, text.to_owned()).unwrap(), "{name}");
        }
        assert_eq!(description.chunking.unwrap().size, 200);
        assert_eq!(description.password.as_ref().unwrap().expose(), "opens it");
        assert_eq!(description.on_duplicate, OnDuplicate::NewVersion);
        let collection = description.collection_id.unwrap().to_string();
        assert_eq!(collection, "01936f6e-3c00-7000-8000-000000000040");
        assert!(!description.set("colour", "red".to_owned()).unwrap());
        assert_eq!(description.reading.include_hidden, Some(true));
        assert_eq!(description.reading.attachments, Some(true));
        for name in [
            "metadata",
            "onDuplicate",
            "chunking",
            "collectionId",
            "includeHidden",
            "attachments",
        ] {
            let error = description.set(name, "{".to_owned()).unwrap_err();
            assert_eq!(error.fields()[0].pointer, format!("/{name}"));
        }
    }

    #[test]
    fn all_bad_fields_are_named_at_once() {
        let bad = Description {
            title: Some(" ".into()),
            external_id: Some("x".repeat(300)),
            metadata: Metadata::parse("\"no object\""),
            ..Description::default()
        };
        let error = bad.check().err().unwrap();
        let pointers: Vec<_> = error.fields().iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, ["/title", "/externalId", "/metadata"]);
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

    #[test]
    fn accents_are_composed() {
        let description = Description {
            title: Some(" Me\u{301}mo ".to_owned()),
            ..Description::default()
        };
        assert_eq!(description.check().unwrap().title.as_deref(), Some("Mémo"));
    }
}
