//! The field `asOf` of a search: a time, or `{"documentId": ..., "version": 2}`.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;

use super::{AsOf, filter::Moment};
use crate::{DocumentId, VersionNumber};

/// A moment of the past, as a request has it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AsOf)]
pub enum AsOfInput {
    /// An RFC 3339 time.
    #[schema(value_type = String, format = DateTime)]
    Time(String),
    /// A publication.
    Version(PublishedVersion),
}

/// The moment when a version of a document was published.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PublishedVersion {
    /// The document.
    pub document_id: DocumentId,
    /// Its version.
    pub version: VersionNumber,
}

impl AsOfInput {
    /// The moment; `None` for a text that is no RFC 3339 time. A date is none, as it does not say which moment of the day.
    pub fn moment(&self) -> Option<AsOf> {
        match self {
            Self::Time(text) => time(text).map(AsOf::Time),
            Self::Version(of) => Some(AsOf::Version(of.document_id, of.version)),
        }
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    match Moment::parse(text) {
        Some(Moment::Time(time)) => Some(time),
        _ => None,
    }
}

/// Not derived: an untagged enum would say of a wrong field only that nothing matches.
impl<'de> Deserialize<'de> for AsOfInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrObject;

        impl<'de> Visitor<'de> for TextOrObject {
            type Value = AsOfInput;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an RFC 3339 time such as 2026-11-21T10:00:00Z, or {\"documentId\": ..., \"version\": 2}",
                )
            }

            fn visit_str<E>(self, text: &str) -> Result<AsOfInput, E> {
                Ok(AsOfInput::Time(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AsOfInput, A::Error> {
                let of = PublishedVersion::deserialize(MapAccessDeserializer::new(map));
                of.map(AsOfInput::Version)
            }
        }

        deserializer.deserialize_any(TextOrObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_a_version_of_a_document() {
        let parse = |json: &str| serde_json::from_str::<AsOfInput>(json);
        let time = parse(r#""2026-11-21T10:00:00+01:00""#).unwrap().moment();
        let expected = DateTime::parse_from_rfc3339("2026-11-21T09:00:00Z").unwrap();
        assert_eq!(time, Some(AsOf::Time(expected.to_utc())));
        let id = "01a1fbb3-dec5-7003-9eff-757364126f6b";
        let json = format!(r#"{{"documentId": "{id}", "version": 2}}"#);
        let version = VersionNumber::try_from(2).unwrap();
        let expected = AsOf::Version(id.parse().unwrap(), version);
        assert_eq!(parse(&json).unwrap().moment(), Some(expected));
        for no_time in [r#""yesterday""#, r#""2026-11-21""#] {
            assert_eq!(parse(no_time).unwrap().moment(), None, "{no_time}");
        }
        let no_version = format!(r#"{{"documentId": "{id}"}}"#);
        let zero = format!(r#"{{"documentId": "{id}", "version": 0}}"#);
        let more = format!(r#"{{"documentId": "{id}", "version": 1, "at": 1}}"#);
        for bad in ["7", "[]", "{}", &no_version, &zero, &more] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
