//! `GET /api/customers/usage`: usage, cost, and use of each limit.

use dynrag_api::{
    Answer, Caller, Json, Query,
    scopes::Metrics,
    usage::{Period, UsageBody},
};
use dynrag_domain::{money::Usd, quotas::Quota};
use dynrag_store::{admission::Admission, quotas::Quotas};
use serde::Serialize;
use utoipa::ToSchema;

/// Usage of a period, and the present use of limits.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerUsage {
    #[serde(flatten)]
    usage: UsageBody,
    limits: UsedLimits,
}

/// Use of each limit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsedLimits {
    documents: Quota,
    /// Chunks of all published documents.
    chunks: Quota,
    budget: UsedBudget,
    collections: Quota,
    keys: Quota,
    /// Users and open invitations.
    users: Quota,
    webhooks: Quota,
    /// Active crawls.
    crawls: Quota,
    /// Active bulk actions.
    bulk_actions: Quota,
}

/// Use of a budget this month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsedBudget {
    spent_usd: Usd,
    /// The budget; null means no limit.
    #[schema(value_type = Option<String>, required)]
    limit_usd: Option<Usd>,
}

impl UsedLimits {
    fn new(caller: &Admission, quotas: Quotas) -> Self {
        Self {
            documents: quotas.documents,
            chunks: quotas.chunks,
            budget: UsedBudget {
                spent_usd: caller.spent,
                limit_usd: caller.config.monthly_budget_usd,
            },
            collections: quotas.collections,
            keys: quotas.keys,
            users: quotas.users,
            webhooks: quotas.webhooks,
            crawls: quotas.crawls,
            bulk_actions: quotas.bulk_actions,
        }
    }
}

/// Returns usage of a period and the limits.
pub(crate) async fn get(
    caller: Caller<Metrics>,
    Query(period): Query<Period>,
) -> Answer<Json<CustomerUsage>> {
    let days = period.days()?;
    let store = caller.store();
    let rows = store.usage(caller.tenant(), days.0, days.1).await?;
    let quotas = store.quotas(caller.tenant()).await?;
    Ok(Json(CustomerUsage {
        usage: UsageBody::new(days, rows),
        limits: UsedLimits::new(&caller, quotas),
    }))
}
