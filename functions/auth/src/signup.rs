//! `POST /api/auth/signup`: a customer with its first user and its default API key.

use std::sync::Arc;

use axum::extract::State;
use chrono::Utc;
use dynrag_api::{
    Answer, Context, Json,
    tokens::{REFRESH_TIME, SECRET_CHARACTERS, Subject, TokenKind, Tokens},
};
use dynrag_cloud::{Vault, vault::Purpose};
use dynrag_config::EmbeddingModelConfig;
use dynrag_domain::{
    ApiKeyId, CustomerId, Error, FieldError, Result, UserId,
    api_keys::{self, ApiKey},
    identity::{Email, Role},
    passwords,
};
use dynrag_store::{
    Store,
    customers::{self, NewCustomer},
    secrets::SealedSecret,
    users::{self, NewRefreshToken},
};
use http::StatusCode;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::password_hash;

const MAX_COMPANY: usize = 200;

/// The body of a signup.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Signup {
    email: String,
    password: SecretString,
    company_name: Option<String>,
}

/// Tokens of a session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerBody {
    id: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserBody {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) role: Role,
}

#[derive(Serialize)]
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
    State(context): State<Arc<Context>>,
    Json(body): Json<Signup>,
) -> Answer<(StatusCode, Json<SignedUp>)> {
    let (email, company_name) = validate(&body)?;
    let account = NewAccount {
        email,
        password: body.password,
        company_name,
    };
    let created = create_account(context.store().await?, context.vault().await?, account).await?;
    let subject = Subject {
        customer_id: created.customer_id,
        user_id: created.user_id,
        email: created.email.as_str(),
        role: Role::Business,
    };
    let session = start_session(
        context.store().await?,
        context.tokens().await?,
        [&created.access_secret, &created.refresh_secret],
        subject,
    )
    .await?;
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
    Ok((StatusCode::CREATED, Json(signed_up)))
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
    let company = body
        .company_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    if company
        .is_some_and(|name| name.chars().count() > MAX_COMPANY || name.contains(char::is_control))
    {
        bad(
            "/companyName",
            "at most 200 characters, none of them a control character",
        );
    }
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
}

/// An account that was created, with all that is shown once.
pub(crate) struct CreatedAccount {
    /// The tenant.
    customer_id: CustomerId,
    /// Its first user.
    user_id: UserId,
    /// The user's address.
    email: Email,
    /// The company.
    company_name: Option<String>,
    /// The default API key.
    api_key: SecretString,
    access_secret: SecretString,
    refresh_secret: SecretString,
}

/// Creates a customer with its secrets, first user and default key, all or nothing: what KMS was
/// asked for before a failure is a data key nobody has.
///
/// # Errors
/// `email_taken` (conflict); `unavailable`.
pub(crate) async fn create_account(
    store: &Store,
    vault: &Vault,
    new: NewAccount,
) -> Result<CreatedAccount> {
    let customer_id = CustomerId::generate();
    let user_id = UserId::generate();
    let model = EmbeddingModelConfig::from_env()
        .map_err(Error::internal_fault)?
        .default_model;
    let password_hash = password_hash::hash(new.password).await?;
    let (wrapped_data_key, data_key) = vault.generate(customer_id).await?;

    let access_secret = random(SECRET_CHARACTERS);
    let refresh_secret = random(SECRET_CHARACTERS);
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
        seal(Purpose::AccessToken, &access_secret)?,
        seal(Purpose::RefreshToken, &refresh_secret)?,
    ];

    let public_id = random(api_keys::PUBLIC_ID);
    let key = api_keys::compose(
        public_id.expose_secret(),
        random(api_keys::RANDOM).expose_secret(),
    );
    let parsed = ApiKey::parse(&key)?;
    let tx = store.tenant(customer_id).await?;
    let customer = NewCustomer {
        company_name: new.company_name.as_deref(),
        wrapped_data_key: &wrapped_data_key,
        embedding_model: &model,
        user_id,
        email: &new.email,
        password_hash: &password_hash,
        api_key_id: ApiKeyId::generate(),
        api_key_public_id: parsed.public_id,
        api_key_hash: &parsed.secret_hash(),
        secrets: &secrets,
    };
    customers::insert(&tx, &customer).await?;
    tx.commit().await?;
    Ok(CreatedAccount {
        customer_id,
        user_id,
        email: new.email,
        company_name: new.company_name,
        api_key: SecretString::from(key),
        access_secret,
        refresh_secret,
    })
}

/// Random characters of `0-9A-Za-z`, 5.95 bits each.
fn random(characters: usize) -> SecretString {
    SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), characters))
}

/// Issues the tokens of a new session and remembers the refresh token's hash.
pub(crate) async fn start_session(
    store: &Store,
    tokens: &Tokens,
    [access_secret, refresh_secret]: [&SecretString; 2],
    subject: Subject<'_>,
) -> Result<Session> {
    let access_token = tokens.issue(TokenKind::Access, access_secret, subject, Uuid::now_v7())?;
    let refresh_id = Uuid::now_v7();
    let refresh_token = tokens.issue(TokenKind::Refresh, refresh_secret, subject, refresh_id)?;
    let tx = store.tenant(subject.customer_id).await?;
    let remembered = NewRefreshToken {
        id: refresh_id,
        user_id: subject.user_id,
        family_id: Uuid::now_v7(),
        token_hash: &Sha256::digest(refresh_token.as_bytes()).into(),
        expires_at: Utc::now() + REFRESH_TIME,
    };
    users::insert_refresh_token(&tx, &remembered).await?;
    users::touch_login(&tx, subject.user_id).await?;
    tx.commit().await?;
    Ok(Session {
        access_token,
        refresh_token,
        token_type: "Bearer",
        expires_in: dynrag_api::tokens::ACCESS_TIME.as_secs(),
    })
}
