//! `admit()`: the one round trip between a verified caller and a handler.

use dynrag_domain::{
    ApiKeyId, CollectionId, CustomerId, DocumentId, Error, Kind, Result, SessionId, UserId,
    WebhookId,
    audit::Actor,
    config::CustomerConfig,
    documents::FailureCode,
    identity::{Class, Principal, Role, Scope},
    money::Usd,
    segments::SegmentList,
    spending::{Allowance, Payer},
    tables::TableVersion,
};
use serde::Deserialize;
use tokio_postgres::types::Json;

use crate::{
    Bounds, Store, TenantId, Verified, admin::Administrator, rate_limits::RateLimit, row::Row,
};

/// An admitted caller, with the data that its handler needs.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The tenant.
    pub customer_id: CustomerId,
    /// User, key or webhook.
    pub principal: Principal,
    /// The user's session; `None` for a key.
    pub session: Option<SessionId>,
    /// The user's email address; `None` for a key.
    pub email: Option<String>,
    /// The user's role; `None` for a key.
    pub role: Option<Role>,
    /// Whether the user may call /api/admin.
    pub platform_admin: bool,
    /// Scopes of the credential.
    pub scopes: Vec<Scope>,
    /// The collections that a key is bound to, without deleted ones; `None` if the key is not bound.
    pub collections: Option<Vec<CollectionId>>,
    /// Limits and settings.
    pub config: CustomerConfig,
    /// Lance version of the `chunks` table; `None` until something is published.
    pub chunks_version: Option<TableVersion>,
    /// The segments recorded with it.
    pub segments: SegmentList,
    /// Documents that are being deleted: already hidden, not yet removed.
    pub deleting: Vec<DocumentId>,
    /// The provider's cost this month.
    pub spent: Usd,
    /// The remaining allowance.
    pub allowance: Allowance,
    /// The limits that apply.
    pub limits: Vec<RateLimit>,
    pub(crate) tenant: TenantId,
    pub(crate) store: Store,
}

impl Admission {
    /// Returns the tenant, with which its transactions are opened: the caller's credential was verified and admitted,
    /// which is the proof.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns the user and its session.
    ///
    /// # Errors
    /// `internal_error` for a key: keys are refused before a use case of users.
    pub fn user(&self) -> Result<(UserId, SessionId)> {
        match (self.principal, self.session) {
            (Principal::User(user), Some(session)) => Ok((user, session)),
            _ => Err(Error::internal_fault("caller is not a user")),
        }
    }

    /// Returns the administrator of the platform.
    ///
    /// # Errors
    /// `internal_error` for any other caller: they are refused before a use case of administrators.
    pub fn administrator(&self) -> Result<Administrator> {
        match self.principal {
            Principal::User(user_id) if self.platform_admin => Ok(Administrator {
                customer_id: self.customer_id,
                user_id,
            }),
            _ => Err(Error::internal_fault("caller is not an administrator")),
        }
    }

    /// Checks that a user of the customer has verified an address, if this deployment sends mail. Until then, nothing
    /// is sent to third parties on the customer's behalf.
    ///
    /// # Errors
    /// `email_not_verified` (forbidden).
    pub fn check_verified(&self) -> Result<()> {
        match self.allowance.payer {
            Some(_) => Ok(()),
            None => self.check_budget(),
        }
    }

    /// Checks that a service may be called that the customer pays itself: that a user has verified an address, and that
    /// the customer's own budget is not spent.
    ///
    /// # Errors
    /// `budget_exceeded` (payment required); `email_not_verified` (forbidden).
    pub fn check_own_budget(&self) -> Result<()> {
        self.allowance
            .check_own()
            .map_err(|code| self.refusal(code))
    }

    /// Checks that a call may be made that costs so much at most, with the customer's or the platform's key.
    ///
    /// # Errors
    /// `budget_exceeded`, `platform_budget_exceeded` (payment required); `email_not_verified` (forbidden).
    pub fn check_cost(&self, payer: Payer, cost: Usd) -> Result<()> {
        // What costs nothing needs a budget that is not spent, too.
        let cost = cost.max(Usd::from_nanos(1));
        let mut left = self.allowance.of(payer);
        left.take(cost).map_err(|code| match code {
            FailureCode::EmailNotVerified => self.refusal(code),
            code => Error::new(
                Kind::PaymentRequired,
                code.as_str(),
                format!(
                    "The call could cost {cost} USD, more than is left of this month's budget."
                ),
            ),
        })
    }

    /// Checks that the provider may be called: that a key pays for it, and that the month's budgets are not spent.
    ///
    /// # Errors
    /// `budget_exceeded`, `platform_budget_exceeded` (payment required); `email_not_verified` (forbidden).
    pub fn check_budget(&self) -> Result<()> {
        self.allowance.check().map_err(|code| self.refusal(code))
    }

    fn refusal(&self, code: FailureCode) -> Error {
        let (kind, detail) = match code {
            FailureCode::EmailNotVerified => (
                Kind::Forbidden,
                "Verify your email address first with the link in the email we sent, or request another at \
                 /api/auth/resend-verification. Until then you cannot add or embed documents."
                    .to_owned(),
            ),
            FailureCode::PlatformBudgetExceeded => (
                Kind::PaymentRequired,
                format!(
                    "The {} USD a month that the platform pays for your embeddings (platformBudgetUsd) are spent. Set \
                     your own key at /api/customers/openai-key, ask the platform's operator for more, or wait for the \
                     next month. Searches with mode text cost nothing.",
                    self.config.platform_budget_usd
                ),
            ),
            _ => (
                Kind::PaymentRequired,
                format!(
                    "The budget of {} USD for this month is spent. Raise monthlyBudgetUsd at \
                     /api/customers/config, or wait for the next month.",
                    self.config.monthly_budget_usd.unwrap_or_default()
                ),
            ),
        };
        Error::new(kind, code.as_str(), detail)
    }
}

/// The requested route.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// The route's name, under which usage is counted.
    pub name: &'a str,
    /// The route's class, which may have a rate limit.
    pub class: Class,
}

/// The reason why a caller is refused, with its limits if a rate limit is the reason.
#[derive(Debug)]
pub struct Refused {
    /// The error for the caller.
    pub error: Box<Error>,
    /// The limits that apply, the exhausted one first.
    pub limits: Vec<RateLimit>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            error: Box::new(error),
            limits: Vec::new(),
        }
    }
}

impl Store {
    /// Admits a user with a verified access token, within the token's session.
    ///
    /// # Errors
    /// `unauthenticated`, `customer_suspended`, `rate_limited`; `unavailable` without a database.
    pub async fn admit_user(
        &self,
        token: Verified,
        endpoint: Endpoint<'_>,
    ) -> Result<Admission, Refused> {
        let claims = token.claims();
        let row = self
            .call_one(
                include_str!("../queries/admission/user.sql"),
                &[
                    &claims.customer,
                    &claims.user,
                    &claims.session,
                    &token.secret_version(),
                    &claims.issued_at,
                    &endpoint.name,
                    &endpoint.class,
                ],
            )
            .await?;
        let admission = read(self, &row, |row| {
            let role: Role = row.get("role")?;
            Ok((
                Principal::User(row.get("principal_id")?),
                Some(role),
                role.scopes().to_vec(),
            ))
        })?;
        Ok(Admission {
            session: Some(claims.session),
            ..admission
        })
    }

    /// Admits a user with a verified token that an OAuth client got for a resource, with what the client was granted, as far as
    /// the user may do it itself.
    ///
    /// # Errors
    /// See [`admit_user`](Self::admit_user).
    pub async fn admit_grant(
        &self,
        token: Verified,
        resource: &str,
        endpoint: Endpoint<'_>,
    ) -> Result<Admission, Refused> {
        let claims = token.claims();
        let row = self
            .call_one(
                include_str!("../queries/admission/grant.sql"),
                &[
                    &claims.customer,
                    &claims.user,
                    &claims.session,
                    &token.secret_version(),
                    &claims.issued_at,
                    &resource,
                    &endpoint.name,
                    &endpoint.class,
                ],
            )
            .await?;
        let admission = read(self, &row, |row| {
            let role: Role = row.get("role")?;
            let granted: Vec<String> = row.get("scopes")?;
            let scopes = role.scopes().iter().copied();
            let scopes = scopes.filter(|scope| granted.iter().any(|name| name == scope.as_str()));
            let user = Principal::User(row.get("principal_id")?);
            Ok((user, Some(role), scopes.collect()))
        })?;
        Ok(Admission {
            session: Some(claims.session),
            ..admission
        })
    }

    /// Admits an API key. The key's public part finds it; the hash of its secret part proves it.
    ///
    /// # Errors
    /// See [`admit_user`](Self::admit_user).
    pub async fn admit_api_key(
        &self,
        public_id: &str,
        secret_hash: &[u8; 32],
        endpoint: Endpoint<'_>,
    ) -> Result<Admission, Refused> {
        let row = self
            .call_one(
                include_str!("../queries/admission/api_key.sql"),
                &[&public_id, &secret_hash, &endpoint.name, &endpoint.class],
            )
            .await?;
        read(self, &row, key)
    }

    /// Admits what comes through a WebSocket connection, with the rights that its user or key has now.
    ///
    /// # Errors
    /// See [`admit_user`](Self::admit_user).
    pub async fn admit_connection(
        &self,
        connection: &str,
        endpoint: Endpoint<'_>,
    ) -> Result<Admission, Refused> {
        let row = self
            .call_one(
                include_str!("../queries/admission/connection.sql"),
                &[&connection, &endpoint.name, &endpoint.class],
            )
            .await?;
        read(self, &row, |row| {
            let role: Option<Role> = row.get("role")?;
            match role {
                Some(role) => {
                    let user = Principal::User(row.get("principal_id")?);
                    Ok((user, Some(role), role.scopes().to_vec()))
                }
                None => key(row),
            }
        })
    }

    /// Admits a webhook with a verified token or signature.
    ///
    /// # Errors
    /// See [`admit_user`](Self::admit_user).
    pub async fn admit_webhook(
        &self,
        customer: CustomerId,
        webhook: WebhookId,
        endpoint: Endpoint<'_>,
    ) -> Result<Admission, Refused> {
        let row = self
            .call_one(
                include_str!("../queries/admission/webhook.sql"),
                &[&customer, &webhook, &endpoint.name, &endpoint.class],
            )
            .await?;
        read(self, &row, |_| {
            let scopes = vec![Scope::DocumentsWrite];
            Ok((Principal::Webhook(webhook), None, scopes))
        })
    }
}

/// The API key of a row, with its scopes.
fn key(row: &Row) -> Result<(Principal, Option<Role>, Vec<Scope>)> {
    let names: Vec<String> = row.get("scopes")?;
    let id: ApiKeyId = row.get("principal_id")?;
    let scopes = names.iter().filter_map(|name| Scope::parse(name)).collect();
    Ok((Principal::ApiKey(id), None, scopes))
}

fn read(
    store: &Store,
    row: &Row,
    principal: impl FnOnce(&Row) -> Result<(Principal, Option<Role>, Vec<Scope>)>,
) -> Result<Admission, Refused> {
    let limits = row.get::<Option<Json<Vec<RateLimit>>>>("limits")?;
    let limits = limits.map_or_else(Vec::new, |json| json.0);
    match row.get("verdict")? {
        "ok" => {}
        "rate_limited" => {
            let used_up = limits
                .first()
                .ok_or_else(|| Error::internal_fault("admit reported no exceeded limit"))?;
            return Err(Refused {
                error: Box::new(used_up.refusal()),
                limits,
            });
        }
        "suspended" => {
            return Err(Error::new(
                Kind::Forbidden,
                "customer_suspended",
                "This account is suspended. Contact the platform's operator.",
            )
            .into());
        }
        other => return Err(Error::unauthenticated(format!("admit: {other}")).into()),
    }
    let (principal, role, scopes) = principal(row)?;
    let config: CustomerConfig = row.json("config")?;
    let usd = |name: &str| -> Result<Usd> {
        let nanos: Option<i64> = row.get(name)?;
        Ok(Usd::from_nanos(nanos.unwrap_or(0)))
    };
    let (spent, by_platform) = (usd("spent_nano_usd")?, usd("platform_spent_nano_usd")?);
    let left = |budget: Usd, spent: Usd| Usd::from_nanos(budget.nanos() - spent.nanos());
    let allowance = Allowance {
        payer: row.get("paid_by")?,
        budget_left: config.monthly_budget_usd.map(|budget| left(budget, spent)),
        platform_left: left(config.platform_budget_usd, by_platform),
    };
    let versions: Option<serde_json::Value> = row.get("index_versions")?;
    let collections: Option<Vec<CollectionId>> = row.get("collections")?;
    // Search also shows the content of documents.
    let reads = scopes.contains(&Scope::DocumentsRead) || scopes.contains(&Scope::Search);
    let bounds = Bounds {
        collections: collections.as_deref().map(Into::into),
        own_only: Actor::from(principal).id().filter(|_| !reads),
    };
    let tenant = TenantId::of_row(row)?;
    Ok(Admission {
        customer_id: tenant.customer_id(),
        principal,
        session: None,
        email: row.get("email")?,
        role,
        platform_admin: row.get::<Option<bool>>("platform_admin")?.unwrap_or(false),
        scopes,
        collections,
        config,
        chunks_version: versions
            .as_ref()
            .and_then(|v| v["chunks"].as_i64())
            .and_then(TableVersion::recorded),
        // Null where an earlier release's function answers.
        segments: match versions.as_ref().map(|v| &v["segments"]) {
            Some(segments) if !segments.is_null() => {
                SegmentList::deserialize(segments).map_err(Error::internal_fault)?
            }
            _ => SegmentList::default(),
        },
        deleting: row.get::<Option<_>>("deleting")?.unwrap_or_default(),
        spent,
        allowance,
        limits,
        tenant,
        store: store.bounded(bounds),
    })
}
