//! `POST /api/auth/logout`: ends the session, or all of the user's.

use dynrag_api::{Answer, Caller, Json, answers::NoContent, scopes::User};
use dynrag_domain::audit::{Action, Actor};
use dynrag_store::{
    audit,
    sessions::{self, EndReason},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logout {
    #[serde(default)]
    everywhere: bool,
}

/// Logs out: no token of the session is admitted from here on.
pub(crate) async fn logout(caller: Caller<User>, body: Option<Json<Logout>>) -> Answer<NoContent> {
    let (user, session) = caller.user()?;
    let actor = Actor::User(user);
    let tx = caller.store().tenant(caller.customer_id).await?;
    if body.is_some_and(|Json(body)| body.everywhere) {
        let ended = sessions::end_of_user(&tx, user, EndReason::Logout).await?;
        let details = json!({"sessions": ended});
        let target = user.as_uuid();
        audit::record(&tx, actor, Action::UserSessionsEnded, target, &details).await?;
    } else {
        sessions::end(&tx, session, EndReason::Logout).await?;
        let target = session.as_uuid();
        audit::record(&tx, actor, Action::SessionEnded, target, &json!({})).await?;
    }
    tx.commit().await?;
    Ok(NoContent)
}
