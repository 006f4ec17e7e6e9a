//! The fields that every way in has, and their rules.

use dynrag_domain::{
    CollectionId, Error, FieldError, Kind, Result,
    config::{Chunking, CustomerConfig},
    document_passwords::DocumentPassword,
    documents::{FailureCode, Format, MAX_EXTERNAL_ID, MAX_METADATA_BYTES, MAX_TITLE, OnDuplicate},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

const MAX_FILE_NAME: usize = 512;

/// What describes a document, beside its content.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Description {
    pub(crate) title: Option<String>,
    pub(crate) external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub(crate) metadata: Option<Value>,
    #[serde(default)]
    pub(crate) on_duplicate: OnDuplicate,
    pub(crate) chunking: Option<Chunking>,
    pub(crate) collection_id: Option<CollectionId>,
    /// Of a PDF that wants one; a field of forms, not of texts.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) password: Option<DocumentPassword>,
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
                let parsed = serde_json::from_str(&text)
                    .map_err(|_| Error::field("/metadata", "an object in JSON"))?;
                self.metadata = Some(parsed);
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

    /// Checks all fields at once and trims the title.
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
        self.title = self.title.map(|title| title.trim().to_owned());
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
        if let Some(metadata) = &self.metadata {
            if !metadata.is_object() {
                bad("/metadata", "an object".to_owned());
            } else if metadata.to_string().len() > MAX_METADATA_BYTES {
                bad(
                    "/metadata",
                    format!("at most {MAX_METADATA_BYTES} bytes of JSON"),
                );
            } else if has_nul(metadata) {
                bad("/metadata", "no NUL characters".to_owned());
            }
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

/// Postgres cannot hold U+0000 in jsonb.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The last part of a file's name, without path, control characters or excess length. It is shown,
/// and never becomes part of a path or key.
pub(crate) fn file_name(raw: &str) -> Option<String> {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_FILE_NAME)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
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
    fn file_names_lose_their_paths() {
        assert_eq!(file_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(file_name("C:\\tmp\\a\u{0}b.pdf").as_deref(), Some("ab.pdf"));
        assert_eq!(file_name("../"), None);
    }

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
        for name in ["metadata", "onDuplicate", "chunking", "collectionId"] {
            let error = description.set(name, "{".to_owned()).unwrap_err();
            assert_eq!(error.fields()[0].pointer, format!("/{name}"));
        }
    }

    #[test]
    fn all_bad_fields_are_named_at_once() {
        let bad = Description {
            title: Some(" ".into()),
            external_id: Some("x".repeat(300)),
            metadata: Some(Value::from("no object")),
            ..Description::default()
        };
        let error = bad.check().err().unwrap();
        let pointers: Vec<_> = error.fields().iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, ["/title", "/externalId", "/metadata"]);
        assert!(has_nul(&serde_json::json!({"a": ["\u{0}"]})));
    }
}
