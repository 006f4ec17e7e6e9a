//! A customer's configuration.

use dynrag_domain::{
    Error, Result, audit::Action, chat::ChatModelName, config::CustomerConfig,
    config_change::ConfigChange, documents::FailureCode,
};
use dynrag_store::{admission::Admission, audit, customers, documents};
use serde_json::json;

use crate::{App, chat_models};

/// Changes the configuration, with effect from the customer's next request. If the monthly budget changes, documents
/// that waited for it are queued again.
///
/// # Errors
/// `platform_limit` (forbidden); `invalid_fields`; `unavailable`.
pub async fn change(app: &App, caller: &Admission, change: ConfigChange) -> Result<CustomerConfig> {
    let config = change.apply(&caller.config)?;
    if config.chat_models != caller.config.chat_models {
        check_chat_models(app, caller, &config.chat_models).await?;
    }
    let tx = caller.store().tenant(caller.tenant()).await?;
    customers::configure(&tx, &caller.config, &config).await?;
    let released = if config.monthly_budget_usd == caller.config.monthly_budget_usd {
        0
    } else {
        documents::release(&tx, &[FailureCode::BudgetExceeded]).await?
    };
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"before": caller.config, "after": config, "documentsReleased": released});
    audit::record(&tx, actor, Action::ConfigUpdated, target, &details).await?;
    tx.commit().await?;
    Ok(config)
}

/// Checks that the customer can ask for each model.
async fn check_chat_models(app: &App, caller: &Admission, names: &[ChatModelName]) -> Result<()> {
    let models = app.chat_models().await?;
    let rows = caller.store().chat_providers(caller.tenant()).await?;
    let unknown = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !models.knows(&rows, name));
    let fields = unknown.flat_map(|(place, name)| {
        let error = chat_models::unknown(&format!("/chatModels/{place}"), name);
        error.fields().to_vec()
    });
    let fields: Vec<_> = fields.collect();
    match fields.is_empty() {
        true => Ok(()),
        false => Err(Error::fields_invalid(fields)),
    }
}
