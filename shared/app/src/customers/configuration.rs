//! A customer's configuration.

use dynrag_domain::{
    Result, audit::Action, config::CustomerConfig, config_change::ConfigChange,
    documents::FailureCode,
};
use dynrag_store::{admission::Admission, audit, customers, documents};
use serde_json::json;

/// Changes the configuration, with effect from the customer's next request. If the monthly budget changes, documents
/// that waited for it are queued again.
///
/// # Errors
/// `platform_limit` (forbidden); `invalid_fields`; `unavailable`.
pub async fn change(caller: &Admission, change: ConfigChange) -> Result<CustomerConfig> {
    let config = change.apply(&caller.config)?;
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
