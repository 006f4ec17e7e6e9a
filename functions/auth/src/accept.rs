//! `POST /api/users/accept`: whoever was invited becomes a user.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress, answers::Created, tokens::Subject};
use dynrag_domain::{
    CustomerId, Error, SessionId, UserId,
    audit::{Action, Actor},
    passwords,
};
use dynrag_store::{audit, invitations, mail_tokens, users};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    mail_link, password_hash,
    session::{self, Session, Signing},
    signup::UserBody,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptInvitation)]
pub(crate) struct Accept {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JoinedCustomer)]
pub(crate) struct Accepted {
    customer_id: CustomerId,
    user: UserBody,
    #[serde(flatten)]
    session: Session,
}

/// Makes the user and logs it in.
pub(crate) async fn accept(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<Accept>,
) -> Answer<Created<Accepted>> {
    context.attempt("users-accept", &address).await?;
    let token = mail_link::token(&body.token)?;
    let customer_id = token.customer_id;
    let store = context.unbounded_store().await?;
    let tx = store.tenant(customer_id).await?;
    let id = mail_tokens::accepts(&tx, &token).await?;
    let invitation = match id {
        Some(id) => invitations::get(&tx, id).await?,
        None => None,
    };
    // Hashing takes its time; no transaction waits for it.
    tx.commit().await?;
    let (Some(id), Some(invitation)) = (id, invitation) else {
        return Err(mail_link::refused("invitation is not there").into());
    };
    passwords::check(body.password.expose_secret(), invitation.email.as_str())
        .map_err(|detail| Error::field("/password", detail))?;
    let hash = password_hash::hash(body.password).await?;
    let signing = Signing::of(&context, customer_id).await?;

    let user_id = UserId::generate();
    let subject = Subject {
        customer_id,
        user_id,
        session_id: SessionId::generate(),
        email: invitation.email.as_str(),
        role: invitation.role,
    };
    let tx = store.tenant(customer_id).await?;
    // Of two at once, the second finds the token gone.
    if mail_tokens::accepts(&tx, &token).await? != Some(id) || !invitations::delete(&tx, id).await?
    {
        return Err(mail_link::refused("invitation went meanwhile").into());
    }
    users::insert(&tx, user_id, &invitation.email, &hash, invitation.role).await?;
    let session = session::begin(&tx, context.tokens().await?, &signing, subject).await?;
    audit::record(
        &tx,
        Actor::User(user_id),
        Action::UserCreated,
        user_id.as_uuid(),
        &json!({"email": invitation.email, "role": invitation.role}),
    )
    .await?;
    tx.commit().await?;
    tracing::info!(%customer_id, %user_id, "invitation accepted");
    let user = UserBody {
        id: user_id,
        email: invitation.email.as_str().to_owned(),
        role: invitation.role,
    };
    let accepted = Accepted {
        customer_id,
        user,
        session,
    };
    Ok(Created(accepted))
}
