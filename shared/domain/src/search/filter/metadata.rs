//! Values in JSON text, found without parsing the rest.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A value of JSON.
pub(super) enum Json<'a> {
    Text(String),
    Number(&'a str),
    Bool(bool),
    Null,
    /// An object or a list.
    Nested,
    /// Text that is not Unicode.
    Broken,
}

impl<'a> Json<'a> {
    /// Reads a value; lists and objects are not read further.
    pub(super) fn of(json: &'a RawValue) -> Self {
        let text = json.get();
        match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str(text).map_or(Self::Broken, Self::Text),
            Some(b'{' | b'[') => Self::Nested,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(text),
        }
    }

    /// The elements of a list; `None` if it is not a list.
    pub(super) fn elements(json: &'a RawValue) -> Option<Vec<&'a RawValue>> {
        let is_list = json.get().starts_with('[');
        is_list
            .then(|| serde_json::from_str(json.get()).ok())
            .flatten()
    }
}

/// Whether some value of a path meets a condition. Lists are passed through, one at each step and one at the end.
pub(super) fn any(json: &RawValue, path: &[String], meets: &impl Fn(&Json<'_>) -> bool) -> bool {
    if json.get().starts_with('[') {
        let elements = Json::elements(json).unwrap_or_default();
        return elements.iter().any(|element| one(element, path, meets));
    }
    one(json, path, meets)
}

fn one(json: &RawValue, path: &[String], meets: &impl Fn(&Json<'_>) -> bool) -> bool {
    match path.split_first() {
        Some((key, rest)) => member(json, key).is_some_and(|inner| any(inner, rest, meets)),
        None => match Json::of(json) {
            Json::Null => false,
            value => meets(&value),
        },
    }
}

/// A member of an object; of repeated ones the last, as Postgres keeps it.
fn member<'a>(json: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    struct Member<'n>(&'n str);

    impl<'de> Visitor<'de> for Member<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some((name, value)) = map.next_entry::<Cow<'_, str>, &RawValue>()? {
                if name == self.0 {
                    found = Some(value);
                }
            }
            Ok(found)
        }
    }

    if !json.get().starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(json.get())
        .deserialize_map(Member(name))
        .ok()?
}
