//! `DELETE /api/customers`: the customer leaves.
//!
//! Nobody is admitted from the commit on, and what its secrets were sealed with is gone: that cannot be
//! undone. Documents, vectors and rows are removed by a task.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, answers::Accepted, scopes::Owner};
use dynrag_store::erasure;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::own_password;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    /// The user's own: a stolen token is not enough.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomerDeletion)]
pub(crate) struct Deleting {
    status: &'static str,
}

impl Default for Deleting {
    fn default() -> Self {
        Self { status: "deleting" }
    }
}

/// Deletes the caller's customer.
pub(crate) async fn delete_account(
    caller: Caller<Owner>,
    State(context): State<Arc<Context>>,
    Json(body): Json<DeleteAccount>,
) -> Answer<Accepted<Deleting>> {
    let (user, _) = caller.user()?;
    let who = (caller.customer_id, user);
    let store = caller.store();
    own_password::check(store, "customers-delete", who, body.password).await?;
    let tx = store.tenant(caller.customer_id).await?;
    let pending = erasure::begin(&tx).await?;
    tx.commit().await?;
    if let Some(pending) = pending {
        context.dispatch(&pending).await;
    }
    tracing::info!(customer_id = %caller.customer_id, user_id = %user, "customer deleted");
    Ok(Accepted(Deleting::default()))
}
