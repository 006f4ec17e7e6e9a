//! `POST /api/auth/refresh`: a refresh token for a new pair.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the commit | the old token, unspent | the caller comes again |
//! | after it, before the answer arrives | a successor nobody has | the caller comes again within ten seconds and is given that one |

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Context, Json,
    tokens::{Subject, TokenKind},
};
use dynrag_domain::{
    Error, Kind,
    sessions::{Decision, decide},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::session::{Issued, Session, Signing};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Refresh {
    #[schema(value_type = String, format = "password")]
    refresh_token: SecretString,
}

/// One sentence for every cause.
fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        "invalid_refresh_token",
        "The refresh token is not valid (any more). Log in again.",
    )
    .because(why)
}

/// Exchanges a refresh token.
pub(crate) async fn refresh(
    State(context): State<Arc<Context>>,
    Json(body): Json<Refresh>,
) -> Answer<Json<Session>> {
    let (store, vault) = (context.unbounded_store().await?, context.vault().await?);
    let tokens = context.tokens().await?;
    let token = body.refresh_token.expose_secret();
    let (claims, _) = tokens
        .verify(TokenKind::Refresh, token, store, vault)
        .await
        .map_err(|error| match error.kind() {
            Kind::Unauthenticated => refused(error.internal().unwrap_or_default()),
            _ => error,
        })?;
    // An instance has one connection, and from here on the rotation has it.
    let signing = Signing::of(&context, claims.cid).await?;
    let rotation = store
        .begin_rotation(claims.cid, claims.jti)
        .await?
        .ok_or_else(|| refused("token is not remembered"))?;
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    if rotation.token_hash != hash
        || rotation.session_id != claims.sid
        || rotation.user_id != claims.sub
    {
        rotation.leave().await?;
        return Err(refused("token is not the one that is remembered").into());
    }
    let email = rotation.email.clone();
    let subject = Subject {
        customer_id: claims.cid,
        user_id: claims.sub,
        session_id: claims.sid,
        email: &email,
        role: rotation.role,
    };
    let issued = match (decide(&rotation.presented), rotation.successor) {
        (Decision::Rotate, _) => {
            let next = Issued::new(tokens, &signing, subject)?;
            rotation.rotate(&next.row(subject)).await?;
            next
        }
        (Decision::Repeat, Some(successor)) => {
            rotation.leave().await?;
            let (id, at) = (successor.id, successor.issued_at);
            let again = Issued::again(tokens, &signing, subject, id, at)?;
            if again.hash != successor.token_hash {
                return Err(refused("role, address or secret changed meanwhile").into());
            }
            again
        }
        (Decision::Reused, _) => {
            rotation.end_session().await?;
            tracing::warn!(
                customer_id = %claims.cid, user_id = %claims.sub, session_id = %claims.sid,
                "spent refresh token came again; session ended"
            );
            return Err(refused("token was spent").into());
        }
        (Decision::Repeat | Decision::Refused, _) => {
            rotation.leave().await?;
            return Err(refused("token or session is over").into());
        }
    };
    Ok(Json(issued.session(tokens, &signing, subject)?))
}
