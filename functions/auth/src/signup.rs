//! `POST /api/auth/signup`: creates a customer with its first user and default API key.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Json, SourceAddress,
    responses::Created,
    session::{Session, SessionUser},
};
use dynrag_app::accounts::{self, CreatedAccount, NewAccount};
use dynrag_domain::CustomerId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Signup {
    #[schema(format = "email")]
    email: String,
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    password: SecretString,
    #[schema(max_length = 100)]
    company_name: Option<String>,
    #[schema(value_type = Option<String>, format = "password")]
    invitation_token: Option<SecretString>,
}

impl From<Signup> for NewAccount {
    fn from(body: Signup) -> Self {
        Self {
            email: body.email,
            password: body.password,
            company_name: body.company_name,
            invitation_token: body.invitation_token,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUpCustomer {
    id: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUp {
    customer: SignedUpCustomer,
    user: SessionUser,
    #[serde(flatten)]
    session: Session,
    /// The default API key. Shown once.
    api_key: String,
}

impl From<CreatedAccount> for SignedUp {
    fn from(created: CreatedAccount) -> Self {
        let (user, tokens) = (created.session.user, created.session.tokens);
        Self {
            customer: SignedUpCustomer {
                id: user.customer_id,
                company_name: created.company_name,
            },
            user: user.into(),
            session: tokens.into(),
            api_key: created.api_key.expose_secret().to_owned(),
        }
    }
}

/// Signs a customer up.
pub(crate) async fn signup(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<Signup>,
) -> Answer<Created<SignedUp>> {
    let created = accounts::sign_up(&app, address.bytes(), body.into()).await?;
    Ok(Created(created.into()))
}
