//! Logout.

use dynrag_domain::{
    Result,
    audit::{Action, Actor},
};
use dynrag_store::{
    admission::Admission,
    audit,
    sessions::{self, EndReason},
};
use serde_json::json;

/// Ends the caller's session: its tokens are rejected from now on.
///
/// # Errors
/// `unavailable` without a database.
pub async fn log_out(caller: &Admission) -> Result<()> {
    let (user, session) = caller.user()?;
    let (actor, target) = (Actor::User(user), session.as_uuid());
    let tx = caller.store().tenant(caller.tenant()).await?;
    sessions::end(&tx, session, EndReason::Logout).await?;
    audit::record(&tx, actor, Action::SessionEnded, target, &json!({})).await?;
    tx.commit().await
}

/// Ends all sessions of the calling user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn log_out_everywhere(caller: &Admission) -> Result<()> {
    let (user, _) = caller.user()?;
    let (actor, target) = (Actor::User(user), user.as_uuid());
    let tx = caller.store().tenant(caller.tenant()).await?;
    let ended = sessions::end_of_user(&tx, user, EndReason::Logout).await?;
    let details = json!({"sessions": ended});
    audit::record(&tx, actor, Action::UserSessionsEnded, target, &details).await?;
    tx.commit().await
}
