//! `GET PUT /api/customers/profile`: the company.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Context, Json,
    scopes::{AdminTenant, Anyone},
};
use dynrag_domain::{CustomerId, Error, audit::Action, company};
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
    company_name: Option<String>,
    status: String,
    /// Whether embeddings are asked for with the customer's own key.
    has_openai_key: bool,
    created_at: DateTime<Utc>,
}

impl From<CustomerRow> for ProfileBody {
    fn from(row: CustomerRow) -> Self {
        Self {
            id: row.id,
            company_name: row.company_name,
            status: row.status,
            has_openai_key: row.has_openai_key,
            created_at: row.created_at,
        }
    }
}

/// Shows it.
pub(crate) async fn get(
    caller: Caller<Anyone>,
    State(context): State<Arc<Context>>,
) -> Answer<Json<ProfileBody>> {
    let tx = context.store().await?.tenant(caller.customer_id).await?;
    let row = customers::get(&tx).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
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
    State(context): State<Arc<Context>>,
    Json(change): Json<Change>,
) -> Answer<Json<ProfileBody>> {
    let name = company::name(change.company_name.as_deref().unwrap_or_default())
        .map_err(|detail| Error::field("/companyName", detail))?;
    let tx = context.store().await?.tenant(caller.customer_id).await?;
    customers::rename(&tx, name).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"companyName": name});
    audit::record(&tx, actor, Action::CustomerUpdated, target, &details).await?;
    let row = customers::get(&tx).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}
