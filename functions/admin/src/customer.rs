//! `GET /api/admin/customers/{id}`: a customer's status, without its documents.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path,
    scopes::PlatformAdmin,
    usage::{Period, Sum},
};
use dynrag_domain::{CustomerId, company::CustomerStatus, money::Usd};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminCustomerDetails {
    id: CustomerId,
    company_name: Option<String>,
    status: CustomerStatus,
    created_at: DateTime<Utc>,
    /// Email address of its first user.
    email: Option<String>,
    email_verified: bool,
    users: i64,
    /// Present limits and settings, as in `customers-get-config`.
    #[schema(value_type = Object)]
    config: Value,
    /// Whether it uses its own provider key.
    own_embedding_key: bool,
    /// Number of documents by status; statuses without documents are left out.
    documents: BTreeMap<String, i64>,
    /// Time of the last login, request or publication.
    last_activity_at: Option<DateTime<Utc>>,
    /// Usage this month.
    usage: Sum,
    /// Spending this month.
    spent_usd: Usd,
}

/// Returns a customer.
pub(crate) async fn get(
    caller: Caller<PlatformAdmin>,
    Path(id): Path<CustomerId>,
) -> Answer<Json<AdminCustomerDetails>> {
    let by = caller.administrator()?;
    let store = caller.store();
    let customer = store.admin_get_customer(by, id).await?;
    let (since, until) = Period::THIS_MONTH.days()?;
    let used = store.admin_usage(by, id, since, until).await?;
    Ok(Json(AdminCustomerDetails {
        id: customer.id,
        company_name: customer.company_name,
        status: customer.status,
        created_at: customer.created_at,
        email: customer.email,
        email_verified: customer.email_verified,
        users: customer.users,
        config: customer.config,
        own_embedding_key: customer.own_embedding_key,
        documents: customer.documents,
        last_activity_at: customer.last_activity_at,
        usage: Sum::of(&used),
        spent_usd: customer.spent,
    }))
}
