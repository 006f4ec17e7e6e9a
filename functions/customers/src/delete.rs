//! `DELETE /api/customers`: deletes the caller's account.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json,
    responses::{Accepted, CustomerDeletion},
    scopes::Owner,
};
use dynrag_app::customers::deletion;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    /// The user's own password, so that a stolen token is not enough.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

/// Deletes the caller's customer.
pub(crate) async fn delete(
    caller: Caller<Owner>,
    State(app): State<Arc<App>>,
    Json(body): Json<DeleteAccount>,
) -> Answer<Accepted<CustomerDeletion>> {
    deletion::delete(&app, &caller, body.password).await?;
    Ok(Accepted(CustomerDeletion::default()))
}
