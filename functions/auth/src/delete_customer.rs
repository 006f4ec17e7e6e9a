//! `DELETE /api/admin/customers/{id}`: an administrator of the platform deletes a customer. It stands here for the
//! administrator's password, which the functions of this group can check.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Path, answers::Accepted, scopes::PlatformAdmin};
use dynrag_domain::{CustomerId, Error, tasks::Task};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{delete_account::Deleting, own_password};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteCustomer {
    /// The administrator's own: a stolen token is not enough.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
    /// The customer's company name or id, repeated: the wrong customer is deleted for good too.
    confirm: String,
}

/// Deletes a customer; what follows is as when it leaves by itself.
pub(crate) async fn delete_customer(
    caller: Caller<PlatformAdmin>,
    State(context): State<Arc<Context>>,
    Path(id): Path<CustomerId>,
    Json(body): Json<DeleteCustomer>,
) -> Answer<Accepted<Deleting>> {
    if id == caller.customer_id {
        let detail = "your own customer: use DELETE /api/customers";
        return Err(Error::field("/id", detail).into());
    }
    let by = caller.administrator()?;
    let who = (by.customer_id, by.user_id);
    let store = caller.store();
    own_password::check(store, "admin-customers-delete", who, body.password).await?;
    store.admin_delete_customer(by, id, &body.confirm).await?;
    // The customer's row says that this is due: what is not sent now is sent by `sweep`.
    context.send_due(&Task::erase(id)).await;
    tracing::warn!(customer_id = %id, user_id = %by.user_id, "customer deleted by an administrator");
    Ok(Accepted(Deleting::default()))
}
