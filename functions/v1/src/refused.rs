//! Parameters that would change the answer in a way that is not served. They are refused by name, unless their value asks for
//! nothing; all other parameters that are unknown are ignored, as OpenAI's clients send new ones with each release.

use dynrag_domain::{Error, FieldError, Result};
use serde_json::{Map, Value};

/// A parameter, the values that ask for nothing beside null, and what to do instead.
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    pub(crate) neutral: fn(&Value) -> bool,
    pub(crate) detail: &'static str,
}

/// No value but null asks for nothing.
pub(crate) fn never(_: &Value) -> bool {
    false
}

pub(crate) fn is_false(value: &Value) -> bool {
    value == &Value::Bool(false)
}

pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Checks the parameters that a request has beside those that are served.
///
/// # Errors
/// `invalid_fields` with each that is refused.
pub(crate) fn check(rest: &Map<String, Value>, refused: &[Refused]) -> Result<()> {
    let refuses = |refused: &&Refused| {
        let value = rest.get(refused.name);
        value.is_some_and(|value| !value.is_null() && !(refused.neutral)(value))
    };
    let fields: Vec<FieldError> = refused
        .iter()
        .filter(refuses)
        .map(|refused| FieldError {
            pointer: format!("/{}", refused.name),
            detail: format!("not supported here: {}", refused.detail),
        })
        .collect();
    match fields.is_empty() {
        true => Ok(()),
        false => Err(Error::fields_invalid(fields)),
    }
}
