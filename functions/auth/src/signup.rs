//! `POST /api/auth/signup`: a customer with its first user and its default API key.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Context, Json, SourceAddress,
    answers::Created,
    sends_mail,
    tokens::{SECRET_CHARACTERS, Subject},
};
use dynrag_cloud::vault::Purpose;
use dynrag_config::{EmbeddingModelConfig, SignupMode};
use dynrag_domain::{
    ApiKeyId, CustomerId, Error, FieldError, Kind, Result, SessionId, UserId,
    api_keys::{self, ApiKey},
    audit::{Action, Actor},
    company,
    identity::{Email, Role},
    passwords,
    tasks::Task,
};
use dynrag_store::{
    audit,
    customers::{self, NewCustomer},
    outbox,
    secrets::SealedSecret,
};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{
    password_hash,
    session::{self, Session, Signing},
};

/// The body of a signup.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Signup {
    #[schema(format = "email")]
    email: String,
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    password: SecretString,
    #[schema(max_length = 100)]
    company_name: Option<String>,
    #[schema(value_type = Option<String>, format = "password")]
    invitation_token: Option<SecretString>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignedUpCustomer)]
pub(crate) struct CustomerBody {
    id: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignedUpUser)]
pub(crate) struct UserBody {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) role: Role,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUp {
    customer: CustomerBody,
    user: UserBody,
    #[serde(flatten)]
    session: Session,
    /// Shown this once.
    api_key: String,
}

/// Signs a customer up.
pub(crate) async fn signup(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<Signup>,
) -> Answer<Created<SignedUp>> {
    let (email, company_name) = validate(&body)?;
    let invitation = may_sign_up(&body)?;
    // Who is told that an address is taken is told so slowly.
    context.attempt("auth-signup", &address).await?;
    let account = NewAccount {
        email,
        password: body.password,
        company_name,
        invitation,
    };
    let (created, session) = create_account(&context, account).await?;
    tracing::info!(customer_id = %created.customer_id, "customer signed up");
    let signed_up = SignedUp {
        customer: CustomerBody {
            id: created.customer_id,
            company_name: created.company_name,
        },
        user: UserBody {
            id: created.user_id,
            email: created.email.as_str().to_owned(),
            role: Role::Business,
        },
        session,
        api_key: created.api_key.expose_secret().to_owned(),
    };
    Ok(Created(signed_up))
}

/// Whether anybody may sign up, and else the hash of the invitation by which this one may.
fn may_sign_up(body: &Signup) -> Result<Option<[u8; 32]>> {
    match SignupMode::from_env().map_err(Error::internal_fault)? {
        SignupMode::Open => Ok(None),
        SignupMode::Closed => Err(Error::new(
            Kind::Forbidden,
            "signup_closed",
            "Nobody can sign up here. Ask for an invitation to a company that has an account.",
        )),
        SignupMode::Invited => body
            .invitation_token
            .as_ref()
            .map(|token| Some(Sha256::digest(token.expose_secret().as_bytes()).into()))
            .ok_or_else(not_invited),
    }
}

fn not_invited() -> Error {
    Error::new(
        Kind::Forbidden,
        "invitation_required",
        "Signing up here takes a valid invitationToken. Ask whoever runs this platform for one.",
    )
}

fn validate(body: &Signup) -> Result<(Email, Option<String>)> {
    let mut fields = Vec::new();
    let mut bad = |pointer: &str, detail: &str| {
        fields.push(FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    };
    let email = Email::try_from(body.email.as_str())
        .map_err(|detail| bad("/email", detail))
        .ok();
    if let Err(detail) = passwords::check(body.password.expose_secret(), &body.email) {
        bad("/password", detail);
    }
    let company = company::name(body.company_name.as_deref().unwrap_or_default());
    let company = company.unwrap_or_else(|detail| {
        bad("/companyName", detail);
        None
    });
    match email {
        Some(email) if fields.is_empty() => Ok((email, company.map(str::to_owned))),
        _ => Err(Error::fields_invalid(fields)),
    }
}

/// An account to create, its fields checked.
pub(crate) struct NewAccount {
    /// Address of the first user.
    email: Email,
    /// Its password.
    password: SecretString,
    /// The company.
    company_name: Option<String>,
    /// Hash of the invitation it takes; none where it takes none.
    invitation: Option<[u8; 32]>,
}

/// An account that was created.
pub(crate) struct CreatedAccount {
    customer_id: CustomerId,
    user_id: UserId,
    email: Email,
    company_name: Option<String>,
    /// The default API key, shown once.
    api_key: SecretString,
}

/// Creates a customer with its secrets, first user, default key and first session, all or nothing:
/// what KMS was asked for before a failure is a data key nobody has.
///
/// # Errors
/// `email_taken` (conflict); `invitation_required` (forbidden); `unavailable`.
async fn create_account(context: &Context, new: NewAccount) -> Result<(CreatedAccount, Session)> {
    let customer_id = CustomerId::generate();
    let user_id = UserId::generate();
    let embeddings = EmbeddingModelConfig::from_env().map_err(Error::internal_fault)?;
    let password_hash = password_hash::hash(new.password).await?;
    let (wrapped_data_key, data_key) = context.vault().await?.generate(customer_id).await?;

    let signing = Signing {
        access: random(SECRET_CHARACTERS),
        refresh: random(SECRET_CHARACTERS),
    };
    let seal = |purpose: Purpose, secret: &SecretString| -> Result<SealedSecret> {
        let sealed = data_key.seal(purpose, 1, secret.expose_secret().as_bytes())?;
        Ok(SealedSecret {
            purpose: purpose.as_str(),
            version: 1,
            nonce: sealed.nonce.to_vec(),
            ciphertext: sealed.ciphertext,
        })
    };
    let secrets = [
        seal(Purpose::AccessToken, &signing.access)?,
        seal(Purpose::RefreshToken, &signing.refresh)?,
    ];

    let key = api_keys::generate();
    let parsed = ApiKey::parse(&key)?;
    let tx = context.unbounded_store().await?.tenant(customer_id).await?;
    let customer = NewCustomer {
        company_name: new.company_name.as_deref(),
        wrapped_data_key: &wrapped_data_key,
        embedding_model: &embeddings.default_model,
        platform_budget: embeddings.platform_budget,
        platform_key: !sends_mail(),
        user_id,
        email: &new.email,
        password_hash: &password_hash,
        api_key_id: ApiKeyId::generate(),
        api_key_public_id: parsed.public_id,
        api_key_hash: &parsed.secret_hash(),
        secrets: &secrets,
    };
    if let Some(hash) = &new.invitation
        && !customers::use_signup_invitation(&tx, hash).await?
    {
        return Err(not_invited());
    }
    customers::insert(&tx, &customer).await?;
    let subject = Subject {
        customer_id,
        user_id,
        session_id: SessionId::generate(),
        email: new.email.as_str(),
        role: Role::Business,
    };
    let session = session::begin(&tx, context.tokens().await?, &signing, subject).await?;
    audit::record(
        &tx,
        Actor::User(user_id),
        Action::CustomerCreated,
        customer_id.as_uuid(),
        &json!({}),
    )
    .await?;
    let verification = if sends_mail() {
        Some(outbox::insert(&tx, Task::verify_email(customer_id, user_id)).await?)
    } else {
        None
    };
    tx.commit().await?;
    if let Some(verification) = verification {
        context.dispatch(&verification).await;
    }
    let created = CreatedAccount {
        customer_id,
        user_id,
        email: new.email,
        company_name: new.company_name,
        api_key: SecretString::from(key),
    };
    Ok((created, session))
}

/// Random characters of `0-9A-Za-z`, 5.95 bits each.
fn random(characters: usize) -> SecretString {
    SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), characters))
}
