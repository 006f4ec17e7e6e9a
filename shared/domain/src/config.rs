//! What a customer may do and how its documents are cut: the `customer_config` table as a type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{documents::Format, error::FieldError, identity::Class, money::Usd, named::named};

named! {
    /// Where text is cut.
    #[derive(Default)]
    Strategy {
        /// At paragraphs where they fit, else at lines, sentences, words, graphemes.
        #[default]
        Recursive = "recursive",
        /// Windows of exactly `size`, wherever that is, `overlap` repeated exactly.
        Fixed = "fixed",
        /// Whole paragraphs, code blocks and tables; `overlap` is whole paragraphs or sentences.
        Paragraph = "paragraph",
        /// A section under a heading by itself, small neighbours together; a long one is cut recursively.
        Markdown = "markdown",
        /// Where the subject changes, as the embedding model sees it: the text is embedded twice,
        /// and paid for twice. `overlap` is not used.
        Semantic = "semantic",
        /// Parents of `size`, of which the quarters are embedded and found. `overlap` is not used.
        ParentChild = "parentChild",
    }
}

named! {
    /// What sizes of chunks are given in.
    #[derive(Default)]
    Unit {
        /// Unicode scalar values.
        #[default]
        Characters = "characters",
        /// cl100k tokens, counted exactly: those of OpenAI's embedding models.
        Tokens = "tokens",
    }
}

impl Unit {
    /// The smallest and the largest size of a chunk.
    pub const fn sizes(self) -> (u32, u32) {
        match self {
            Self::Characters => (100, 20_000),
            // An input of OpenAI's has at most 8,192.
            Self::Tokens => (20, 8_000),
        }
    }
}

/// How text is cut into chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chunking {
    /// Where text is cut.
    #[serde(default)]
    pub strategy: Strategy,
    /// Largest size of a chunk: 100 to 20000 characters, or 20 to 8000 tokens.
    #[schema(minimum = 20, maximum = 20000)]
    pub size: u32,
    /// Repeated at the start of the next chunk; at most half of `size`.
    pub overlap: u32,
    /// What `size` and `overlap` are given in.
    #[serde(default)]
    pub unit: Unit,
}

impl Default for Chunking {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            size: 1000,
            overlap: 200,
            unit: Unit::default(),
        }
    }
}

impl Chunking {
    /// Whether the sizes can be.
    ///
    /// # Errors
    /// The wrong fields, under the JSON pointer of this object in the request, `/chunking`.
    pub fn check(&self, pointer: &str) -> Result<(), Vec<FieldError>> {
        let (least, most) = self.unit.sizes();
        let (field, detail) = if !(least..=most).contains(&self.size) {
            let unit = self.unit.as_str();
            ("size", format!("from {least} to {most} {unit}"))
        } else if self.overlap > self.size / 2 {
            ("overlap", "at most half of size".to_owned())
        } else {
            return Ok(());
        };
        Err(vec![FieldError {
            pointer: format!("{pointer}/{field}"),
            detail,
        }])
    }
}

/// A customer's limits and choices, as `admit()` returns them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerConfig {
    /// Requests a minute, over all endpoints.
    pub requests_per_minute: i32,
    /// Requests a day.
    pub requests_per_day: i32,
    /// Requests a minute of a class of endpoints, where that has a limit of its own.
    #[serde(default)]
    pub class_limits: BTreeMap<Class, i32>,
    /// Documents that may exist at once.
    pub max_documents: i32,
    /// Largest file, in bytes.
    pub max_file_bytes: i64,
    /// Formats accepted, by their short names.
    pub allowed_types: Vec<String>,
    /// Chunking.
    pub chunking: Chunking,
    /// Embedding model asked of the provider.
    pub embedding_model: String,
    /// What the provider may cost in a month; no limit where it is none.
    #[serde(default)]
    pub monthly_budget_usd: Option<Usd>,
    /// Share of the budget at which a mail is sent.
    pub budget_alert_percent: i32,
    /// Days superseded versions are kept.
    pub retention_days: i32,
}

impl CustomerConfig {
    /// Whether documents of this format are accepted.
    pub fn allows(&self, format: Format) -> bool {
        self.allowed_types
            .iter()
            .any(|name| name == format.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_chunking_is_as_it_was() {
        let old: Chunking = serde_json::from_str(r#"{"size":1000,"overlap":200}"#).unwrap();
        assert_eq!(old, Chunking::default());
        let new = r#"{"strategy":"parentChild","size":400,"overlap":0,"unit":"tokens"}"#;
        let parsed: Chunking = serde_json::from_str(new).unwrap();
        assert_eq!(parsed.strategy, Strategy::ParentChild);
        assert_eq!(serde_json::to_string(&parsed).unwrap(), new);
        for strategy in Strategy::ALL {
            assert_eq!(strategy.as_str().parse::<Strategy>().unwrap(), *strategy);
        }
        assert!("sentences".parse::<Strategy>().is_err());
        assert_eq!("tokens".parse::<Unit>().unwrap(), Unit::Tokens);
    }

    #[test]
    fn sizes_are_held_against_their_unit() {
        let wrong = |unit, size, overlap| {
            let chunking = Chunking {
                size,
                overlap,
                unit,
                ..Chunking::default()
            };
            let fields = chunking.check("/a").err().unwrap_or_default();
            fields.first().map(|field| field.pointer.clone())
        };
        let (characters, tokens) = (Unit::Characters, Unit::Tokens);
        for (unit, size, overlap) in [
            (characters, 100, 50),
            (characters, 20_000, 0),
            (tokens, 20, 10),
            (tokens, 8_000, 0),
        ] {
            assert_eq!(wrong(unit, size, overlap), None);
        }
        for (unit, size) in [
            (characters, 99),
            (characters, 20_001),
            (tokens, 19),
            (tokens, 8_001),
        ] {
            assert_eq!(wrong(unit, size, 0).as_deref(), Some("/a/size"));
        }
        assert_eq!(wrong(tokens, 100, 51).as_deref(), Some("/a/overlap"));
    }
}
