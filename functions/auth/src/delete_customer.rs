//! `DELETE /api/admin/customers/{id}`: an administrator of the platform deletes a customer. It stands in this group,
//! whose functions verify passwords.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Path, answers::Accepted, scopes::PlatformAdmin};
use dynrag_app::administration;
use dynrag_domain::CustomerId;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::delete_account::CustomerDeletion;

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
) -> Answer<Accepted<CustomerDeletion>> {
    let (password, confirm) = (body.password, &body.confirm);
    administration::delete_customer(&context, &caller, id, password, confirm).await?;
    Ok(Accepted(CustomerDeletion::default()))
}
