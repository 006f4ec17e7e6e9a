//! A customer's limits and chunking: the `customer_config` table as a type.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    chat::ChatModelName, documents::Format, error::FieldError, identity::Class, money::Usd,
    named::named,
};

named! {
    /// A chunking strategy.
    #[derive(Default)]
    Strategy {
        /// Splits at paragraphs if they fit, else at lines, sentences, words or graphemes.
        #[default]
        Recursive = "recursive",
        /// Windows of exactly `size`, with exactly `overlap` repeated.
        Fixed = "fixed",
        /// Whole paragraphs, code blocks and tables; `overlap` is made of whole paragraphs or sentences.
        Paragraph = "paragraph",
        /// One chunk for each section under a heading; small neighbours are merged and long sections are split
        /// recursively.
        Markdown = "markdown",
        /// Splits where the subject changes, judged by embeddings: the text is embedded twice
        /// and charged twice. `overlap` is not used.
        Semantic = "semantic",
        /// Parents of `size`; their quarters are embedded and searched, and results show the parent. `overlap` is not
        /// used.
        ParentChild = "parentChild",
    }
}

named! {
    /// The unit of chunk sizes.
    #[derive(Default)]
    Unit {
        /// Characters: Unicode scalar values.
        #[default]
        Characters = "characters",
        /// `cl100k_base` tokens, as OpenAI's embedding models count them.
        Tokens = "tokens",
    }
}

impl Unit {
    /// The smallest and the largest size of a chunk.
    pub const fn sizes(self) -> (u32, u32) {
        match self {
            Self::Characters => (100, 20_000),
            // OpenAI accepts at most 8,192 tokens per input.
            Self::Tokens => (20, 8_000),
        }
    }
}

/// How text is split into chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chunking {
    /// The strategy.
    #[serde(default)]
    pub strategy: Strategy,
    /// Largest chunk size: 100 to 20000 characters, or 20 to 8000 tokens.
    #[schema(minimum = 20, maximum = 20000)]
    pub size: u32,
    /// How much of a chunk is repeated at the start of the next; at most half of `size`.
    pub overlap: u32,
    /// The unit of `size` and `overlap`.
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
    /// Checks the sizes.
    ///
    /// # Errors
    /// The invalid fields, under the JSON pointer of this object in the request, `/chunking`.
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

/// A customer's configuration: limits and settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerConfig {
    /// Reads and searches per minute.
    pub reads_per_minute: i32,
    /// Other requests per minute.
    pub requests_per_minute: i32,
    /// Requests per day.
    pub requests_per_day: i32,
    /// Requests per minute for classes of endpoints that have their own limit.
    #[serde(default)]
    pub class_limits: BTreeMap<Class, i32>,
    /// Most documents.
    pub max_documents: i32,
    /// Largest file, in bytes.
    pub max_file_bytes: i64,
    /// Most pages per document.
    pub max_pages: i32,
    /// Most characters of text per document.
    pub max_characters: i64,
    /// Most chunks per document.
    pub max_document_chunks: i32,
    /// Most chunks of all published documents together. Documents embedded at the same time can exceed it by their own
    /// chunks.
    pub max_chunks: i32,
    /// Most bytes of all originals together, including superseded versions.
    pub max_storage_bytes: i64,
    /// Invitation emails per day.
    pub invitations_per_day: i32,
    /// Budget per calendar month for calls with the platform's provider key.
    pub platform_budget_usd: Usd,
    /// Accepted formats, by their short names.
    pub allowed_types: Vec<String>,
    /// Default chunking of documents.
    pub chunking: Chunking,
    /// Embedding model.
    pub embedding_model: String,
    /// Budget per calendar month for calls of the provider; null means no limit.
    #[serde(default)]
    pub monthly_budget_usd: Option<Usd>,
    /// Percentage of the budget at which an alert email is sent.
    pub budget_alert_percent: i32,
    /// Days for which superseded versions are kept.
    pub retention_days: i32,
    /// Days for which a deleted document can be undeleted; 0 deletes permanently at once.
    #[serde(default)]
    pub deletion_retention_days: i32,
    /// Chat models, `provider/model`: the first that answers does. Empty: answers are quotations.
    #[serde(default)]
    pub chat_models: Vec<ChatModelName>,
    /// Budget per calendar month for the chat models that one user or key asks; null means no limit.
    #[serde(default)]
    pub chat_user_budget_usd: Option<Usd>,
    /// Budget for the chat models of one conversation; null means no limit.
    #[serde(default)]
    pub chat_session_budget_usd: Option<Usd>,
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

    /// Most requests per minute for a class: the customer's general limit for its kind of request.
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

/// The largest accepted value of a limit.
fn most(name: &str) -> i64 {
    match name {
        STORAGE => 1_000_000_000_000_000,
        _ => 1_000_000_000,
    }
}

const MAX_BUDGET: Usd = Usd::from_nanos(1_000_000 * 1_000_000_000);

/// Deserializes a member that may be left out but must not be null.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Limits that the platform sets. A limit that is left out stays unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Limits)]
pub struct PlatformLimits {
    /// Reads and searches per minute.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub reads_per_minute: Option<i32>,
    /// Other requests per minute.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub requests_per_minute: Option<i32>,
    /// Requests per day.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub requests_per_day: Option<i32>,
    /// Most documents.
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
    /// Most pages per document.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_pages: Option<i32>,
    /// Most characters of text per document.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_characters: Option<i64>,
    /// Most chunks per document.
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
    /// Most bytes of all originals together, including superseded versions.
    #[schema(minimum = 1, maximum = 1000000000000000i64)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_storage_bytes: Option<i64>,
    /// Invitation emails per day.
    #[schema(minimum = 1, maximum = 1000000000)]
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub invitations_per_day: Option<i32>,
    /// Budget in USD per calendar month for calls with the platform's provider key: at most 1000000, with at most six
    /// decimals.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    pub platform_budget_usd: Option<Usd>,
}

impl PlatformLimits {
    /// Checks that each limit is at least 1 and not too large, and the budget at most 1,000,000 USD.
    ///
    /// # Errors
    /// The invalid fields, under their JSON pointers.
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

    /// Returns the given limits by their JSON names, which `admin_set_limits()` in the database reads; a budget is in
    /// billionths of a dollar.
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
    fn omitted_members_of_chunking_have_defaults() {
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
    fn sizes_are_checked_against_the_limits_of_their_unit() {
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
