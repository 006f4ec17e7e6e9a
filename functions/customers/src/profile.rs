//! `GET PUT /api/customers/profile`: the company.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json,
    scopes::{AdminTenant, Anyone},
};
use dynrag_domain::{
    CustomerId, Error,
    audit::Action,
    company::{self, CustomerStatus},
};
use dynrag_store::{
    audit,
    customers::{self, CustomerRow},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Profile)]
pub(crate) struct ProfileBody {
    id: CustomerId,
    status: CustomerStatus,
    /// Left out where the caller does not see the account, as are the others below.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    company_name: Option<Option<String>>,
    /// Whether embeddings are asked for with the customer's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_openai_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<DateTime<Utc>>,
}

impl ProfileBody {
    fn new(row: CustomerRow, sees_account: bool) -> Self {
        Self {
            id: row.id,
            status: row.status,
            company_name: sees_account.then_some(row.company_name),
            has_openai_key: sees_account.then_some(row.has_openai_key),
            created_at: sees_account.then_some(row.created_at),
        }
    }
}

/// Shows what the caller may see of it.
pub(crate) async fn get(caller: Caller<Anyone>) -> Answer<Json<ProfileBody>> {
    let tx = caller.store().tenant(caller.customer_id).await?;
    let row = customers::get(&tx).await?;
    tx.commit().await?;
    Ok(Json(ProfileBody::new(row, caller.sees_account())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ProfileChange)]
pub(crate) struct Change {
    /// Null, or nothing but spaces, takes it away.
    #[schema(max_length = 100)]
    company_name: Option<String>,
}

/// Changes the company's name.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    Json(change): Json<Change>,
) -> Answer<Json<ProfileBody>> {
    let name = company::name(change.company_name.as_deref().unwrap_or_default())
        .map_err(|detail| Error::field("/companyName", detail))?;
    let tx = caller.store().tenant(caller.customer_id).await?;
    customers::rename(&tx, name).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"companyName": name});
    audit::record(&tx, actor, Action::CustomerUpdated, target, &details).await?;
    let row = customers::get(&tx).await?;
    tx.commit().await?;
    Ok(Json(ProfileBody::new(row, caller.sees_account())))
}
