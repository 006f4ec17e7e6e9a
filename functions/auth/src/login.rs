//! `POST /api/auth/login`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress, attempts_per_address, tokens::Subject};
use dynrag_domain::{Error, Kind, SessionId, identity::Email, passwords};
use dynrag_store::users;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    password_hash,
    session::{self, Session, Signing},
    signup::UserBody,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(format = "email")]
    email: String,
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
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
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<Login>,
) -> Answer<Json<LoggedIn>> {
    if body.password.expose_secret().chars().count() > passwords::MAX_CHARACTERS {
        return Err(refused("password is longer than any").into());
    }
    let store = context.unbounded_store().await?;
    let quota = attempts_per_address()?;
    let email = Email::try_from(body.email.as_str());
    let found = match &email {
        Ok(email) => store.begin_login(email, address.bytes(), quota).await?,
        Err(_) => {
            context.attempt("auth-login", &address).await?;
            None
        }
    };
    let hash = found.as_ref().map(|login| login.password_hash.clone());
    if !password_hash::verify(body.password.clone(), hash).await? {
        return Err(refused("wrong password or unknown address").into());
    }
    let (Some(found), Ok(email)) = (found, email) else {
        return Err(refused("unknown address").into());
    };
    // The one moment at which the password is there to be hashed with today's parameters.
    let rehashed = if password_hash::is_outdated(&found.password_hash) {
        Some(password_hash::hash(body.password).await?)
    } else {
        None
    };
    let subject = Subject {
        customer_id: found.customer_id,
        user_id: found.user_id,
        session_id: SessionId::generate(),
        email: email.as_str(),
        role: found.role,
    };
    let signing = Signing::of(&context, found.customer_id).await?;
    let tx = store.tenant(found.customer_id).await?;
    if let Some(rehashed) = rehashed {
        users::set_password(&tx, found.user_id, &found.password_hash, &rehashed).await?;
    }
    users::end_login(&tx, found.user_id, &email, address.bytes()).await?;
    let session = session::begin(&tx, context.tokens().await?, &signing, subject).await?;
    tx.commit().await?;
    let user = UserBody {
        id: found.user_id,
        email: email.as_str().to_owned(),
        role: found.role,
    };
    Ok(Json(LoggedIn { user, session }))
}
