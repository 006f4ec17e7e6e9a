//! The part of a customer's configuration that a caller sees.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    config::CustomerConfig,
    error::{Error, Result},
};

/// The members that every caller needs: rate limits and limits of documents. All others are hidden, so that a member
/// added to [`CustomerConfig`] is not disclosed by accident.
const FOR_ALL: [&str; 11] = [
    "readsPerMinute",
    "requestsPerMinute",
    "requestsPerDay",
    "classLimits",
    "maxFileBytes",
    "maxPages",
    "maxCharacters",
    "maxDocumentChunks",
    "allowedTypes",
    "chunking",
    "embeddingModel",
];

/// A customer's configuration, or the part that every caller needs.
#[derive(Clone, Debug, Serialize)]
pub struct ShownConfig(Map<String, Value>);

impl CustomerConfig {
    /// Returns the configuration for a caller: all of it, or the part that every caller needs.
    ///
    /// # Errors
    /// None: it is a struct.
    pub fn shown(&self, whole: bool) -> Result<ShownConfig> {
        let Value::Object(mut members) =
            serde_json::to_value(self).map_err(Error::internal_fault)?
        else {
            return Err(Error::internal_fault("configuration is not an object"));
        };
        members.retain(|name, _| whole || FOR_ALL.contains(&name.as_str()));
        Ok(ShownConfig(members))
    }
}

impl PartialSchema for ShownConfig {
    fn schema() -> RefOr<Schema> {
        let mut schema = CustomerConfig::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object
                .required
                .retain(|name| FOR_ALL.contains(&name.as_str()));
        }
        schema
    }
}

impl ToSchema for ShownConfig {
    fn name() -> std::borrow::Cow<'static, str> {
        "ShownConfig".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CustomerConfig::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{config::Chunking, money::Usd};

    #[test]
    fn members_that_are_not_listed_are_hidden() {
        let config = CustomerConfig {
            reads_per_minute: 600,
            requests_per_minute: 120,
            requests_per_day: 10_000,
            class_limits: BTreeMap::new(),
            max_documents: 10_000,
            max_file_bytes: 1000,
            max_pages: 10_000,
            max_characters: 20_000_000,
            max_document_chunks: 20_000,
            max_chunks: 500_000,
            max_storage_bytes: 1_000_000,
            invitations_per_day: 20,
            platform_budget_usd: Usd::from_nanos(5_000_000_000),
            allowed_types: vec!["pdf".to_owned()],
            chunking: Chunking::default(),
            embedding_model: "m".to_owned(),
            monthly_budget_usd: None,
            budget_alert_percent: 80,
            retention_days: 30,
            deletion_retention_days: 0,
            chat_models: Vec::new(),
            chat_user_budget_usd: None,
            chat_session_budget_usd: None,
        };
        let ShownConfig(whole) = config.shown(true).unwrap();
        assert_eq!(
            Value::Object(whole.clone()),
            serde_json::to_value(&config).unwrap()
        );
        let ShownConfig(part) = config.shown(false).unwrap();
        assert_eq!(part.len(), FOR_ALL.len());
        for (name, value) in &part {
            assert_eq!(whole[name], *value);
        }
        for hidden in ["monthlyBudgetUsd", "budgetAlertPercent", "maxDocuments"] {
            assert!(whole.contains_key(hidden) && !part.contains_key(hidden));
        }
    }
}
