//! Filters of searches: conditions on documents and chunks, combined with `and`, `or` and `not`.
//!
//! A request takes a [`FilterInput`], which keeps the JSON as sent; [`FilterInput::parse`] makes a [`Filter`] of it or
//! names every bad field. [`Filter::split`] separates what Postgres decides, about documents, from what a search decides
//! about chunks. [`Filter::matches`] decides in memory.
//!
//! # Semantics
//!
//! Every field has zero or more **values**. A field without a value has none; `null` is not a value; in metadata, the
//! elements of a list are the values, so that an empty list is no value. A condition is true or false, never unknown.
//!
//! | op | true if | value |
//! |---|---|---|
//! | `eq`, `in` | some value equals the given one, or one of the given ones | of the field's type; `in` takes a list |
//! | `ne`, `nin` | `eq`, `in` are false; so also if there is no value, or one of another type | as above |
//! | `gt`, `gte`, `lt`, `lte` | some value is beyond the given one | text, a number or a time |
//! | `contains`, `startsWith` | some value is text with this part, or this beginning | text |
//! | `exists` | there is a value; with `false`, if there is none | `true` (the default) or `false` |
//!
//! - **Text** is compared by code points and case-sensitive. Titles and file names are stored in NFC, so that the given
//!   text is normalized for them; elsewhere nothing is.
//! - **Numbers** are decimals and compared with every digit: 1, 1.0 and 1e0 are equal, 0.1 is not the nearest double.
//! - **Times** are RFC 3339 times, or dates, which stand for the whole day in UTC: `eq` is within that day, `gt` after
//!   its end. A time stands for its microsecond.
//! - **Languages** are compared by their first subtag, without case: `en-US` is `en`.
//! - **Metadata** has the type that its JSON has. Values of different types are never equal and in no order, which is no
//!   error: `metadata.year gte 2020` is false where `year` is `"2021"`. Text that looks like a date is text; ISO dates
//!   are in the order of time because their digits are. Objects and lists within lists exist, but compare with nothing.
//! - **Paths** into metadata are separated by dots; `\.` is a dot and `\\` a backslash in a key. A path passes through
//!   one list at each step: `metadata.authors.name` has the names of all objects of the list `authors`. These are the
//!   rules of SQL/JSON paths in lax mode.

mod input;
mod matches;
mod metadata;
mod moment;
mod number;
mod parse;
mod schema;
mod split;
mod write;

use uuid::Uuid;

use crate::named::named;

pub use input::FilterInput;
pub use matches::{ChunkFields, DocumentFields};
pub use moment::Moment;
pub use number::Number;
pub use split::{ChunkFilter, Split};

/// Largest filter, in bytes of JSON.
pub const MAX_BYTES: usize = 100_000;
/// Deepest nesting of `and`, `or` and `not`, with the conditions as the last level.
pub const MAX_DEPTH: usize = 16;
/// Most conditions and combinations of a filter.
pub const MAX_NODES: usize = 256;
/// Most values of all lists together.
pub const MAX_VALUES: usize = 1_000;
/// Longest text of a value, in characters.
pub const MAX_TEXT: usize = 2_048;
/// Longest number, in characters.
pub const MAX_NUMBER: usize = 100;
/// Largest absolute value of a number's exponent, as in metadata.
pub const MAX_EXPONENT: u32 = 1_000;
/// Most keys of a path into metadata.
pub const MAX_PATH: usize = 16;

/// A filter: a condition, or a combination of filters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Filter {
    /// All of these, at least one.
    And(Vec<Self>),
    /// At least one of these, of which there is one at least.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A condition.
    Is(Condition),
}

/// A condition on a field. Parsing makes sure that the test and its values fit the field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// The field.
    pub field: Field,
    /// What its values must be.
    pub test: Test,
}

/// A field that can be filtered on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// A field that every document or chunk has.
    Fixed(FixedField),
    /// The keys of a path into the metadata, at least one.
    Metadata(Vec<String>),
}

named! {
    /// A field with a fixed name.
    FixedField {
        /// The document.
        DocumentId = "documentId",
        /// The title.
        Title = "title",
        /// The format.
        Type = "type",
        /// How the document was added.
        Source = "source",
        /// The collection at present.
        CollectionId = "collectionId",
        /// The customer's own id of the document.
        ExternalId = "externalId",
        /// The name of the uploaded file.
        FileName = "fileName",
        /// The URL that the document was fetched from.
        SourceUrl = "sourceUrl",
        /// When the document was added.
        CreatedAt = "createdAt",
        /// When the document was last changed.
        UpdatedAt = "updatedAt",
        /// The page on which a chunk starts.
        Page = "page",
        /// The language of a chunk.
        Language = "language",
    }
}

named! {
    /// An operator.
    Op {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// Greater, or later.
        Gt = "gt",
        /// Greater or equal.
        Gte = "gte",
        /// Less, or earlier.
        Lt = "lt",
        /// Less or equal.
        Lte = "lte",
        /// One of a list.
        In = "in",
        /// None of a list.
        Nin = "nin",
        /// Whether there is a value.
        Exists = "exists",
        /// Has a part.
        Contains = "contains",
        /// Has a beginning.
        StartsWith = "startsWith",
    }
}

/// What the values of a field must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// `eq`.
    Equal(Value),
    /// `ne`.
    NotEqual(Value),
    /// `gt`, `gte`, `lt`, `lte`.
    Beyond(Bound, Value),
    /// `in`.
    Among(Vec<Value>),
    /// `nin`.
    NotAmong(Vec<Value>),
    /// `contains`.
    Contains(String),
    /// `startsWith`.
    StartsWith(String),
    /// `exists`.
    Exists(bool),
}

/// On which side of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// `gt`.
    Above,
    /// `gte`.
    AtLeast,
    /// `lt`.
    Below,
    /// `lte`.
    AtMost,
}

/// A given value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Text, the name of a format or source, or a language.
    Text(String),
    /// A number in metadata.
    Number(Number),
    /// A truth value in metadata.
    Bool(bool),
    /// An id.
    Id(Uuid),
    /// A page.
    Page(u32),
    /// A time or date.
    Time(Moment),
}

impl FixedField {
    /// Whether it is a property of chunks, and not of whole documents.
    pub const fn is_of_chunks(self) -> bool {
        matches!(self, Self::Page | Self::Language)
    }
}

impl Field {
    /// Whether it is a property of chunks, and not of whole documents.
    pub fn is_of_chunks(&self) -> bool {
        matches!(self, Self::Fixed(field) if field.is_of_chunks())
    }
}

impl Filter {
    /// Whether all conditions are on documents, so that Postgres alone can decide it.
    pub fn documents_only(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().all(Self::documents_only),
            Self::Not(part) => part.documents_only(),
            Self::Is(condition) => !condition.field.is_of_chunks(),
        }
    }
}

impl Test {
    /// The operator.
    pub const fn op(&self) -> Op {
        match self {
            Self::Equal(_) => Op::Eq,
            Self::NotEqual(_) => Op::Ne,
            Self::Beyond(Bound::Above, _) => Op::Gt,
            Self::Beyond(Bound::AtLeast, _) => Op::Gte,
            Self::Beyond(Bound::Below, _) => Op::Lt,
            Self::Beyond(Bound::AtMost, _) => Op::Lte,
            Self::Among(_) => Op::In,
            Self::NotAmong(_) => Op::Nin,
            Self::Contains(_) => Op::Contains,
            Self::StartsWith(_) => Op::StartsWith,
            Self::Exists(_) => Op::Exists,
        }
    }
}

#[cfg(test)]
mod tests;
