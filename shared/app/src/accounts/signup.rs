//! Signup: creates a customer with its secrets, its first user, a default API key and a first session.

use dynrag_cloud::vault::Purpose;
use dynrag_config::{EmbeddingModelConfig, SignupMode};
use dynrag_domain::{
    ApiKeyId, CustomerId, Error, FieldError, Kind, Result, UserId,
    api_keys::{self, ApiKey},
    audit::{Action, Actor},
    company,
    identity::{Email, Role},
    passwords::check,
    tasks::Task,
};
use dynrag_store::{
    TenantId, audit,
    customers::{self, NewCustomer},
    secrets::SealedSecret,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    App, emails, passwords,
    sessions::{NewSession, SessionUser, SigningSecrets, begin},
    tokens::generate_secret,
};

/// A requested account.
pub struct NewAccount {
    /// Email address of the first user.
    pub email: String,
    /// Its password.
    pub password: SecretString,
    /// The company name.
    pub company_name: Option<String>,
    /// The token of an invitation, where signup is by invitation.
    pub invitation_token: Option<SecretString>,
}

/// A created account.
pub struct CreatedAccount {
    /// The company name.
    pub company_name: Option<String>,
    /// The default API key, shown once.
    pub api_key: SecretString,
    /// The session of the first user.
    pub session: NewSession,
}

/// Creates an account.
///
/// # Errors
/// `invalid_fields`; `email_taken` (conflict); `signup_closed`, `invitation_required` (forbidden); `too_many_attempts` (rate
/// limited); `unavailable`.
pub async fn sign_up(app: &App, address: &[u8], new: NewAccount) -> Result<CreatedAccount> {
    let (email, company_name) = validate(&new)?;
    let invitation = may_sign_up(new.invitation_token.as_ref())?;
    // The 409 reveals that the address exists, so throttle first.
    app.attempt("auth-signup", address).await?;
    let account = Account {
        email,
        password: new.password,
        company_name,
        invitation,
    };
    let created = create(app, account).await?;
    tracing::info!(customer_id = %created.session.user.customer_id, "customer signed up");
    Ok(created)
}

fn validate(new: &NewAccount) -> Result<(Email, Option<String>)> {
    let mut fields = Vec::new();
    let mut bad = |pointer: &str, detail: &str| {
        fields.push(FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    };
    let email = Email::try_from(new.email.as_str())
        .map_err(|detail| bad("/email", detail))
        .ok();
    if let Err(detail) = check(new.password.expose_secret(), &new.email) {
        bad("/password", detail);
    }
    let company = company::name(new.company_name.as_deref().unwrap_or_default());
    let company = company.unwrap_or_else(|detail| {
        bad("/companyName", detail);
        None
    });
    match email {
        Some(email) if fields.is_empty() => Ok((email, company.map(str::to_owned))),
        _ => Err(Error::fields_invalid(fields)),
    }
}

/// Returns the hash of the invitation to use up; `None` where signup is open.
fn may_sign_up(invitation_token: Option<&SecretString>) -> Result<Option<[u8; 32]>> {
    match SignupMode::from_env().map_err(Error::internal_fault)? {
        SignupMode::Open => Ok(None),
        SignupMode::Closed => Err(Error::new(
            Kind::Forbidden,
            "signup_closed",
            "Signup is closed on this deployment. Ask a company with an account to invite you.",
        )),
        SignupMode::Invited => invitation_token
            .map(|token| Some(Sha256::digest(token.expose_secret().as_bytes()).into()))
            .ok_or_else(not_invited),
    }
}

fn not_invited() -> Error {
    Error::new(
        Kind::Forbidden,
        "invitation_required",
        "Signup on this deployment needs a valid invitationToken. Ask the platform's operator for one.",
    )
}

/// An account to create, with checked fields.
struct Account {
    email: Email,
    password: SecretString,
    company_name: Option<String>,
    /// Hash of the invitation to use up.
    invitation: Option<[u8; 32]>,
}

/// The secrets of a new customer.
struct Secrets {
    wrapped_data_key: Vec<u8>,
    signing: SigningSecrets,
    sealed: [SealedSecret; 2],
}

impl Secrets {
    /// Generates them under a new data key.
    async fn generate(app: &App, customer: CustomerId) -> Result<Self> {
        let (wrapped_data_key, data_key) = app.vault().await?.generate(customer).await?;
        let signing = SigningSecrets {
            access: generate_secret(),
            refresh: generate_secret(),
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
        let sealed = [
            seal(Purpose::AccessToken, &signing.access)?,
            seal(Purpose::RefreshToken, &signing.refresh)?,
        ];
        Ok(Self {
            wrapped_data_key,
            signing,
            sealed,
        })
    }
}

/// Creates a customer and everything that belongs to it in one transaction. A data key that KMS generated before a
/// failure is never used.
async fn create(app: &App, new: Account) -> Result<CreatedAccount> {
    let tenant = TenantId::generate();
    let user = SessionUser {
        customer_id: tenant.customer_id(),
        id: UserId::generate(),
        email: new.email,
        role: Role::Business,
    };
    let embeddings = EmbeddingModelConfig::from_env().map_err(Error::internal_fault)?;
    let password_hash = passwords::hash(new.password).await?;
    let secrets = Secrets::generate(app, user.customer_id).await?;
    let key = api_keys::generate();
    let parsed = ApiKey::parse(&key)?;
    let customer = NewCustomer {
        company_name: new.company_name.as_deref(),
        wrapped_data_key: &secrets.wrapped_data_key,
        embedding_model: &embeddings.default_model,
        platform_budget: embeddings.platform_budget,
        platform_key: !emails::enabled(),
        user_id: user.id,
        email: &user.email,
        password_hash: &password_hash,
        api_key_id: ApiKeyId::generate(),
        api_key_public_id: parsed.public_id,
        api_key_hash: &parsed.secret_hash(),
        secrets: &secrets.sealed,
    };
    let store = app.unbounded_store().await?;
    let tx = store.tenant(tenant).await?;
    if let Some(hash) = &new.invitation
        && !customers::use_signup_invitation(&tx, hash).await?
    {
        return Err(not_invited());
    }
    customers::insert(&tx, &customer).await?;
    let (signing, subject) = (&secrets.signing, user.new_session());
    let tokens = begin(&tx, app.tokens().await?, signing, subject).await?;
    let (actor, target) = (Actor::User(user.id), user.customer_id.as_uuid());
    audit::record(&tx, actor, Action::CustomerCreated, target, &json!({})).await?;
    let verification = emails::queue(&tx, Task::verify_email(user.customer_id, user.id)).await?;
    tx.commit().await?;
    if let Some(verification) = verification {
        app.dispatch(&verification).await;
    }
    Ok(CreatedAccount {
        company_name: new.company_name,
        api_key: SecretString::from(key),
        session: NewSession { user, tokens },
    })
}
