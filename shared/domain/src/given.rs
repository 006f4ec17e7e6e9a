use serde::{Deserialize, Deserializer};

/// Deserializes a field of a change in which null removes something: `Option<Option<T>>` distinguishes null from a
/// field that is left out, with `#[serde(default, deserialize_with = "dynrag_domain::given")]`.
///
/// # Errors
/// The deserializer's own.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
