//! `GET PUT /api/customers/profile`: the customer's profile.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json,
    scopes::{AdminTenant, Anyone},
};
use dynrag_app::customers::profile;
use dynrag_domain::{CustomerId, company::CustomerStatus};
use dynrag_store::customers::CustomerRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    id: CustomerId,
    status: CustomerStatus,
    /// The company name. This and the following fields are left out for callers that may not see the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    company_name: Option<Option<String>>,
    /// Whether embeddings are computed with the customer's own provider key.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_openai_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<DateTime<Utc>>,
}

impl Profile {
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

/// Returns the part of the profile that the caller may see.
pub(crate) async fn get(caller: Caller<Anyone>) -> Answer<Json<Profile>> {
    let row = caller.store().get_customer(caller.tenant()).await?;
    Ok(Json(Profile::new(row, caller.sees_account())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ProfileChange {
    /// The company name; null or a blank name removes it.
    #[schema(max_length = 100)]
    company_name: Option<String>,
}

/// Changes the company name.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    Json(change): Json<ProfileChange>,
) -> Answer<Json<Profile>> {
    let row = profile::rename(&caller, change.company_name.as_deref()).await?;
    Ok(Json(Profile::new(row, caller.sees_account())))
}
