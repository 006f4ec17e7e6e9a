//! Decisions in memory.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    Bound, Condition, Field, Filter, FixedField, Number, Test, Value,
    metadata::{self, Json},
};
use crate::{
    documents::{Format, Source},
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
};

/// The properties of a document that filters know.
pub trait DocumentFields {
    /// The id.
    fn document_id(&self) -> DocumentId;
    /// The title.
    fn title(&self) -> &str;
    /// The format.
    fn format(&self) -> Format;
    /// How it was added.
    fn source(&self) -> Source;
    /// The collection at present.
    fn collection_id(&self) -> Option<CollectionId>;
    /// The customer's own id.
    fn external_id(&self) -> Option<&str>;
    /// The name of the uploaded file.
    fn file_name(&self) -> Option<&str>;
    /// The URL that it was fetched from.
    fn source_url(&self) -> Option<&str>;
    /// When it was added.
    fn created_at(&self) -> DateTime<Utc>;
    /// When it was last changed.
    fn updated_at(&self) -> DateTime<Utc>;
    /// The metadata, an object.
    fn metadata(&self) -> &Metadata;
}

/// The properties of a chunk that filters know.
pub trait ChunkFields {
    /// The page on which it starts.
    fn page(&self) -> Option<u32>;
    /// The language.
    fn language(&self) -> Option<&str>;
}

/// A value of a field.
enum Actual<'a> {
    Text(Cow<'a, str>),
    Number(Number),
    Bool(bool),
    Id(Uuid),
    Page(u32),
    Time(DateTime<Utc>),
    /// A value that compares with nothing.
    Other,
}

impl Filter {
    /// Whether a chunk of a document meets the filter.
    pub fn matches(&self, fields: &(impl DocumentFields + ChunkFields)) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(fields)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(fields)),
            Self::Not(part) => !part.matches(fields),
            Self::Is(condition) => match &condition.field {
                Field::Metadata(path) => condition.test.on_metadata(fields.metadata(), path),
                Field::Fixed(field) => {
                    let of_chunk = condition.actual_of_chunk(fields);
                    let actual = of_chunk.unwrap_or_else(|| of_document(*field, fields));
                    condition.test.on(actual.as_ref())
                }
            },
        }
    }
}

impl Condition {
    /// The value of a chunk's field, if it has one; `None` if the field is a document's.
    fn actual_of_chunk<'a>(&self, chunk: &'a impl ChunkFields) -> Option<Option<Actual<'a>>> {
        match self.field {
            Field::Fixed(FixedField::Page) => Some(chunk.page().map(Actual::Page)),
            Field::Fixed(FixedField::Language) => {
                let language = chunk.language().and_then(language);
                Some(language.map(|code| Actual::Text(code.into())))
            }
            _ => None,
        }
    }

    /// Whether a chunk meets a condition on its own fields; `false` for other fields.
    pub(super) fn matches_chunk(&self, chunk: &impl ChunkFields) -> bool {
        let actual = self.actual_of_chunk(chunk);
        actual.is_some_and(|actual| self.test.on(actual.as_ref()))
    }
}

fn of_document(field: FixedField, document: &impl DocumentFields) -> Option<Actual<'_>> {
    let text = |text| Actual::Text(Cow::Borrowed(text));
    Some(match field {
        FixedField::DocumentId => Actual::Id(document.document_id().as_uuid()),
        FixedField::Title => text(document.title()),
        FixedField::Type => text(document.format().as_str()),
        FixedField::Source => text(document.source().as_str()),
        FixedField::CollectionId => Actual::Id(document.collection_id()?.as_uuid()),
        FixedField::ExternalId => text(document.external_id()?),
        FixedField::FileName => text(document.file_name()?),
        FixedField::SourceUrl => text(document.source_url()?),
        FixedField::CreatedAt => Actual::Time(document.created_at()),
        FixedField::UpdatedAt => Actual::Time(document.updated_at()),
        FixedField::Page | FixedField::Language => return None,
    })
}

impl Test {
    /// Whether this is the negation of [`meets`](Self::meets) for all values.
    fn is_negation(&self) -> bool {
        matches!(
            self,
            Self::NotEqual(_) | Self::NotAmong(_) | Self::Exists(false)
        )
    }

    fn on(&self, actual: Option<&Actual<'_>>) -> bool {
        actual.is_some_and(|actual| self.meets(actual)) != self.is_negation()
    }

    fn on_metadata(&self, metadata: &Metadata, path: &[String]) -> bool {
        let meets = |json: &Json<'_>| self.meets(&in_metadata(json));
        let Ok(object) = serde_json::from_str::<&RawValue>(metadata.as_str()) else {
            return self.is_negation();
        };
        metadata::any(object, path, &meets) != self.is_negation()
    }

    /// Whether a value meets the test, or what it negates.
    fn meets(&self, actual: &Actual<'_>) -> bool {
        match self {
            Self::Equal(value) | Self::NotEqual(value) => equal(actual, value),
            Self::Among(values) | Self::NotAmong(values) => {
                values.iter().any(|value| equal(actual, value))
            }
            Self::Beyond(bound, value) => beyond(actual, *bound, value),
            Self::Contains(part) => {
                matches!(actual, Actual::Text(text) if text.contains(part.as_str()))
            }
            Self::StartsWith(part) => {
                matches!(actual, Actual::Text(text) if text.starts_with(part.as_str()))
            }
            Self::Exists(_) => true,
        }
    }
}

/// A value of metadata.
fn in_metadata<'a>(json: &'a Json<'_>) -> Actual<'a> {
    match json {
        Json::Text(text) => Actual::Text(text.into()),
        Json::Number(digits) => Number::parse(digits).map_or(Actual::Other, Actual::Number),
        Json::Bool(value) => Actual::Bool(*value),
        Json::Null | Json::Nested | Json::Broken => Actual::Other,
    }
}

fn equal(actual: &Actual<'_>, value: &Value) -> bool {
    match (actual, value) {
        (Actual::Text(one), Value::Text(other)) => one == other,
        (Actual::Number(one), Value::Number(other)) => one == other,
        (Actual::Bool(one), Value::Bool(other)) => one == other,
        (Actual::Id(one), Value::Id(other)) => one == other,
        (Actual::Page(one), Value::Page(other)) => one == other,
        (Actual::Time(time), Value::Time(moment)) => {
            let (start, end) = moment.span();
            (start..end).contains(time)
        }
        _ => false,
    }
}

fn beyond(actual: &Actual<'_>, bound: Bound, value: &Value) -> bool {
    match (actual, value) {
        (Actual::Text(one), Value::Text(other)) => bound.holds(&**one, other.as_str()),
        (Actual::Number(one), Value::Number(other)) => bound.holds(one, other),
        (Actual::Page(one), Value::Page(other)) => bound.holds(one, other),
        (Actual::Time(time), Value::Time(moment)) => {
            let (start, end) = moment.span();
            match bound {
                Bound::Above => *time >= end,
                Bound::AtLeast => *time >= start,
                Bound::Below => *time < start,
                Bound::AtMost => *time < end,
            }
        }
        _ => false,
    }
}

impl Bound {
    fn holds<T: PartialOrd + ?Sized>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Above => one > other,
            Self::AtLeast => one >= other,
            Self::Below => one < other,
            Self::AtMost => one <= other,
        }
    }
}

/// The language of a tag (BCP 47): its first subtag, in lower case.
pub(super) fn language(tag: &str) -> Option<String> {
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    let is_code = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    is_code.then(|| first.to_ascii_lowercase())
}
