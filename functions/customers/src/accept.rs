//! `POST /api/users/accept`: accepts an invitation to become a user.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Json, SourceAddress,
    responses::Created,
    session::{Session, SessionUser},
};
use dynrag_app::users::invitations;
use dynrag_domain::CustomerId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinedCustomer {
    customer_id: CustomerId,
    user: SessionUser,
    #[serde(flatten)]
    session: Session,
}

/// Creates the user and logs it in.
pub(crate) async fn accept(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<AcceptInvitation>,
) -> Answer<Created<JoinedCustomer>> {
    let (token, password) = (&body.token, body.password);
    let new = invitations::accept(&app, address.bytes(), token, password).await?;
    Ok(Created(JoinedCustomer {
        customer_id: new.user.customer_id,
        user: new.user.into(),
        session: new.tokens.into(),
    }))
}
