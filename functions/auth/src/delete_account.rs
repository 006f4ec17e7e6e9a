//! `DELETE /api/customers`: the customer leaves.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, answers::Accepted, scopes::Owner};
use dynrag_app::accounts;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    /// The user's own: a stolen token is not enough.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerDeletion {
    status: &'static str,
}

impl Default for CustomerDeletion {
    fn default() -> Self {
        Self { status: "deleting" }
    }
}

/// Deletes the caller's customer.
pub(crate) async fn delete_account(
    caller: Caller<Owner>,
    State(context): State<Arc<Context>>,
    Json(body): Json<DeleteAccount>,
) -> Answer<Accepted<CustomerDeletion>> {
    accounts::delete(&context, &caller, body.password).await?;
    Ok(Accepted(CustomerDeletion::default()))
}
