//! One or more values: comma-separated in a query, a list or a single value in JSON.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, SeqAccess, Visitor, value::StrDeserializer},
};

/// The accepted values of a condition.
#[derive(Debug)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

struct Values<T>(PhantomData<T>);

impl<'de, T: for<'text> Deserialize<'text>> Visitor<'de> for Values<T> {
    type Value = Several<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one or more values")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Several<T>, E> {
        let one = |part: &str| {
            let part: StrDeserializer<'_, E> = part.trim().into_deserializer();
            T::deserialize(part)
        };
        text.split(',')
            .map(one)
            .collect::<Result<_, _>>()
            .map(Several)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Several<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Several(values))
    }
}

impl<'de, T: for<'text> Deserialize<'text>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use dynrag_domain::documents::Status;

    use super::*;

    #[test]
    fn values_are_comma_separated_or_a_list() {
        let read = |json: &str| serde_json::from_str::<Several<Status>>(json);
        let both = [Status::Failed, Status::NeedsAction];
        assert_eq!(read(r#""failed, needs_action""#).unwrap().0, both);
        assert_eq!(read(r#"["failed","needs_action"]"#).unwrap().0, both);
        assert_eq!(read(r#""failed""#).unwrap().0, [Status::Failed]);
        for bad in [r#""failed,""#, r#""done""#, "3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let error = read(r#""done""#).unwrap_err().to_string();
        assert!(error.contains("`awaiting_upload`"), "{error}");
    }
}
