//! `GET PUT DELETE /api/customers/reranker`: the customer's own reranker.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Json, responses::NoContent, scopes::AdminTenant};
use dynrag_app::customers::reranker::{self, NewReranker};
use dynrag_domain::money::Usd;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A reranker, without its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reranker)]
pub(crate) struct RerankerBody {
    url: String,
    model: String,
    has_api_key: bool,
    /// What a thousand searches cost; null if it is not known.
    #[schema(value_type = Option<String>, required)]
    usd_per_thousand_searches: Option<Usd>,
    updated_at: DateTime<Utc>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RerankerChange {
    /// Where texts are posted, in the shape of Cohere's and Jina's `/rerank`; https.
    #[schema(max_length = 2048)]
    url: String,
    #[schema(min_length = 1, max_length = 200)]
    model: String,
    /// Sent as bearer token. Without it the reranker is asked without a key, also if it had one before.
    #[schema(value_type = Option<String>, format = "password")]
    api_key: Option<SecretString>,
    /// What a thousand searches cost, from 0 to 1000 dollars, for the ledger and the budget.
    usd_per_thousand_searches: Option<Usd>,
}

/// Returns the reranker.
pub(crate) async fn get(caller: Caller<AdminTenant>) -> Answer<Json<RerankerBody>> {
    let row = reranker::get(&caller).await?;
    Ok(Json(RerankerBody {
        url: row.url,
        model: row.model,
        has_api_key: row.key.is_some(),
        usd_per_thousand_searches: row.usd_per_thousand_searches,
        updated_at: row.updated_at,
    }))
}

/// Sets the reranker and its key.
pub(crate) async fn put(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Json(body): Json<RerankerChange>,
) -> Answer<NoContent> {
    let new = NewReranker {
        url: body.url,
        model: body.model,
        api_key: body.api_key,
        usd_per_thousand_searches: body.usd_per_thousand_searches,
    };
    reranker::set(&app, &caller, &new).await?;
    Ok(NoContent)
}

/// Deletes the reranker and its key.
pub(crate) async fn delete(caller: Caller<AdminTenant>) -> Answer<NoContent> {
    reranker::delete(&caller).await?;
    Ok(NoContent)
}
