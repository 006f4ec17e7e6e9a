//! What a customer may do and how its documents are cut: the `customer_config` table as a type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{documents::Format, identity::Class, money::Usd};

/// How text is cut into chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chunking {
    /// Target size of a chunk, in characters.
    #[schema(minimum = 100, maximum = 20000)]
    pub size: u32,
    /// Characters repeated at the start of the next chunk; less than `size`.
    pub overlap: u32,
}

impl Default for Chunking {
    fn default() -> Self {
        Self {
            size: 1000,
            overlap: 200,
        }
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
