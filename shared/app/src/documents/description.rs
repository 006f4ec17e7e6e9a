//! The fields that every kind of ingestion has, and their rules.

use bytes::Bytes;
use dynrag_domain::{
    CollectionId, Error, FieldError, Kind, Result,
    config::{Chunking, CustomerConfig},
    document_passwords::DocumentPassword,
    documents::{
        ExtractionOptions, FailureCode, Format, MAX_EXTERNAL_ID, MAX_TITLE, OnDuplicate, Source,
    },
    metadata::Metadata,
};
use dynrag_store::{admission::Admission, uploads::NewDocument};
use unicode_normalization::UnicodeNormalization;

/// The description of a document: everything but its content.
#[derive(Default)]
pub struct Description {
    /// Title.
    pub title: Option<String>,
    /// The title if neither the caller nor the file has one. It never renames an existing document.
    pub fallback_title: Option<String>,
    /// The customer's own id.
    pub external_id: Option<String>,
    /// Metadata.
    pub metadata: Option<Metadata>,
    /// What to do if the content exists already.
    pub on_duplicate: OnDuplicate,
    /// Its own chunking, instead of the collection's or customer's.
    pub chunking: Option<Chunking>,
    /// The document's collection.
    pub collection_id: Option<CollectionId>,
    /// Extraction options.
    pub extraction: ExtractionOptions,
    /// The password of a PDF.
    pub password: Option<DocumentPassword>,
}

/// A document's content.
pub struct Content {
    /// How it was added.
    pub source: Source,
    /// Its format.
    pub format: Format,
    /// The file's name.
    pub file_name: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

impl Content {
    /// A file with the format that was detected, checked against the customer's configuration.
    ///
    /// # Errors
    /// `unsupported_type`, `file_too_large`, `empty_document`.
    pub fn of_file(
        config: &CustomerConfig,
        source: Source,
        (bytes, file_name): (Bytes, Option<String>),
        format: Option<Format>,
    ) -> Result<Self> {
        check_size(config, bytes.len() as u64)?;
        let format = format.ok_or_else(|| unsupported(config, "content of this file"))?;
        let format = check_format(config, format)?;
        if !format.has_signature() && bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::new(
                Kind::Invalid,
                FailureCode::EmptyDocument.as_str(),
                "The file is empty. Send a file that contains text.",
            ));
        }
        Ok(Self {
            source,
            format,
            file_name,
            bytes,
        })
    }
}

/// A text with its description, as callers send it.
pub struct NewText {
    /// The description; the title is required.
    pub description: Description,
    /// The text.
    pub content: String,
    /// Its media type. Default: `text/plain`.
    pub content_type: Option<String>,
}

impl NewText {
    /// Checks description and content.
    ///
    /// # Errors
    /// `invalid_fields`, `unsupported_type`, `file_too_large`, `empty_document`.
    pub fn check(self, config: &CustomerConfig) -> Result<(Description, Content)> {
        let media_type = self.content_type.as_deref().unwrap_or("text/plain");
        let format = Format::from_media_type(media_type)
            .filter(|format| !format.has_signature())
            .ok_or_else(|| {
                Error::field(
                    "/contentType",
                    "text/plain, text/markdown, text/html, text/csv, application/json or message/rfc822; send other \
                     files through /api/ingest/file",
                )
            })?;
        let format = check_format(config, format)?;
        let description = self.description.check()?;
        if self.content.trim().is_empty() {
            return Err(Error::field("/content", "text that is not blank"));
        }
        check_size(config, self.content.len() as u64)?;
        let content = Content {
            source: Source::Api,
            format,
            file_name: None,
            bytes: Bytes::from(self.content),
        };
        Ok((description, content))
    }
}

impl Description {
    /// Checks all fields at once, trims the title and normalizes it to NFC.
    ///
    /// # Errors
    /// `invalid_fields` with a pointer to each invalid field.
    pub fn check(mut self) -> Result<Self> {
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
                format!("1 to {MAX_TITLE} characters, without control characters"),
            );
        }
        if let Some(id) = &self.external_id
            && (id.is_empty()
                || id.chars().count() > MAX_EXTERNAL_ID
                || id.contains(char::is_control))
        {
            bad(
                "/externalId",
                format!("1 to {MAX_EXTERNAL_ID} characters, without control characters"),
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

    /// Returns the title: the given one, else the file name, else the fallback.
    pub fn title(&self, file_name: Option<&str>) -> String {
        let title = self.title.as_deref().or(file_name);
        let title = title.or(self.fallback_title.as_deref());
        title
            .unwrap_or("Untitled")
            .chars()
            .take(MAX_TITLE)
            .collect()
    }

    /// Returns the document to add, in a collection that this caller may add to.
    ///
    /// # Errors
    /// `invalid_fields` and `key_without_collections` (forbidden) for a bound key.
    pub(crate) fn new_document<'a>(
        &'a self,
        caller: &Admission,
        title: &'a str,
        source: Source,
        format: Format,
    ) -> Result<NewDocument<'a>> {
        Ok(NewDocument {
            title_given: self.title.is_some(),
            external_id: self.external_id.as_deref(),
            metadata: self.metadata.as_ref(),
            chunking: self.chunking,
            target: caller.collection_target(self.collection_id)?,
            extraction: self.extraction,
            ..NewDocument::new(title, source, format, caller.principal.into())
        })
    }
}

/// Checks that the customer's configuration allows a format.
///
/// # Errors
/// `unsupported_type`.
pub fn check_format(config: &CustomerConfig, format: Format) -> Result<Format> {
    if config.allows(format) {
        Ok(format)
    } else {
        Err(unsupported(config, &format!("type {}", format.as_str())))
    }
}

/// Returns the error for an unsupported type, with the accepted types.
pub fn unsupported(config: &CustomerConfig, what: &str) -> Error {
    let readable: Vec<&str> = Format::ALL
        .into_iter()
        .filter(|format| config.allows(*format))
        .map(Format::as_str)
        .collect();
    Error::new(
        Kind::UnsupportedType,
        FailureCode::UnsupportedType.as_str(),
        format!(
            "The {what} is not accepted. Send one of these types: {}.",
            readable.join(", ")
        ),
    )
}

/// Checks a size in bytes against the customer's configuration.
///
/// # Errors
/// `empty_document`, `file_too_large`.
pub fn check_size(config: &CustomerConfig, bytes: u64) -> Result<()> {
    if bytes == 0 {
        return Err(Error::new(
            Kind::Invalid,
            FailureCode::EmptyDocument.as_str(),
            "The document is empty. Send one that contains text.",
        ));
    }
    if i64::try_from(bytes).is_ok_and(|bytes| bytes <= config.max_file_bytes) {
        return Ok(());
    }
    Err(Error::new(
        Kind::TooLarge,
        FailureCode::FileTooLarge.as_str(),
        format!(
            "The file has {bytes} bytes, but maxFileBytes of your configuration is {}. Send a smaller file.",
            config.max_file_bytes
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_invalid_fields_are_reported_at_once() {
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
    fn accents_are_composed() {
        let description = Description {
            title: Some(" Me\u{301}mo ".to_owned()),
            ..Description::default()
        };
        assert_eq!(description.check().unwrap().title.as_deref(), Some("Mémo"));
    }
}
