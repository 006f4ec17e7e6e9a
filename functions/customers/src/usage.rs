//! `GET /api/customers/usage`: what the customer used and what it cost.

use dynrag_api::{
    Answer, Caller, Json, Query,
    scopes::Metrics,
    usage::{Period, UsageBody},
};

/// Shows it.
pub(crate) async fn get(
    caller: Caller<Metrics>,
    Query(period): Query<Period>,
) -> Answer<Json<UsageBody>> {
    let days = period.days()?;
    let store = caller.store();
    let rows = store.usage(caller.customer_id, days.0, days.1).await?;
    Ok(Json(UsageBody::new(days, rows)))
}
