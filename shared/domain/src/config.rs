//! What a customer may do and how its documents are cut: the `customer_config` table as a type.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
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
    /// Reads and searches a minute.
    pub reads_per_minute: i32,
    /// Other requests a minute.
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
    /// Most pages of a document.
    pub max_pages: i32,
    /// Most characters of a document's text.
    pub max_characters: i64,
    /// Most chunks of a document.
    pub max_document_chunks: i32,
    /// Most chunks of all published documents together. Documents that are embedded at the same moment may exceed it by
    /// their own chunks.
    pub max_chunks: i32,
    /// Most bytes of the originals of all documents, with those of superseded versions.
    pub max_storage_bytes: i64,
    /// Invitations by mail a day.
    pub invitations_per_day: i32,
    /// What the platform's key may cost for this customer in a calendar month.
    pub platform_budget_usd: Usd,
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
    /// Days a deleted document can be undeleted; 0: deleted is deleted.
    #[serde(default)]
    pub deletion_retention_days: i32,
}

impl CustomerConfig {
    /// The limits that the platform sets.
    pub const fn platform_limits(&self) -> PlatformLimits {
        PlatformLimits {
            reads_per_minute: Some(self.reads_per_minute),
            requests_per_minute: Some(self.requests_per_minute),
            requests_per_day: Some(self.requests_per_day),
            max_documents: Some(self.max_documents),
            max_file_bytes: Some(self.max_file_bytes),
            max_pages: Some(self.max_pages),
            max_characters: Some(self.max_characters),
            max_document_chunks: Some(self.max_document_chunks),
            max_chunks: Some(self.max_chunks),
            max_storage_bytes: Some(self.max_storage_bytes),
            invitations_per_day: Some(self.invitations_per_day),
            platform_budget_usd: Some(self.platform_budget_usd),
        }
    }

    /// Requests a minute that a class may have: the customer's limit of the requests it belongs to.
    pub const fn most_per_minute(&self, class: Class) -> i32 {
        if class.reads() {
            self.reads_per_minute
        } else {
            self.requests_per_minute
        }
    }

    /// Whether documents of this format are accepted.
    pub fn allows(&self, format: Format) -> bool {
        self.allowed_types
            .iter()
            .any(|name| name == format.as_str())
    }
}

const BUDGET: &str = "platformBudgetUsd";
const STORAGE: &str = "maxStorageBytes";

/// The largest value of a limit.
fn most(name: &str) -> i64 {
    match name {
        STORAGE => 1_000_000_000_000_000,
        _ => 1_000_000_000,
    }
}

const MAX_BUDGET: Usd = Usd::from_nanos(1_000_000 * 1_000_000_000);

/// A member that may be left out and is not null.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Limits that the platform sets. One that is left out stays as it is. The database function reads them by their names in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Limits)]
pub struct PlatformLimits {
    /// Reads and searches a minute.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub reads_per_minute: Option<i32>,
    /// Other requests a minute.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub requests_per_minute: Option<i32>,
    /// Requests a day.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub requests_per_day: Option<i32>,
    /// Documents that may exist at once.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_documents: Option<i32>,
    /// Largest file, in bytes.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_file_bytes: Option<i64>,
    /// Most pages of a document.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_pages: Option<i32>,
    /// Most characters of a document's text.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_characters: Option<i64>,
    /// Most chunks of a document.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_document_chunks: Option<i32>,
    /// Most chunks of all documents together.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_chunks: Option<i32>,
    /// Most bytes of the originals of all documents, with those of superseded versions.
    #[schema(minimum = 1, maximum = 1000000000000000i64)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_storage_bytes: Option<i64>,
    /// Invitations by mail a day.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub invitations_per_day: Option<i32>,
    /// What the platform's key may cost for the customer in a calendar month: at most 1,000,000, exact to a millionth.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub platform_budget_usd: Option<Usd>,
}

impl PlatformLimits {
    /// Whether each is at least 1 and not too large, and the budget at most 1,000,000 USD.
    ///
    /// # Errors
    /// The wrong fields, under their JSON pointers.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut fields: Vec<FieldError> = self
            .named()
            .filter(|(name, _)| *name != BUDGET)
            .filter(|(name, limit)| !(1..=most(name)).contains(limit))
            .map(|(name, _)| FieldError {
                pointer: format!("/{name}"),
                detail: format!("from 1 to {}", most(name)),
            })
            .collect();
        let nanos = self.platform_budget_usd.map_or(0, Usd::nanos);
        if !(0..=MAX_BUDGET.nanos()).contains(&nanos) || nanos % 1_000 != 0 {
            fields.push(FieldError {
                pointer: format!("/{BUDGET}"),
                detail: "dollars from 0 to 1000000, with at most six decimals".to_owned(),
            });
        }
        if fields.is_empty() {
            Ok(())
        } else {
            Err(fields)
        }
    }

    /// The limits that are given, by their names in JSON; a budget in billionths of a dollar.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, i64)> {
        [
            ("readsPerMinute", self.reads_per_minute.map(i64::from)),
            ("requestsPerMinute", self.requests_per_minute.map(i64::from)),
            ("requestsPerDay", self.requests_per_day.map(i64::from)),
            ("maxDocuments", self.max_documents.map(i64::from)),
            ("maxFileBytes", self.max_file_bytes),
            ("maxPages", self.max_pages.map(i64::from)),
            ("maxCharacters", self.max_characters),
            ("maxDocumentChunks", self.max_document_chunks.map(i64::from)),
            ("maxChunks", self.max_chunks.map(i64::from)),
            (STORAGE, self.max_storage_bytes),
            ("invitationsPerDay", self.invitations_per_day.map(i64::from)),
            (BUDGET, self.platform_budget_usd.map(Usd::nanos)),
        ]
        .into_iter()
        .filter_map(|(name, limit)| Some((name, limit?)))
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
