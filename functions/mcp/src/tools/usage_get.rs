//! `usage_get`: use and cost of a period.

use dynrag_api::usage::{Period, UsageBody};
use dynrag_domain::{Result, identity::Scope, money::Usd};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Shown},
};

pub(crate) struct UsageGet;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageShown)]
pub(crate) struct Used {
    #[serde(flatten)]
    usage: UsageBody,
    /// What providers cost this month so far.
    spent_this_month_usd: Usd,
    /// The month's budget; null means no limit.
    #[schema(value_type = Option<String>, required)]
    monthly_budget_usd: Option<Usd>,
}

impl Callable for UsageGet {
    const NAME: &'static str = "usage_get";
    const TITLE: &'static str = "Get usage and cost";
    const DESCRIPTION: &'static str = "Returns requests, documents, tokens and cost by day and operation, of this month or of a period of at most 366 days, \
         and what is spent of the month's budget.";
    const SCOPE: Scope = Scope::Metrics;
    type Arguments = Period;
    type Output = Used;

    async fn call(call: &Call, period: Period) -> Result<Shown<Used>> {
        let days = period.days()?;
        let (store, caller) = (call.caller.store(), &call.caller);
        let rows = store.usage(caller.tenant(), days.0, days.1).await?;
        let used = Used {
            usage: UsageBody::new(days, rows),
            spent_this_month_usd: caller.spent,
            monthly_budget_usd: caller.config.monthly_budget_usd,
        };
        Ok(used.into())
    }
}
