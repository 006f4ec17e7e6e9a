//! Collections: the knowledge bases of a customer. A document belongs to one, or to none.

use unicode_normalization::UnicodeNormalization;

use crate::{
    error::{Error, FieldError},
    ids::CollectionId,
    named::named,
};

/// Collections a customer may have.
pub const MAX_COLLECTIONS: i64 = 1000;
/// Longest name, in characters.
pub const MAX_NAME: usize = 100;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1000;

named! {
    /// What becomes of the documents of a collection that is deleted.
    Leftovers {
        /// They stay, and belong to none.
        Keep = "keep",
        /// They are deleted too.
        Delete = "delete",
    }
}

/// Which collection a document is to belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Place {
    /// The one it is in; none, where it is new.
    #[default]
    AsItIs,
    /// None.
    Nowhere,
    /// This one.
    In(CollectionId),
}

impl Place {
    /// The collection that is named.
    pub const fn collection(self) -> Option<CollectionId> {
        match self {
            Self::In(id) => Some(id),
            Self::AsItIs | Self::Nowhere => None,
        }
    }

    /// Whether a document that is there moves.
    pub fn moves(self) -> bool {
        self != Self::AsItIs
    }
}

/// As every way in says it: none leaves a document where it is.
impl From<Option<CollectionId>> for Place {
    fn from(id: Option<CollectionId>) -> Self {
        id.map_or(Self::AsItIs, Self::In)
    }
}

/// As a change says it, in which null is something else than nothing.
impl From<Option<Option<CollectionId>>> for Place {
    fn from(change: Option<Option<CollectionId>>) -> Self {
        match change {
            None => Self::AsItIs,
            Some(None) => Self::Nowhere,
            Some(Some(id)) => Self::In(id),
        }
    }
}

/// The refusal of a collection that the customer does not have.
pub fn unknown() -> Error {
    Error::field("/collectionId", "there is no such collection")
}

/// A collection name as it is stored: trimmed and normalized to NFC.
///
/// # Errors
/// The field.
pub fn name(text: &str) -> Result<String, FieldError> {
    let composed: String = text.nfc().collect();
    checked(&composed, "/name", MAX_NAME, |c| c.is_control())
}

/// A description as it is kept: trimmed. It may have several lines.
///
/// # Errors
/// The field.
pub fn description(text: &str) -> Result<String, FieldError> {
    let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    checked(text, "/description", MAX_DESCRIPTION, bad)
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
        detail: format!("from 1 to {most} characters, none of them a control character"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_held_against_their_limits() {
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
    fn null_takes_out_and_nothing_leaves() {
        let id = CollectionId::generate();
        for (said, place, moves) in [
            (None, Place::AsItIs, false),
            (Some(None), Place::Nowhere, true),
            (Some(Some(id)), Place::In(id), true),
        ] {
            assert_eq!(Place::from(said), place);
            assert_eq!(place.moves(), moves);
        }
        assert_eq!(Place::from(None::<CollectionId>), Place::AsItIs);
        assert_eq!(Place::from(Some(id)).collection(), Some(id));
    }
}
