//! `PUT DELETE /api/customers/openai-key`: the customer's own API key for the embedding provider.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, responses::NoContent, scopes::AdminTenant};
use dynrag_app::customers::provider_key;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ProviderKey {
    #[schema(value_type = String, format = "password")]
    api_key: SecretString,
}

/// Sets the key and retries documents that waited for one.
pub(crate) async fn put(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Json(body): Json<ProviderKey>,
) -> Answer<NoContent> {
    provider_key::set(&app, &caller, &body.api_key).await?;
    Ok(NoContent)
}

/// Deletes the key; the platform's key is used from now on.
pub(crate) async fn delete(caller: Caller<AdminTenant>) -> Answer<NoContent> {
    provider_key::delete(&caller).await?;
    Ok(NoContent)
}
