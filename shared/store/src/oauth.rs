//! OAuth: registered clients, authorization codes, and what sessions were granted for.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before a code is stored | nothing | the user consents again |
//! | after it, before the client gets it | a code, which expires in a minute | the same |
//! | after a code was exchanged, before the client gets its tokens | a session that no client has, and a spent code | the client starts again; if it sends the code again, the session ends |

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Error, Result, SessionId, UserId,
    audit::{Action, Actor},
    identity::{Role, Scope},
    oauth::{self, AuthorizationCode, CODE_SECONDS, Client},
};
use serde_json::json;

use crate::{
    Store, Tenant, TenantId, audit,
    row::Row,
    sessions::{self, EndReason, NewRefreshToken},
};

/// What a user has consented to.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    /// The user.
    pub user_id: UserId,
    /// The client.
    pub client: &'a Client,
    /// Where the user is sent back to.
    pub redirect_uri: &'a str,
    /// The client's PKCE challenge.
    pub challenge: &'a str,
    /// The audience of its tokens.
    pub resource: &'a str,
    /// What it may do.
    pub scopes: &'a [Scope],
}

/// A code that was presented, locked.
pub struct Presented {
    tx: Tenant,
    code: AuthorizationCode,
    /// The user.
    pub user_id: UserId,
    /// The user's address.
    pub email: String,
    /// The user's role.
    pub role: Role,
    /// The client that it was made for.
    pub client_id: String,
    /// Where the user was sent back to.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub challenge: String,
    /// The audience of its tokens.
    pub resource: String,
    /// What the client may do.
    pub scopes: Vec<Scope>,
    /// Whether it has not expired, and user and customer are active.
    pub is_valid: bool,
    client_name: String,
    session: Option<SessionId>,
}

/// What a session was granted for.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The client.
    pub client_id: String,
    /// The audience of its tokens.
    pub resource: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A client that may act for a user.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Its session.
    pub session_id: SessionId,
    /// The client.
    pub client_id: String,
    /// The name that it gave itself.
    pub client_name: String,
    /// Where the user was sent back to.
    pub redirect_uri: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When the user consented.
    pub created_at: DateTime<Utc>,
    /// When it last got new tokens.
    pub refreshed_at: DateTime<Utc>,
    /// When it ends unless it gets new tokens.
    pub expires_at: DateTime<Utc>,
}

fn scopes(row: &Row) -> Result<Vec<Scope>> {
    let names: Vec<String> = row.get("scopes")?;
    Ok(names.iter().filter_map(|name| Scope::parse(name)).collect())
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

impl Store {
    /// Registers a client.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn register_client(&self, client: &Client) -> Result<()> {
        let register = "SELECT oauth_register($1, $2, $3)";
        self.call(register, &[&client.id, &client.name, &client.redirect_uris])
            .await
            .map(drop)
    }

    /// Returns a registered client; `None` if there is none, or it has expired.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn registered_client(&self, id: &str) -> Result<Option<Client>> {
        let find = "SELECT name, redirect_uris FROM oauth_client($1)";
        let rows = self.call(find, &[&id]).await?;
        let client = rows.first().map(|row| {
            Ok::<_, Error>(Client {
                id: id.to_owned(),
                name: row.get("name")?,
                redirect_uris: row.get("redirect_uris")?,
            })
        });
        client.transpose()
    }

    /// Whether a code was made by us, at whatever time.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn has_code(&self, code: &AuthorizationCode) -> Result<bool> {
        let tx = self.tenant(TenantId::of_code(code)).await?;
        let find = include_str!("../queries/oauth/has_code.sql");
        let found = tx
            .query_opt(find, &[&tx.customer_id(), &code.id(), &code.hash()])
            .await?;
        tx.commit().await?;
        Ok(found.is_some())
    }

    /// Has a registration last for another 90 days, as it is used.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn renew_client(&self, id: &str) -> Result<()> {
        self.call("SELECT oauth_renew($1)", &[&id]).await.map(drop)
    }

    /// Locks a code that a client presents. `None` if there is no such code, or it was exchanged before: the session that it was
    /// exchanged for has then ended, as one of its two holders stole it.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn present_code(&self, code: AuthorizationCode) -> Result<Option<Presented>> {
        let tx = self.tenant(TenantId::of_code(&code)).await?;
        let user = include_str!("../queries/oauth/lock_user.sql");
        tx.query_opt(user, &[&tx.customer_id(), &code.id(), &code.hash()])
            .await?;
        let lock = include_str!("../queries/oauth/lock_code.sql");
        let found = tx
            .query_opt(lock, &[&tx.customer_id(), &code.id(), &code.hash()])
            .await?;
        let Some(row) = found else {
            tx.commit().await?;
            return Ok(None);
        };
        let presented = Presented {
            user_id: row.get("user_id")?,
            email: row.get("email")?,
            role: row.get("role")?,
            client_id: row.get("client_id")?,
            redirect_uri: row.get("redirect_uri")?,
            challenge: row.get("challenge")?,
            resource: row.get("resource")?,
            scopes: scopes(&row)?,
            is_valid: row.get::<bool>("valid")? && row.get::<bool>("active")?,
            client_name: row.get("client_name")?,
            session: row.get("session_id")?,
            code,
            tx,
        };
        match presented.session {
            None => Ok(Some(presented)),
            Some(session) => {
                presented.end(session).await?;
                Ok(None)
            }
        }
    }

    /// Returns what a session was granted for; `None` for a session of a login.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn granted(&self, customer: TenantId, session: SessionId) -> Result<Option<Granted>> {
        let tx = self.tenant(customer).await?;
        let get = include_str!("../queries/oauth/get_grant.sql");
        let row = tx.query_opt(get, &[&customer, &session]).await?;
        tx.commit().await?;
        let granted = row.map(|row| {
            Ok::<_, Error>(Granted {
                client_id: row.get("client_id")?,
                resource: row.get("resource")?,
                scopes: scopes(&row)?,
            })
        });
        granted.transpose()
    }

    /// Returns the clients that may act for a user, the newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_grants(&self, customer: TenantId, user: UserId) -> Result<Vec<Grant>> {
        let tx = self.tenant(customer).await?;
        let list = include_str!("../queries/oauth/list_grants.sql");
        let rows = tx.query(list, &[&customer, &user]).await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Grant {
                    session_id: row.get("session_id")?,
                    client_id: row.get("client_id")?,
                    client_name: row.get("client_name")?,
                    redirect_uri: row.get("redirect_uri")?,
                    scopes: scopes(row)?,
                    created_at: row.get("created_at")?,
                    refreshed_at: row.get("updated_at")?,
                    expires_at: row.get("expires_at")?,
                })
            })
            .collect()
    }

    /// Ends a grant of a user, on its behalf or on that of the client.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn revoke_grant(
        &self,
        customer: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let own = include_str!("../queries/oauth/own_grant.sql");
        let row = tx.query_opt(own, &[&customer, &user, &session]).await?;
        let row = row.ok_or_else(|| Error::not_found("session"))?;
        let details = json!({"client": row.get::<String>("client_name")?});
        sessions::end(&tx, session, EndReason::Revoked).await?;
        let (actor, target) = (Actor::User(user), session.as_uuid());
        audit::record(&tx, actor, Action::ClientRevoked, target, &details).await?;
        tx.commit().await
    }

    /// Forgets clients and codes that have expired.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_oauth(&self) -> Result<()> {
        self.call("SELECT sweep_oauth()", &[]).await.map(drop)
    }
}

/// Stores a code for a consent.
///
/// # Errors
/// `unavailable` without a database.
pub async fn add_code(tx: &Tenant, code: &AuthorizationCode, consent: &Consent<'_>) -> Result<()> {
    tx.query(
        include_str!("../queries/oauth/add_code.sql"),
        &[
            &tx.customer_id(),
            &code.id(),
            &code.hash(),
            &consent.user_id,
            &consent.client.id,
            &consent.client.name,
            &consent.redirect_uri,
            &consent.challenge,
            &consent.resource,
            &names(consent.scopes),
            &f64::from(CODE_SECONDS),
        ],
    )
    .await
    .map(drop)
}

impl Presented {
    /// Spends the code for a session with its first refresh token.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn exchange(self, first: &NewRefreshToken<'_>) -> Result<()> {
        let tx = self.tx;
        sessions::begin(&tx, first).await?;
        let grant = include_str!("../queries/oauth/grant.sql");
        tx.query_one(
            grant,
            &[&tx.customer_id(), &self.code.id(), &first.session_id],
        )
        .await?;
        let details = json!({
            "client": self.client_name, "clientId": self.client_id, "scope": oauth::scope_text(&self.scopes),
        });
        let (actor, target) = (Actor::User(self.user_id), first.session_id.as_uuid());
        audit::record(&tx, actor, Action::ClientGranted, target, &details).await?;
        tx.commit().await
    }

    /// Leaves everything unchanged.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn leave(self) -> Result<()> {
        self.tx.commit().await
    }

    async fn end(self, session: SessionId) -> Result<()> {
        let tx = self.tx;
        if sessions::end(&tx, session, EndReason::CodeReused).await? {
            let details = json!({"userId": self.user_id, "client": self.client_name});
            let target = session.as_uuid();
            audit::record(
                &tx,
                Actor::System,
                Action::ClientCodeReused,
                target,
                &details,
            )
            .await?;
        }
        tx.commit().await
    }
}
