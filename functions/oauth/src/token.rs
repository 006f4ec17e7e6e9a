//! `POST /oauth/token` and `POST /oauth/revoke`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Form, Json,
    openapi::{Description, Success},
    responses::ShownOnce,
};
use dynrag_app::{
    oauth::{self, ClientTokens},
    tokens::CLIENT_ACCESS_TIME,
};
use dynrag_domain::{
    Result,
    oauth::{error, scope_text},
};
use http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::metadata::mcp;

/// What a client sends for tokens. Unknown parameters are ignored.
#[derive(Deserialize, ToSchema)]
#[schema(as = OAuthTokenRequest)]
pub(crate) struct Request {
    /// `authorization_code` or `refresh_token`.
    grant_type: Option<String>,
    client_id: Option<String>,
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
    redirect_uri: Option<String>,
    #[schema(value_type = Option<String>)]
    code_verifier: Option<SecretString>,
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
    scope: Option<String>,
    resource: Option<String>,
}

/// Tokens for a client.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthTokens)]
pub(crate) struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is valid.
    expires_in: u64,
    /// For the next pair of tokens, once.
    refresh_token: String,
    /// What the client may do.
    scope: String,
}

/// A token to revoke.
#[derive(Deserialize, ToSchema)]
#[schema(as = OAuthRevocation)]
pub(crate) struct Revocation {
    #[schema(value_type = Option<String>)]
    token: Option<SecretString>,
}

/// 200 without a body.
pub(crate) struct Revoked;

impl axum::response::IntoResponse for Revoked {
    fn into_response(self) -> axum::response::Response {
        StatusCode::OK.into_response()
    }
}

impl Success for Revoked {
    fn describe(description: &mut Description) {
        description.answers_nothing(200, "OK: the token is not valid any more");
    }
}

fn required<'v, T>(name: &str, value: Option<&'v T>) -> Result<&'v T> {
    value.ok_or_else(|| error("invalid_request", format!("{name} is missing.")))
}

/// Returns tokens.
pub(crate) async fn token(
    State(app): State<Arc<App>>,
    Form(request): Form<Request>,
) -> Answer<ShownOnce<Json<Tokens>>> {
    let resource = mcp().to_string();
    let target = (request.resource.as_deref(), resource.as_str());
    let client = |request: &Request| required("client_id", request.client_id.as_ref()).cloned();
    let granted = match request.grant_type.as_deref() {
        Some("authorization_code") => {
            let code = required("code", request.code.as_ref())?;
            let verifier = required("code_verifier", request.code_verifier.as_ref())?;
            let uri = required("redirect_uri", request.redirect_uri.as_ref())?;
            let proof = (code, verifier, uri.as_str());
            oauth::exchange_code(&app, &client(&request)?, proof, target).await?
        }
        Some("refresh_token") => {
            let token = required("refresh_token", request.refresh_token.as_ref())?;
            let scope = request.scope.as_deref();
            oauth::refresh(&app, &client(&request)?, token, scope, target).await?
        }
        Some(_) => {
            let detail = "grant_type: authorization_code or refresh_token.";
            return Err(error("unsupported_grant_type", detail).into());
        }
        None => return Err(error("invalid_request", "grant_type is missing.").into()),
    };
    Ok(ShownOnce(Json(Tokens::from(granted))))
}

impl From<ClientTokens> for Tokens {
    fn from(granted: ClientTokens) -> Self {
        Self {
            access_token: granted.tokens.access,
            token_type: "Bearer",
            expires_in: CLIENT_ACCESS_TIME.as_secs(),
            refresh_token: granted.tokens.refresh,
            scope: scope_text(&granted.scopes),
        }
    }
}

/// Revokes what a token belongs to. An unknown token is revoked already.
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Form(revocation): Form<Revocation>,
) -> Answer<Revoked> {
    let token = required("token", revocation.token.as_ref())?;
    oauth::revoke(&app, token, &mcp().to_string()).await?;
    Ok(Revoked)
}
