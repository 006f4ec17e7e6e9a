//! A change of a customer's configuration, and the rules of its fields. A customer sees the platform's limits and cannot
//! change them.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    chat::ChatModelName,
    config::{Chunking, CustomerConfig, PlatformLimits},
    documents::Format,
    error::{Error, FieldError, Kind, Result},
    identity::Class,
    money::Usd,
};

const MAX_RETENTION: i32 = 3650;
const MAX_DELETION_RETENTION: i32 = 365;
const MAX_CHAT_MODELS: usize = 10;
const MAX_BUDGET: Usd = Usd::from_nanos(100_000 * 1_000_000_000);

/// A change of the configuration. Fields that are left out stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConfigChange {
    reads_per_minute: Option<i32>,
    requests_per_minute: Option<i32>,
    requests_per_day: Option<i32>,
    max_documents: Option<i32>,
    max_file_bytes: Option<i64>,
    max_pages: Option<i32>,
    max_characters: Option<i64>,
    max_document_chunks: Option<i32>,
    max_chunks: Option<i32>,
    max_storage_bytes: Option<i64>,
    invitations_per_day: Option<i32>,
    platform_budget_usd: Option<Usd>,
    embedding_model: Option<String>,
    #[schema(value_type = Option<BTreeMap<Class, u32>>)]
    class_limits: Option<BTreeMap<Class, i32>>,
    #[schema(min_items = 1)]
    allowed_types: Option<Vec<String>>,
    chunking: Option<Chunking>,
    /// Budget in USD per calendar month for calls of the provider; null removes the limit.
    #[serde(default, deserialize_with = "crate::given")]
    #[schema(value_type = Option<Usd>)]
    monthly_budget_usd: Option<Option<Usd>>,
    #[schema(minimum = 1, maximum = 100)]
    budget_alert_percent: Option<i32>,
    #[schema(minimum = 0, maximum = 3650)]
    retention_days: Option<i32>,
    /// Days for which documents deleted from now on can be undeleted.
    #[schema(minimum = 0, maximum = 365)]
    deletion_retention_days: Option<i32>,
    /// Chat models, `provider/model`, of providers set with `PUT /api/customers/chat-providers/{name}`, or that the platform
    /// pays for: the first that answers does.
    #[schema(max_items = 10)]
    chat_models: Option<Vec<ChatModelName>>,
    /// Budget in USD per calendar month for the chat models that one user or API key asks; null removes the limit.
    #[serde(default, deserialize_with = "crate::given")]
    #[schema(value_type = Option<Usd>)]
    chat_user_budget_usd: Option<Option<Usd>>,
    /// Budget in USD for the chat models of one conversation; null removes the limit.
    #[serde(default, deserialize_with = "crate::given")]
    #[schema(value_type = Option<Usd>)]
    chat_session_budget_usd: Option<Option<Usd>>,
}

impl ConfigChange {
    /// Returns the configuration after the change. All fields are checked at once.
    ///
    /// # Errors
    /// `platform_limit` (forbidden) for a limit that the platform sets; `invalid_fields`.
    pub fn apply(self, now: &CustomerConfig) -> Result<CustomerConfig> {
        let wanted = PlatformLimits {
            reads_per_minute: self.reads_per_minute,
            requests_per_minute: self.requests_per_minute,
            requests_per_day: self.requests_per_day,
            max_documents: self.max_documents,
            max_file_bytes: None,
            max_pages: self.max_pages,
            max_characters: self.max_characters,
            max_document_chunks: self.max_document_chunks,
            max_chunks: self.max_chunks,
            max_storage_bytes: self.max_storage_bytes,
            invitations_per_day: self.invitations_per_day,
            platform_budget_usd: self.platform_budget_usd,
        };
        let now_named = now.platform_limits();
        let mut changed = wanted
            .named()
            .filter(|limit| now_named.named().all(|now| now != *limit));
        if let Some((field, _)) = changed.next() {
            let limit = now_named.named().find(|(name, _)| *name == field);
            let limit = limit.map_or(0, |(_, limit)| limit);
            return Err(Error::new(
                Kind::Forbidden,
                "platform_limit",
                format!(
                    "/{field} is {limit}, set by the platform's operator. Ask the operator to change it; \
                     GET /api/customers/usage shows what is used."
                ),
            ));
        }
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        if self
            .embedding_model
            .is_some_and(|model| model != now.embedding_model)
        {
            let detail =
                "change it with POST /api/documents/regenerate, which embeds every document again";
            bad("/embeddingModel", detail.to_owned());
        }
        let mut config = now.clone();
        if let Some(bytes) = self.max_file_bytes {
            config.max_file_bytes = bytes;
            if !(1..=now.max_file_bytes).contains(&bytes) {
                bad("/maxFileBytes", format!("from 1 to {}", now.max_file_bytes));
            }
        }
        if let Some(limits) = self.class_limits {
            for (class, n) in &limits {
                let most = now.most_per_minute(*class);
                if !(1..=most).contains(n) {
                    let pointer = format!("/classLimits/{}", class.as_str());
                    bad(&pointer, format!("from 1 to {most}"));
                }
            }
            config.class_limits = limits;
        }
        if let Some(types) = self.allowed_types {
            let known = Format::ALL.map(Format::as_str);
            config.allowed_types = known
                .iter()
                .filter(|name| types.iter().any(|wanted| wanted == *name))
                .map(|name| (*name).to_owned())
                .collect();
            let unknown = types.iter().any(|name| !known.contains(&name.as_str()));
            if unknown || config.allowed_types.is_empty() {
                bad(
                    "/allowedTypes",
                    format!("one or more of {}", known.join(", ")),
                );
            }
        }
        if let Some(chunking) = self.chunking {
            config.chunking = chunking;
            for field in chunking.check("/chunking").err().into_iter().flatten() {
                bad(&field.pointer, field.detail);
            }
        }
        for (name, change, budget) in [
            (
                "/monthlyBudgetUsd",
                self.monthly_budget_usd,
                &mut config.monthly_budget_usd,
            ),
            (
                "/chatUserBudgetUsd",
                self.chat_user_budget_usd,
                &mut config.chat_user_budget_usd,
            ),
            (
                "/chatSessionBudgetUsd",
                self.chat_session_budget_usd,
                &mut config.chat_session_budget_usd,
            ),
        ] {
            *budget = change.unwrap_or(*budget);
            // The database keeps millionths.
            if budget.is_some_and(|budget| budget > MAX_BUDGET || budget.nanos() % 1000 != 0) {
                let detail = format!("at most {MAX_BUDGET}, with at most six decimals");
                bad(name, detail);
            }
        }
        if let Some(percent) = self.budget_alert_percent {
            config.budget_alert_percent = percent;
            if !(1..=100).contains(&percent) {
                bad("/budgetAlertPercent", "from 1 to 100".to_owned());
            }
        }
        if let Some(days) = self.retention_days {
            config.retention_days = days;
            if !(0..=MAX_RETENTION).contains(&days) {
                bad("/retentionDays", format!("from 0 to {MAX_RETENTION}"));
            }
        }
        if let Some(days) = self.deletion_retention_days {
            config.deletion_retention_days = days;
            if !(0..=MAX_DELETION_RETENTION).contains(&days) {
                let detail = format!("from 0 to {MAX_DELETION_RETENTION}");
                bad("/deletionRetentionDays", detail);
            }
        }
        if let Some(models) = self.chat_models {
            if models.len() > MAX_CHAT_MODELS {
                bad("/chatModels", format!("at most {MAX_CHAT_MODELS}"));
            }
            for (place, model) in models.iter().enumerate() {
                if models.iter().take(place).any(|before| before == model) {
                    bad(
                        &format!("/chatModels/{place}"),
                        "it is listed before".to_owned(),
                    );
                }
            }
            config.chat_models = models;
        }
        if fields.is_empty() {
            Ok(config)
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> CustomerConfig {
        CustomerConfig {
            reads_per_minute: 600,
            requests_per_minute: 120,
            requests_per_day: 50_000,
            class_limits: BTreeMap::new(),
            max_documents: 10_000,
            max_file_bytes: 1000,
            max_pages: 10_000,
            max_characters: 20_000_000,
            max_document_chunks: 20_000,
            max_chunks: 500_000,
            max_storage_bytes: 10_737_418_240,
            invitations_per_day: 20,
            platform_budget_usd: Usd::from_nanos(5_000_000_000),
            allowed_types: vec!["pdf".to_owned()],
            chunking: Chunking::default(),
            embedding_model: "m".to_owned(),
            monthly_budget_usd: Some(Usd::from_nanos(5_000_000_000)),
            budget_alert_percent: 80,
            retention_days: 30,
            deletion_retention_days: 0,
            chat_models: Vec::new(),
            chat_user_budget_usd: None,
            chat_session_budget_usd: None,
        }
    }

    fn apply(json: &str) -> Result<CustomerConfig> {
        serde_json::from_str::<ConfigChange>(json)
            .unwrap()
            .apply(&config())
    }

    #[test]
    fn omitted_fields_stay_unchanged_and_null_removes_the_budget() {
        assert_eq!(apply("{}").unwrap(), config());
        let none = apply(r#"{"monthlyBudgetUsd":null}"#).unwrap();
        assert_eq!(none.monthly_budget_usd, None);
        // Sending back the configuration as read changes nothing.
        let same = serde_json::to_string(&config()).unwrap();
        assert_eq!(apply(&same).unwrap(), config());
        let types = apply(r#"{"allowedTypes":["txt","pdf","txt"]}"#).unwrap();
        assert_eq!(types.allowed_types, ["pdf", "txt"]);
    }

    #[test]
    fn invalid_fields_have_a_pointer() {
        for (json, pointer) in [
            (r#"{"maxFileBytes":1001}"#, "/maxFileBytes"),
            (r#"{"classLimits":{"search":601}}"#, "/classLimits/search"),
            (
                r#"{"classLimits":{"read":600,"write":121}}"#,
                "/classLimits/write",
            ),
            (r#"{"allowedTypes":["exe"]}"#, "/allowedTypes"),
            (r#"{"allowedTypes":[]}"#, "/allowedTypes"),
            (r#"{"chunking":{"size":50,"overlap":0}}"#, "/chunking/size"),
            (
                r#"{"chunking":{"size":100,"overlap":60}}"#,
                "/chunking/overlap",
            ),
            (
                r#"{"chunking":{"size":8001,"overlap":0,"unit":"tokens"}}"#,
                "/chunking/size",
            ),
            (r#"{"monthlyBudgetUsd":"100001"}"#, "/monthlyBudgetUsd"),
            (r#"{"chatUserBudgetUsd":"100001"}"#, "/chatUserBudgetUsd"),
            (
                r#"{"chatSessionBudgetUsd":"0.0000001"}"#,
                "/chatSessionBudgetUsd",
            ),
            (r#"{"monthlyBudgetUsd":"0.0000001"}"#, "/monthlyBudgetUsd"),
            (r#"{"budgetAlertPercent":0}"#, "/budgetAlertPercent"),
            (r#"{"retentionDays":-1}"#, "/retentionDays"),
            (r#"{"deletionRetentionDays":366}"#, "/deletionRetentionDays"),
            (r#"{"embeddingModel":"other"}"#, "/embeddingModel"),
        ] {
            assert_eq!(apply(json).unwrap_err().fields()[0].pointer, pointer);
        }
        for limit in ["readsPerMinute", "requestsPerMinute", "requestsPerDay"] {
            let error = apply(&format!(r#"{{"{limit}":61}}"#)).unwrap_err();
            assert_eq!(error.code(), "platform_limit");
        }
    }
}
