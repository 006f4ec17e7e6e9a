//! The field `rerank` of a search: `true`, or `{"candidates": 50}`.

use std::fmt;

use dynrag_domain::search::CANDIDATES;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;

/// Whether the results are reranked.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Rerank {
    Default(bool),
    Candidates(Candidates),
}

/// How many results are reranked.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RerankCandidates)]
pub(crate) struct Candidates {
    /// Chunks that the reranker orders; `topK`, if that is more.
    #[serde(default = "default_candidates")]
    #[schema(default = 50, minimum = 1, maximum = 100)]
    candidates: u32,
}

fn default_candidates() -> u32 {
    CANDIDATES
}

impl Rerank {
    /// How many chunks are reranked, if any.
    pub(crate) fn candidates(&self) -> Option<u32> {
        match self {
            Self::Default(wanted) => wanted.then_some(CANDIDATES),
            Self::Candidates(chosen) => Some(chosen.candidates),
        }
    }
}

/// Not derived: an untagged enum would say of a wrong field only that nothing matches, and would take a list for an object.
impl<'de> Deserialize<'de> for Rerank {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BoolOrObject;

        impl<'de> Visitor<'de> for BoolOrObject {
            type Value = Rerank;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or {\"candidates\": 50}")
            }

            fn visit_bool<E>(self, wanted: bool) -> Result<Rerank, E> {
                Ok(Rerank::Default(wanted))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rerank, A::Error> {
                Candidates::deserialize(MapAccessDeserializer::new(map)).map(Rerank::Candidates)
            }
        }

        deserializer.deserialize_any(BoolOrObject)
    }
}

#[cfg(test)]
mod tests {
    use super::Rerank;

    #[test]
    fn a_switch_or_a_number_of_candidates() {
        for (json, candidates) in [
            ("true", Some(50)),
            ("false", None),
            ("{}", Some(50)),
            (r#"{"candidates": 7}"#, Some(7)),
        ] {
            let rerank: Rerank = serde_json::from_str(json).unwrap();
            assert_eq!(rerank.candidates(), candidates, "{json}");
        }
        for bad in [
            "1",
            r#""true""#,
            "[50]",
            r#"{"topN": 5}"#,
            r#"{"candidates": -1}"#,
        ] {
            assert!(serde_json::from_str::<Rerank>(bad).is_err(), "{bad}");
        }
    }
}
