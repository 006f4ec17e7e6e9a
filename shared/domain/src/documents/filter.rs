//! Filters and order of documents, for lists and bulk actions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::{FailureCode, Format, MAX_EXTERNAL_ID, MAX_FILE_NAME, MAX_TITLE, Source, Status};
use crate::{
    error::{Error, FieldError, Result},
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
    named::named,
    search,
};

/// Longest text of words, in characters.
pub const MAX_WORDS: usize = 512;

named! {
    /// The order of a list; a minus means descending.
    #[derive(Default)]
    Sort {
        /// Oldest first.
        CreatedAt = "createdAt",
        /// Newest first.
        #[default]
        CreatedAtDescending = "-createdAt",
        /// Least recently changed first.
        UpdatedAt = "updatedAt",
        /// Most recently changed first.
        UpdatedAtDescending = "-updatedAt",
        /// A to Z, case-insensitive.
        Title = "title",
        /// Z to A, case-insensitive.
        TitleDescending = "-title",
    }
}

/// Whether documents are present, or deleted and can be undeleted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub enum Presence {
    /// Present documents.
    #[default]
    Present,
    /// Deleted documents that can be undeleted.
    Deleted,
    /// Both.
    Either,
}

/// Conditions on documents. A document must meet all given conditions.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Filter {
    /// Whether they are present or deleted.
    pub presence: Presence,
    /// One of these.
    pub ids: Option<Vec<DocumentId>>,
    /// The customer's own id of the document.
    pub external_id: Option<String>,
    /// Words, each of which is part of the title, the file name, the external id or the URL, case-insensitive.
    pub words: Option<Vec<String>>,
    /// Conditions as in a search.
    pub meets: Option<search::filter::Filter>,
    /// Part of the title, case-insensitive.
    pub title: Option<String>,
    /// The whole file name.
    pub file_name: Option<String>,
    /// One of these formats.
    pub formats: Option<Vec<Format>>,
    /// Added in one of these ways.
    pub sources: Option<Vec<Source>>,
    /// One of these statuses.
    pub statuses: Option<Vec<Status>>,
    /// Failed, or needs action, for this reason.
    pub code: Option<FailureCode>,
    /// In this collection; the inner `None` means in no collection.
    pub collection: Option<Option<CollectionId>>,
    /// Metadata contains these members with these values.
    pub metadata: Option<Metadata>,
    /// Added after this time.
    pub created_after: Option<DateTime<Utc>>,
    /// Added before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// Last changed after this time.
    pub updated_after: Option<DateTime<Utc>>,
    /// Last changed before this time.
    pub updated_before: Option<DateTime<Utc>>,
}

impl Filter {
    /// Whether there are no conditions, so that every document matches.
    pub fn is_empty(&self) -> bool {
        let Self {
            presence,
            ids,
            external_id,
            words,
            meets,
            title,
            file_name,
            formats,
            sources,
            statuses,
            code,
            collection,
            metadata,
            created_after,
            created_before,
            updated_after,
            updated_before,
        } = self;
        *presence != Presence::Deleted
            && ids.is_none()
            && external_id.is_none()
            && words.is_none()
            && meets.is_none()
            && title.is_none()
            && file_name.is_none()
            && formats.is_none()
            && sources.is_none()
            && statuses.is_none()
            && code.is_none()
            && collection.is_none()
            && metadata.is_none()
            && created_after.is_none()
            && created_before.is_none()
            && updated_after.is_none()
            && updated_before.is_none()
    }

    /// Checks the texts and the metadata, and normalizes the title as stored titles are. Pointers begin with `at`,
    /// which is empty for a query.
    ///
    /// # Errors
    /// `invalid_fields` with a pointer to each invalid field.
    pub fn check(mut self, at: &str) -> Result<Self> {
        self.title = self.title.map(|title| title.nfc().collect());
        let mut fields = Vec::new();
        for (name, text, most) in [
            ("externalId", &self.external_id, MAX_EXTERNAL_ID),
            ("title", &self.title, MAX_TITLE),
            ("fileName", &self.file_name, MAX_FILE_NAME),
        ] {
            let blank =
                name == "title" && text.as_deref().is_some_and(|text| text.trim().is_empty());
            let bad = text.as_deref().and_then(|text| bad_text(text, most));
            let blank = blank.then(|| "at least one character that is not a space".to_owned());
            if let Some(detail) = bad.or(blank) {
                let pointer = format!("{at}/{name}");
                fields.push(FieldError { pointer, detail });
            }
        }
        for (name, empty) in [
            ("format", self.formats.as_ref().is_some_and(Vec::is_empty)),
            ("source", self.sources.as_ref().is_some_and(Vec::is_empty)),
            ("status", self.statuses.as_ref().is_some_and(Vec::is_empty)),
        ] {
            if empty {
                let (pointer, detail) = (format!("{at}/{name}"), "at least one".to_owned());
                fields.push(FieldError { pointer, detail });
            }
        }
        // An empty object or an empty title would match every document.
        let checked = self.metadata.as_ref().map(|metadata| {
            metadata.check()?;
            match metadata.is_empty() {
                true => Err("at least one member".to_owned()),
                false => Ok(()),
            }
        });
        if let Some(Err(detail)) = checked {
            let pointer = format!("{at}/metadata");
            fields.push(FieldError { pointer, detail });
        }
        match fields.is_empty() {
            true => Ok(self),
            false => Err(Error::fields_invalid(fields)),
        }
    }
}

/// Checks an external id that is used to find a document.
///
/// # Errors
/// `invalid_fields`.
pub fn check_external_id(text: &str) -> Result<()> {
    match bad_text(text, MAX_EXTERNAL_ID) {
        Some(detail) => Err(Error::field("/externalId", detail)),
        None => Ok(()),
    }
}

/// Returns the rule that a text breaks. No stored text has control characters.
fn bad_text(text: &str, most: usize) -> Option<String> {
    let fine = (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control);
    (!fine).then(|| format!("1 to {most} characters, without control characters"))
}

/// Cuts a text into words, normalized as stored texts are.
///
/// # Errors
/// `invalid_fields` at this pointer.
pub fn words(pointer: &str, text: &str) -> Result<Vec<String>> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.nfc().collect())
        .collect();
    match bad_text(text, MAX_WORDS) {
        Some(detail) => Err(Error::field(pointer, detail)),
        None if words.is_empty() => Err(Error::field(pointer, "at least one word")),
        None => Ok(words),
    }
}

/// Parses the time of a condition.
///
/// # Errors
/// `invalid_fields` at this pointer.
pub fn time(pointer: &str, text: &str) -> Result<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.map(Into::into).map_err(|_| {
        let detail = "a time such as 2026-11-21T09:30:00Z; in a query, write a plus sign as %2B";
        Error::field(pointer, detail)
    })
}

/// Parses the collection of a condition: an id, or `none` for no collection.
///
/// # Errors
/// `invalid_fields` at this pointer.
pub fn collection(pointer: &str, text: &str) -> Result<Option<CollectionId>> {
    match text {
        "none" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| Error::field(pointer, "the id of a collection, or none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_conditions_is_empty() {
        assert!(Filter::default().is_empty());
        let filter = Filter {
            collection: Some(None),
            ..Filter::default()
        };
        assert!(!filter.is_empty());
        let deleted = Filter {
            presence: Presence::Deleted,
            ..Filter::default()
        };
        assert!(!deleted.is_empty());
    }

    #[test]
    fn every_invalid_condition_has_a_pointer() {
        let filter = Filter {
            external_id: Some("a\0b".to_owned()),
            title: Some(String::new()),
            file_name: Some("x".repeat(MAX_FILE_NAME + 1)),
            statuses: Some(Vec::new()),
            metadata: Metadata::parse("[1]"),
            ..Filter::default()
        };
        let error = filter.check("/filter").unwrap_err();
        let pointers: Vec<_> = error.fields().iter().map(|f| &*f.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/filter/externalId",
                "/filter/title",
                "/filter/fileName",
                "/filter/status",
                "/filter/metadata"
            ]
        );
    }

    #[test]
    fn a_condition_that_every_document_meets_is_rejected() {
        let metadata = |json| Filter {
            metadata: Metadata::parse(json),
            ..Filter::default()
        };
        let title = |title: &str| Filter {
            title: Some(title.to_owned()),
            ..Filter::default()
        };
        for (filter, pointer) in [
            (metadata("{}"), "/metadata"),
            (metadata(" { } "), "/metadata"),
            (title(" "), "/title"),
        ] {
            assert_eq!(filter.check("").unwrap_err().fields()[0].pointer, pointer);
        }
        assert!(metadata(r#"{"a":null}"#).check("").is_ok());
    }

    #[test]
    fn a_title_is_normalized_as_stored_titles_are() {
        let filter = Filter {
            title: Some("Cafe\u{301}".to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            filter.check("").unwrap().title.as_deref(),
            Some("Caf\u{e9}")
        );
    }

    #[test]
    fn times_and_collections_parse_or_explain_the_format() {
        assert!(time("/t", "2026-11-21T09:30:00.123456+02:00").is_ok());
        for bad in ["2026-11-21", "yesterday", "2026-11-21T09:30:00 02:00"] {
            assert_eq!(time("/t", bad).unwrap_err().fields()[0].pointer, "/t");
        }
        assert_eq!(collection("/c", "none").unwrap(), None);
        let id = CollectionId::generate();
        assert_eq!(collection("/c", &id.to_string()).unwrap(), Some(id));
        assert!(collection("/c", "null").is_err());
    }
}
