//! `POST /api/auth/login`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Context, Json,
    tokens::{Subject, TokenKind},
};
use dynrag_domain::{Error, Kind, Result, identity::Email, passwords};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    password_hash,
    signup::{Session, UserBody, start_session},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    email: String,
    password: SecretString,
}

#[derive(Serialize)]
pub(crate) struct LoggedIn {
    user: UserBody,
    #[serde(flatten)]
    session: Session,
}

/// One sentence for every cause: nothing tells whether the address is known.
fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        "invalid_credentials",
        "E-mail or password is wrong.",
    )
    .because(why)
}

/// Logs a user in.
pub(crate) async fn login(
    State(context): State<Arc<Context>>,
    Json(body): Json<Login>,
) -> Answer<Json<LoggedIn>> {
    if body.password.expose_secret().chars().count() > passwords::MAX_CHARACTERS {
        return Err(refused("password is longer than any").into());
    }
    let store = context.store().await?;
    let email = Email::try_from(body.email.as_str());
    let found = match &email {
        Ok(email) => store.find_login(email).await?,
        Err(_) => None,
    };
    let hash = found.as_ref().map(|login| login.password_hash.clone());
    if !password_hash::verify(body.password, hash).await? {
        return Err(refused("wrong password or unknown address").into());
    }
    let (Some(found), Ok(email)) = (found, email) else {
        return Err(refused("unknown address").into());
    };
    let subject = Subject {
        customer_id: found.customer_id,
        user_id: found.user_id,
        email: email.as_str(),
        role: found.role,
    };
    let (tokens, vault) = (context.tokens().await?, context.vault().await?);
    let access = tokens
        .live(TokenKind::Access, found.customer_id, store, vault)
        .await?;
    let refresh = tokens
        .live(TokenKind::Refresh, found.customer_id, store, vault)
        .await?;
    let secrets = [newest(&access)?, newest(&refresh)?];
    let session = start_session(store, tokens, secrets, subject).await?;
    let user = UserBody {
        id: found.user_id,
        email: email.as_str().to_owned(),
        role: found.role,
    };
    Ok(Json(LoggedIn { user, session }))
}

fn newest(secrets: &[SecretString]) -> Result<&SecretString> {
    secrets
        .first()
        .ok_or_else(|| Error::internal_fault("customer has no token secret"))
}
