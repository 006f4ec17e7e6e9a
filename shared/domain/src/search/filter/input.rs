//! Filters as they are sent.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::{Filter, parse};
use crate::error::{Error, Result};

/// A filter as sent. A request has this, and not a [`Filter`], so that every error has the pointer of its field.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilterInput(Box<RawValue>);

impl FilterInput {
    /// Parses a filter on chunks and documents. Pointers begin with `at`.
    ///
    /// # Errors
    /// `invalid_fields` with a pointer to each bad field.
    pub fn parse(&self, at: &str) -> Result<Filter> {
        parse::filter(&self.0, at, true).map_err(Error::fields_invalid)
    }

    /// Parses a filter on documents, in which a chunk's fields (`page`, `language`) are unknown. Pointers begin with
    /// `at`.
    ///
    /// # Errors
    /// `invalid_fields` with a pointer to each bad field.
    pub fn parse_documents(&self, at: &str) -> Result<Filter> {
        parse::filter(&self.0, at, false).map_err(Error::fields_invalid)
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = RawValue::from_string(self.to_string()).map_err(ser::Error::custom)?;
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let input = FilterInput::deserialize(deserializer)?;
        parse::filter(&input.0, "", true).map_err(|fields| {
            let first = fields.into_iter().next();
            let sentence = first.map(|field| format!("{}: {}", field.pointer, field.detail));
            de::Error::custom(sentence.unwrap_or_default())
        })
    }
}
