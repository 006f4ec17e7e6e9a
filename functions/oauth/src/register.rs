//! `POST /oauth/register`: a client registers itself (RFC 7591).

use std::sync::Arc;

use axum::extract::State;
use chrono::Utc;
use dynrag_api::{Answer, App, Json, SourceAddress, responses::Created};
use dynrag_app::oauth;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client says about itself. Other members are ignored: every client is public, and uses codes with PKCE.
#[derive(Deserialize, ToSchema)]
#[schema(as = OAuthRegistration)]
pub(crate) struct Registration {
    #[serde(default)]
    #[schema(min_items = 1, max_items = 10)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
}

/// A registered client. It is forgotten after a day if no user consents, and 90 days after its last use.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthClient)]
pub(crate) struct Registered {
    client_id: String,
    client_id_issued_at: i64,
    client_name: String,
    redirect_uris: Vec<String>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
}

/// Registers a client.
pub(crate) async fn register(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<Registration>,
) -> Answer<Created<Registered>> {
    let name = body.client_name.as_deref();
    let client = oauth::register(&app, address.bytes(), name, body.redirect_uris).await?;
    Ok(Created(Registered {
        client_id: client.id,
        client_id_issued_at: Utc::now().timestamp(),
        client_name: client.name,
        redirect_uris: client.redirect_uris,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
    }))
}
