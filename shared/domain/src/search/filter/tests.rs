//! Filters that are parsed, written, decided and split.

mod decide;
mod parse;
mod properties;

use super::*;
use crate::error::Result;

/// A filter as sent in a field `filter`.
fn parsed(json: &str) -> Result<Filter> {
    let input: FilterInput = serde_json::from_str(json).unwrap();
    input.parse("/filter")
}
