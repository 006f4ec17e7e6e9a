//! `POST /api/admin/invitations`: a token for signup, where signup is by invitation.

use chrono::{DateTime, Utc};
use dynrag_api::{Answer, Caller, responses::Created, scopes::PlatformAdmin};
use dynrag_app::administration;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignupInvitation {
    /// The token for `invitationToken` of a signup. Shown once and valid once.
    invitation_token: String,
    expires_at: DateTime<Utc>,
}

/// Creates an invitation to sign up.
pub(crate) async fn create(caller: Caller<PlatformAdmin>) -> Answer<Created<SignupInvitation>> {
    let invitation = administration::invite(&caller).await?;
    Ok(Created(SignupInvitation {
        invitation_token: invitation.token.expose_secret().to_owned(),
        expires_at: invitation.expires_at,
    }))
}
