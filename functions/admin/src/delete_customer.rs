//! `DELETE /api/admin/customers/{id}`: deletes a customer.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path,
    responses::{Accepted, CustomerDeletion},
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
    /// The administrator's own password, so that a stolen token is not enough.
    #[schema(value_type = String, format = "password")]
    password: SecretString,
    /// The customer's company name or id, to confirm the permanent deletion.
    confirm: String,
}

/// Deletes a customer, as when it deletes its own account.
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
