//! Strict JSON, as the OpenAPI document describes it: an object is an object at every depth, and a name is a string.
//!
//! Serde's derived types also accept an array for a struct, with its fields in order, and `{"name": null}` for the name
//! of an enum. A caller who confuses these would be misunderstood, or be told that valid JSON is not JSON. This
//! deserializer wraps another one, such as [`serde_json`]'s, and requires maps and strings there; it forwards
//! everything else.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::StringDeserializer,
};

/// A strict deserializer, or a strict part of one.
pub(crate) struct Strict<T>(pub(crate) T);

/// Forwards a call, with a strict visitor.
macro_rules! hand_on {
    ($($method:ident($($arg:ident: $kind:ty),*)),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($arg,)* Strict(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(),
        deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(),
        deserialize_f32(), deserialize_f64(), deserialize_char(), deserialize_str(), deserialize_string(),
        deserialize_bytes(), deserialize_byte_buf(), deserialize_option(), deserialize_unit(),
        deserialize_unit_struct(name: &'static str), deserialize_newtype_struct(name: &'static str), deserialize_seq(),
        deserialize_tuple(length: usize), deserialize_tuple_struct(name: &'static str, length: usize), deserialize_map(),
        deserialize_identifier(), deserialize_ignored_any(),
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // serde_json passes numbers and raw JSON to its own types as structs with these names.
        if name.starts_with("$serde_json::private::") {
            return self.0.deserialize_struct(name, fields, visitor);
        }
        self.0.deserialize_map(Strict(OnlyMaps(visitor)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(Name(visitor))
    }
}

/// A visitor of structs that rejects arrays.
struct OnlyMaps<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OnlyMaps<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}

/// A visitor of enums that accepts only names.
struct Name<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Name<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        let name = StringDeserializer::new(text.to_owned());
        self.0.visit_enum(name)
    }
}

/// Forwards a value unchanged.
macro_rules! visit {
    ($($method:ident: $kind:ty),* $(,)?) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128, visit_u8: u8,
        visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_f64: f64, visit_char: char,
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(inner))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Strict(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, name: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Strict(name))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<A> {
    type Error = A::Error;
    type Variant = Strict<A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), A::Error> {
        let (name, variant) = self.0.variant_seed(seed)?;
        Ok((name, Strict(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.0.newtype_variant_seed(Strict(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Strict(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Strict(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase")]
    enum Colour {
        Red,
        Blue,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Inner {
        size: u32,
        colour: Option<Colour>,
    }

    #[derive(Deserialize, Debug)]
    struct Outer {
        inner: Option<Inner>,
        all: Vec<Inner>,
        by_colour: BTreeMap<String, Inner>,
        raw: Option<Box<RawValue>>,
        any: Option<serde_json::Value>,
    }

    fn read(json: &str) -> serde_json::Result<Outer> {
        let mut inner = serde_json::Deserializer::from_str(json);
        Outer::deserialize(Strict(&mut inner))
    }

    #[test]
    fn valid_json_is_deserialized_as_without_strictness() {
        let json = r#"{"inner": {"size": 1, "colour": "red"}, "all": [{"size": 2}], "by_colour": {"x": {"size": 3}},
            "raw": {"n": 0.10000000000000000001}, "any": [1, {"a": [null]}]}"#;
        let outer = read(json).unwrap();
        let inner = outer.inner.unwrap();
        assert_eq!((inner.size, inner.colour), (1, Some(Colour::Red)));
        assert_eq!(outer.all[0].size, 2);
        assert_eq!(outer.by_colour["x"].size, 3);
        assert_eq!(outer.raw.unwrap().get(), r#"{"n": 0.10000000000000000001}"#);
        assert_eq!(outer.any.unwrap().to_string(), r#"[1,{"a":[null]}]"#);
    }

    #[test]
    fn arrays_for_objects_and_non_strings_for_names_are_rejected_at_any_depth() {
        let whole = |inner: &str, all: &str| {
            format!(r#"{{"inner": {inner}, "all": {all}, "by_colour": {{}}}}"#)
        };
        for (inner, all) in [
            ("[1, \"red\"]", "[]"),
            ("null", "[[1, \"red\"]]"),
            (r#"{"size": 1, "colour": {"red": null}}"#, "[]"),
            (r#"{"size": 1, "colour": 5}"#, "[]"),
            (r#"{"size": 1, "colour": ["red"]}"#, "[]"),
            (r#"{"size": 1, "colour": "green"}"#, "[]"),
        ] {
            let error = read(&whole(inner, all)).unwrap_err();
            // An error of the data, not of the JSON syntax.
            assert!(error.is_data(), "{inner} {all}: {error}");
        }
    }
}
