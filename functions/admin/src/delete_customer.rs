//! `DELETE /api/admin/customers/{id}`: an administrator of the platform deletes a customer.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path,
    answers::{Accepted, CustomerDeletion},
    scopes::PlatformAdmin,
};
use dynrag_app::administration;
use dynrag_domain::CustomerId;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

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
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
    Json(body): Json<DeleteCustomer>,
) -> Answer<Accepted<CustomerDeletion>> {
    let (password, confirm) = (body.password, &body.confirm);
    administration::delete_customer(&app, &caller, id, password, confirm).await?;
    Ok(Accepted(CustomerDeletion::default()))
}
