//! Collections: a customer's knowledge bases. A document is in one collection or in none.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::{
    error::{Error, FieldError},
    ids::CollectionId,
    named::named,
};

/// Most collections of a customer.
pub const MAX_COLLECTIONS: i64 = 1000;
/// Longest name, in characters.
pub const MAX_NAME: usize = 100;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1000;
/// Most pairs of metadata, and the longest name and value of one, in characters.
const MAX_PAIRS: usize = 16;
const MAX_KEY: usize = 64;
const MAX_VALUE: usize = 512;

named! {
    /// What happens to the documents of a deleted collection.
    DocumentsOnDelete {
        /// They stay, without a collection.
        Keep = "keep",
        /// They are deleted with it.
        Delete = "delete",
    }
}

/// The collection that a request puts a document into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CollectionTarget {
    /// Its present collection; none for a new document.
    #[default]
    Unchanged,
    /// No collection.
    Outside,
    /// This one.
    In(CollectionId),
}

impl CollectionTarget {
    /// The named collection.
    pub const fn collection(self) -> Option<CollectionId> {
        match self {
            Self::In(id) => Some(id),
            Self::Unchanged | Self::Outside => None,
        }
    }

    /// Whether an existing document moves.
    pub fn moves(self) -> bool {
        self != Self::Unchanged
    }
}

/// For ingest requests: `None` leaves a document in its collection.
impl From<Option<CollectionId>> for CollectionTarget {
    fn from(id: Option<CollectionId>) -> Self {
        id.map_or(Self::Unchanged, Self::In)
    }
}

/// For changes, in which null differs from a field that is left out.
impl From<Option<Option<CollectionId>>> for CollectionTarget {
    fn from(change: Option<Option<CollectionId>>) -> Self {
        match change {
            None => Self::Unchanged,
            Some(None) => Self::Outside,
            Some(Some(id)) => Self::In(id),
        }
    }
}

/// Returns the error for a collection that does not exist for the customer.
pub fn unknown() -> Error {
    Error::field("/collectionId", "no such collection")
}

/// Returns a collection name as stored: trimmed and normalized to NFC.
///
/// # Errors
/// The field.
pub fn name(text: &str) -> Result<String, FieldError> {
    let composed: String = text.nfc().collect();
    checked(&composed, "/name", MAX_NAME, |c| c.is_control())
}

/// Returns a description as stored: trimmed. It may have several lines.
///
/// # Errors
/// The field.
pub fn description(text: &str) -> Result<String, FieldError> {
    let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    checked(text, "/description", MAX_DESCRIPTION, bad)
}

/// Checks metadata: texts by name.
///
/// # Errors
/// The field.
pub fn metadata(pairs: &BTreeMap<String, String>) -> Result<(), FieldError> {
    let fits = |text: &str, most: usize| text.chars().count() <= most && !text.contains('\0');
    let are_right = pairs
        .iter()
        .all(|(key, value)| !key.is_empty() && fits(key, MAX_KEY) && fits(value, MAX_VALUE));
    if pairs.len() <= MAX_PAIRS && are_right {
        return Ok(());
    }
    Err(FieldError {
        pointer: "/metadata".to_owned(),
        detail: format!(
            "at most {MAX_PAIRS} texts of at most {MAX_VALUE} characters, by names of 1 to {MAX_KEY} characters"
        ),
    })
}

fn checked(
    text: &str,
    pointer: &str,
    most: usize,
    bad: impl Fn(char) -> bool,
) -> Result<String, FieldError> {
    let text = text.trim();
    if (1..=most).contains(&text.chars().count()) && !text.contains(bad) {
        return Ok(text.to_owned());
    }
    Err(FieldError {
        pointer: pointer.to_owned(),
        detail: format!("1 to {most} characters, without control characters"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_checked_against_their_limits() {
        assert_eq!(name(" Handbook ").unwrap(), "Handbook");
        assert_eq!(description("two\nlines\n").unwrap(), "two\nlines");
        for bad in ["", "  ", "a\nb", "a\u{0}", &"x".repeat(MAX_NAME + 1)] {
            assert_eq!(name(bad).unwrap_err().pointer, "/name", "{bad:?}");
        }
        for bad in [" ", "a\u{0}", &"x".repeat(MAX_DESCRIPTION + 1)] {
            assert_eq!(description(bad).unwrap_err().pointer, "/description");
        }
        assert!(name(&"\u{e9}".repeat(MAX_NAME)).is_ok());
    }

    #[test]
    fn metadata_has_few_short_texts() {
        let pairs = |count: usize, key: usize, value: usize| {
            let pair = |n: usize| (format!("{n:0>key$}"), "v".repeat(value));
            (0..count).map(pair).collect::<BTreeMap<_, _>>()
        };
        assert!(metadata(&pairs(MAX_PAIRS, MAX_KEY, MAX_VALUE)).is_ok());
        assert!(metadata(&BTreeMap::new()).is_ok());
        for bad in [
            pairs(MAX_PAIRS + 1, 2, 1),
            pairs(1, MAX_KEY + 1, 1),
            pairs(1, 1, MAX_VALUE + 1),
            BTreeMap::from([(String::new(), String::new())]),
            BTreeMap::from([("a".to_owned(), "\0".to_owned())]),
        ] {
            assert_eq!(metadata(&bad).unwrap_err().pointer, "/metadata");
        }
    }

    #[test]
    fn null_removes_from_the_collection_and_absence_keeps_it() {
        let id = CollectionId::generate();
        for (said, target, moves) in [
            (None, CollectionTarget::Unchanged, false),
            (Some(None), CollectionTarget::Outside, true),
            (Some(Some(id)), CollectionTarget::In(id), true),
        ] {
            assert_eq!(CollectionTarget::from(said), target);
            assert_eq!(target.moves(), moves);
        }
        assert_eq!(
            CollectionTarget::from(None::<CollectionId>),
            CollectionTarget::Unchanged
        );
        assert_eq!(CollectionTarget::from(Some(id)).collection(), Some(id));
    }
}
