//! `GET /api/admin/customers`, and usage, limits, suspension and activation of a customer.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query, cursor,
    paging::{Limit, Page},
    responses::NoContent,
    scopes::PlatformAdmin,
    usage::{Period, UsageBody},
};
use dynrag_app::administration;
use dynrag_domain::{
    CustomerId, Error, company::CustomerStatus, config::PlatformLimits, money::Usd,
};
use dynrag_store::admin::{CustomerFilter, CustomerRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MAX_WORDS: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminCustomer {
    id: CustomerId,
    company_name: Option<String>,
    status: CustomerStatus,
    created_at: DateTime<Utc>,
    /// Email address of its first user.
    email: Option<String>,
    users: i64,
    documents: i64,
    /// Spending this month.
    spent_usd: Usd,
}

impl From<CustomerRow> for AdminCustomer {
    fn from(row: CustomerRow) -> Self {
        Self {
            id: row.id,
            company_name: row.company_name,
            status: row.status,
            created_at: row.created_at,
            email: row.email,
            users: row.users,
            documents: row.documents,
            spent_usd: row.spent,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
    status: Option<CustomerStatus>,
    /// Part of a company name or a user's email address.
    q: Option<String>,
}

/// Lists all customers, newest first.
pub(crate) async fn list(
    caller: Caller<PlatformAdmin>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Page<AdminCustomer>>> {
    let limit = Limit::new(filter.limit)?;
    let after = filter.cursor.as_deref().map(cursor::decode).transpose()?;
    let words = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    if words.is_some_and(|q| q.chars().count() > MAX_WORDS || q.contains('\0')) {
        return Err(Error::field("/q", format!("at most {MAX_WORDS} characters")).into());
    }
    let wanted = CustomerFilter {
        status: filter.status,
        words,
    };
    let store = caller.store();
    let rows = store
        .admin_list_customers(caller.administrator()?, wanted, after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(AdminCustomer::from)))
}

/// Returns a customer's usage.
pub(crate) async fn usage(
    caller: Caller<PlatformAdmin>,
    Path(id): Path<CustomerId>,
    Query(period): Query<Period>,
) -> Answer<Json<UsageBody>> {
    let days = period.days()?;
    let store = caller.store();
    let rows = store
        .admin_usage(caller.administrator()?, id, days.0, days.1)
        .await?;
    Ok(Json(UsageBody::new(days, rows)))
}

/// Sets a customer's limits. Limits that are left out stay unchanged.
pub(crate) async fn limits(
    caller: Caller<PlatformAdmin>,
    Path(id): Path<CustomerId>,
    Json(limits): Json<PlatformLimits>,
) -> Answer<NoContent> {
    administration::set_limits(&caller, id, &limits).await?;
    Ok(NoContent)
}

/// Suspends a customer: its callers are rejected from the next request on.
pub(crate) async fn suspend(
    caller: Caller<PlatformAdmin>,
    Path(id): Path<CustomerId>,
) -> Answer<NoContent> {
    administration::suspend(&caller, id).await?;
    Ok(NoContent)
}

/// Reactivates a customer.
pub(crate) async fn activate(
    caller: Caller<PlatformAdmin>,
    Path(id): Path<CustomerId>,
) -> Answer<NoContent> {
    administration::activate(&caller, id).await?;
    Ok(NoContent)
}
