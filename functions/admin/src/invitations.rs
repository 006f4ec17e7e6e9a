//! `POST /api/admin/invitations`: a token by which somebody may sign up while signup is for the invited.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use dynrag_api::{Answer, Caller, answers::Created, scopes::PlatformAdmin};
use rand::distr::{Alphanumeric, SampleString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

const TIME: TimeDelta = TimeDelta::days(14);
/// Characters of `0-9A-Za-z`: 256 bits.
const CHARACTERS: usize = 43;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignupInvitation)]
pub(crate) struct Invitation {
    /// Shown this once; goes into `invitationToken` of a signup, once.
    invitation_token: String,
    expires_at: DateTime<Utc>,
}

/// Makes one.
pub(crate) async fn create(caller: Caller<PlatformAdmin>) -> Answer<Created<Invitation>> {
    let token = Alphanumeric.sample_string(&mut rand::rng(), CHARACTERS);
    let expires_at = (Utc::now() + TIME).trunc_subsecs(0);
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let by = caller.administrator()?;
    let store = caller.store();
    store.add_signup_invitation(by, &hash, expires_at).await?;
    tracing::info!(user_id = %by.user_id, "signup invitation made");
    let invitation = Invitation {
        invitation_token: token,
        expires_at,
    };
    Ok(Created(invitation))
}
