//! Metadata that customers give documents: a JSON object, stored as sent, with every digit of its numbers.

use std::fmt;

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Largest metadata object, in bytes of JSON.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;
/// Deepest nesting of lists and objects.
const MAX_DEPTH: usize = 100;
/// Largest absolute value of an exponent: the database writes the digits out.
const MAX_EXPONENT: u32 = 1_000;

/// JSON as text. Nothing of it is parsed into numbers, which would lose digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Box<RawValue>);

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Metadata {}

impl Default for Metadata {
    /// The empty object.
    fn default() -> Self {
        Members::default().into()
    }
}

impl From<serde_json::Value> for Metadata {
    fn from(value: serde_json::Value) -> Self {
        Self::of(&value)
    }
}

impl From<Members> for Metadata {
    fn from(members: Members) -> Self {
        Self::of(&members)
    }
}

impl Metadata {
    fn of(value: &impl Serialize) -> Self {
        // Serialization cannot fail: all keys are strings.
        Self(serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// Parses JSON text; `None` if it is not JSON.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The members; `None` if it is not an object.
    pub fn members(&self) -> Option<Members> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// Whether it is an object without members.
    pub fn is_empty(&self) -> bool {
        let text = self.as_str().trim();
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        inner.is_some_and(|inner| inner.trim().is_empty())
    }

    /// Checks the limits on stored metadata.
    ///
    /// # Errors
    /// The violated rule, worded for the caller.
    pub fn check(&self) -> Result<(), String> {
        let text = self.as_str();
        if !text.trim_start().starts_with('{') {
            return Err("an object".to_owned());
        }
        if text.len() > MAX_METADATA_BYTES {
            return Err(format!("at most {MAX_METADATA_BYTES} bytes of JSON"));
        }
        scan(text.as_bytes())
    }
}

/// Checks the database's rules on text that is valid JSON already. Postgres stores numbers without exponents, so their
/// expanded size counts.
fn scan(json: &[u8]) -> Result<(), String> {
    let mut written = json.len();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = string_end(json, at);
                let string = json.get(at..end).unwrap_or_default();
                // Lone surrogates fail here.
                let Ok(string) = serde_json::from_slice::<String>(string) else {
                    return Err("text without lone surrogates".to_owned());
                };
                if string.contains('\0') {
                    return Err("no NUL characters".to_owned());
                }
                at = end;
                continue;
            }
            b'e' | b'E' if json.get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_digit) => {
                let digits = json[at + 1..].trim_ascii_start();
                let digits = digits.strip_prefix(b"-").or(digits.strip_prefix(b"+"));
                let digits = digits.unwrap_or(&json[at + 1..]);
                let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
                let exponent = std::str::from_utf8(&digits[..count]).unwrap_or_default();
                let Some(zeros) = exponent.parse::<u32>().ok().filter(|e| *e <= MAX_EXPONENT)
                else {
                    return Err(format!("numbers with exponents up to {MAX_EXPONENT}"));
                };
                written += zeros as usize;
                if written > MAX_METADATA_BYTES {
                    return Err(format!(
                        "at most {MAX_METADATA_BYTES} bytes of JSON, with its numbers written out"
                    ));
                }
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("nested at most {MAX_DEPTH} deep"));
        }
        at += 1;
    }
    Ok(())
}

/// The index after a string that starts at a quote.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

/// The members of an object in order, each once, with their values as JSON text.
#[derive(Clone, Default, Debug)]
pub struct Members(IndexMap<String, Box<RawValue>>);

impl Members {
    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.get(name).map(|value| &**value)
    }

    /// The text of a member whose value is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Sets a member; an earlier value of the same name is replaced in place.
    pub fn insert(&mut self, name: String, value: Box<RawValue>) {
        self.0.insert(name, value);
    }

    /// Sets a member from a serializable value.
    ///
    /// # Errors
    /// If the value has no JSON form.
    pub fn insert_value(
        &mut self,
        name: &str,
        value: &impl Serialize,
    ) -> Result<(), serde_json::Error> {
        self.insert(name.to_owned(), serde_json::value::to_raw_value(value)?);
        Ok(())
    }

    /// Sets all members of another object, which takes precedence.
    pub fn extend(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.insert(name, value);
        }
    }

    /// The names of the members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry()? {
                    members.insert(name, value);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str = r#"{"id":123456789012345678901234567890,"price":1.10,"mass":1e400}"#;

    #[test]
    fn numbers_stay_as_they_are_written() {
        let metadata = Metadata::parse(NUMBERS).unwrap();
        assert_eq!(serde_json::to_string(&metadata).unwrap(), NUMBERS);
        let mut members = Members::default();
        members.insert_value("author", &"File").unwrap();
        members.insert_value("price", &2).unwrap();
        members.extend(metadata.members().unwrap());
        assert_eq!(
            Metadata::from(members).as_str(),
            r#"{"author":"File","price":1.10,"id":123456789012345678901234567890,"mass":1e400}"#
        );
    }

    /// A linear search for each name would take minutes here.
    #[test]
    fn an_object_may_have_many_members() {
        let members: Vec<String> = (0..300_000).map(|n| format!("\"{n}\":{n}")).collect();
        let json = format!("{{{},\"7\":0}}", members.join(","));
        let members = Metadata::parse(&json).unwrap().members().unwrap();
        assert_eq!(members.names().count(), 300_000);
        assert_eq!(members.get("7").unwrap().get(), "0");
    }

    #[test]
    fn metadata_that_postgres_cannot_store_is_rejected() {
        let check = |text: &str| Metadata::parse(text).unwrap().check();
        assert_eq!(check(NUMBERS), Ok(()));
        assert_eq!(
            check(r#"{"a":"\\u0000 1e9999 [[[","b":"\ud83d\ude00"}"#),
            Ok(())
        );
        for (text, rule) in [
            ("[1]", "an object"),
            (r#"{"a":["\u0000"]}"#, "no NUL characters"),
            (r#"{"\u0000":1}"#, "no NUL characters"),
            (r#"{"a":"\ud83d"}"#, "text without lone surrogates"),
            (r#"{"a":1e1001}"#, "numbers with exponents up to 1000"),
            (
                r#"{"a":[2.5E-99999999999]}"#,
                "numbers with exponents up to 1000",
            ),
        ] {
            assert_eq!(check(text), Err(rule.to_owned()), "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert!(check(&deep).unwrap_err().contains("deep"));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_METADATA_BYTES));
        assert!(check(&long).unwrap_err().contains("bytes"));
        // Small as sent, 17 kB as stored and returned.
        let many = format!("{{\"a\":[{}]}}", ["1e1000"; 17].join(","));
        assert!(check(&many).unwrap_err().contains("written out"));
        let few = format!("{{\"a\":[{}]}}", ["1e1000"; 15].join(","));
        assert_eq!(check(&few), Ok(()));
        assert_eq!(Metadata::default().as_str(), "{}");
    }
}
