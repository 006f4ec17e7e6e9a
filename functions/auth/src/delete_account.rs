//! `DELETE /api/customers`: the customer leaves.
//!
//! Nobody is admitted from the commit on, and what its secrets were sealed with is gone: that cannot be
//! undone. Documents, vectors and rows are removed by a task.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, answers::Accepted, scopes::Owner};
use dynrag_domain::{Error, Kind};
use dynrag_store::{
    erasure,
    sessions::{self, EndReason},
    users,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::password_hash;

/// A user's tries a minute.
const ATTEMPTS: i32 = 10;

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

/// Deletes the caller's customer.
pub(crate) async fn delete_account(
    caller: Caller<Owner>,
    State(context): State<Arc<Context>>,
    Json(body): Json<DeleteAccount>,
) -> Answer<Accepted<Deleting>> {
    let (user, _) = caller.user()?;
    let store = caller.store();
    store
        .attempt("customers-delete", user.as_uuid().as_bytes(), ATTEMPTS)
        .await?;
    let tx = store.tenant(caller.customer_id).await?;
    let hash = users::password_hash(&tx, user).await?;
    // Hashing takes its time; no transaction waits for it.
    tx.commit().await?;
    if hash.is_none() || !password_hash::verify(body.password, hash).await? {
        let detail = "The password is wrong.";
        return Err(Error::new(Kind::Forbidden, "wrong_password", detail).into());
    }
    let tx = store.tenant(caller.customer_id).await?;
    sessions::end_all(&tx, EndReason::AccountDeleted).await?;
    let pending = erasure::begin(&tx).await?;
    tx.commit().await?;
    if let Some(pending) = pending {
        context.dispatch_task(&pending).await;
    }
    tracing::info!(customer_id = %caller.customer_id, user_id = %user, "customer deleted");
    let status = "deleting";
    Ok(Accepted(Deleting { status }))
}
