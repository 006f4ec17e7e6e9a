//! Responses with a session and its user.

use dynrag_app::{
    sessions::{self, SessionTokens},
    tokens::ACCESS_TIME,
};
use dynrag_domain::{UserId, identity::Role};
use serde::Serialize;
use utoipa::ToSchema;

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
}

impl From<SessionTokens> for Session {
    fn from(tokens: SessionTokens) -> Self {
        Self {
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            token_type: "Bearer",
            expires_in: ACCESS_TIME.as_secs(),
        }
    }
}

/// The user of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUser {
    id: UserId,
    email: String,
    role: Role,
}

impl From<sessions::SessionUser> for SessionUser {
    fn from(user: sessions::SessionUser) -> Self {
        Self {
            id: user.id,
            email: user.email.into(),
            role: user.role,
        }
    }
}
