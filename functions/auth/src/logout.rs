//! `POST /api/auth/logout`: ends the session, or all sessions of the user.

use dynrag_api::{Answer, Caller, Json, responses::NoContent, scopes::User};
use dynrag_app::sessions;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logout {
    #[serde(default)]
    everywhere: bool,
}

/// Logs out: the session's tokens are rejected from now on.
pub(crate) async fn logout(caller: Caller<User>, body: Option<Json<Logout>>) -> Answer<NoContent> {
    if body.is_some_and(|Json(body)| body.everywhere) {
        sessions::log_out_everywhere(&caller).await?;
    } else {
        sessions::log_out(&caller).await?;
    }
    Ok(NoContent)
}
