//! Proof of a tenant, which opens its transactions.
//!
//! A [`CustomerId`] can be parsed from any text, so it opens nothing. A [`TenantId`] is only made by the doors below and
//! by this crate, from rows of functions of the database that find work or logins ([`Claim`](crate::ingestion::Claim),
//! [`Login`](crate::users::Login), [`Due`](crate::schedules::Due) and others).

use std::fmt;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CustomerId, DocumentId, Result, SessionId, UserId,
    mail_tokens::MailToken,
    oauth::AuthorizationCode,
    queues::{Message, OfCustomer},
    realtime::Ticket,
    storage,
    tasks::Task,
};
use uuid::Uuid;

use crate::{params::sent_as, row::Row};

/// What a token says. It proves nothing before its signature is verified.
#[derive(Clone, Copy, Debug)]
pub struct TokenClaims {
    /// Id of the token.
    pub id: Uuid,
    /// The tenant.
    pub customer: CustomerId,
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Issue time.
    pub issued_at: DateTime<Utc>,
}

/// A token with a verified signature, which proves the tenant.
///
/// Claims alone make none:
///
/// ```compile_fail,E0451
/// # use dynrag_store::{TokenClaims, Verified};
/// fn forge(claims: TokenClaims) -> Verified {
///     Verified { claims, secret_version: 1 }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    claims: TokenClaims,
    secret_version: i32,
}

impl Verified {
    /// Returns the token whose signature this version of the customer's secret has verified. For the verification of
    /// tokens in `shared/app` alone: lints forbid it elsewhere.
    pub const fn signed(claims: TokenClaims, secret_version: i32) -> Self {
        Self {
            claims,
            secret_version,
        }
    }

    /// Returns what the token says.
    pub const fn claims(&self) -> &TokenClaims {
        &self.claims
    }

    /// Returns the version of the secret that signed the token.
    pub(crate) const fn secret_version(&self) -> i32 {
        self.secret_version
    }
}

/// A proved tenant: its transactions may be opened.
///
/// The id of a customer is no proof:
///
/// ```compile_fail,E0308
/// # use dynrag_store::Store;
/// async fn open(store: &Store, customer: dynrag_domain::CustomerId) {
///     let _ = store.tenant(customer).await;
/// }
/// ```
///
/// ```
/// # use dynrag_store::{Store, TenantId};
/// async fn open(store: &Store, tenant: TenantId) {
///     let _ = store.tenant(tenant).await;
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TenantId(CustomerId);

impl TenantId {
    /// Generates the tenant of a customer that signs up. It is proof because there are no rows under a new id.
    pub fn generate() -> Self {
        Self(CustomerId::generate())
    }

    /// Returns the tenant of a verified token. Proof, because a secret of that customer signed it.
    pub fn of_token(token: &Verified) -> Self {
        Self(token.claims.customer)
    }

    /// Returns the tenant that the link of an email names. Proof only together with the check of the token, which every
    /// transaction opened by it begins with: its hash must be stored in that tenant
    /// ([`mail_tokens`](crate::mail_tokens)).
    pub fn of_link(token: &MailToken) -> Self {
        Self(token.customer_id)
    }

    /// Returns the tenant that a ticket names. Proof only together with the check of the ticket, which the transaction opened by it
    /// begins with: its hash must be stored in that tenant.
    pub(crate) fn of_ticket(ticket: &Ticket) -> Self {
        Self(ticket.customer_id())
    }

    /// Returns the tenant that an authorization code names. Proof only together with the check of the code, which the transaction
    /// opened by it begins with: its hash must be stored in that tenant.
    pub(crate) fn of_code(code: &AuthorizationCode) -> Self {
        Self(code.customer_id())
    }

    /// Returns the tenant of a received message. Proof, because only this platform's functions may send to its queues
    /// (IAM), and they send messages of tenants that were proved to them. Only the types of these messages implement
    /// [`OfCustomer`].
    pub fn of_message(message: &impl OfCustomer) -> Self {
        Self(message.customer_id())
    }

    /// Does the same as [`of_message`](Self::of_message) for a task; `None` for a task that names an address instead of
    /// a customer.
    pub fn of_task(task: &Task) -> Option<Self> {
        task.customer().map(Self)
    }

    /// Returns the tenant and the document of an object under `uploads/`, by its key in a notification from S3. Proof,
    /// because only S3 may invoke the function that is notified, and only a presigned form, which the platform signs for
    /// its caller's own tenant, can write such an object.
    ///
    /// # Errors
    /// As for [`storage::parse_upload_key`].
    pub fn of_upload(key: &str) -> Result<(Self, DocumentId)> {
        let (customer, document) = storage::parse_upload_key(key)?;
        Ok((Self(customer), document))
    }

    /// Returns the tenant of any id, without proof: for tests, which make their customers themselves. Lints forbid it
    /// elsewhere.
    #[doc(hidden)]
    pub fn unchecked(customer: CustomerId) -> Self {
        Self(customer)
    }

    /// Reads the tenant of a row that a function of the database found, from its column `customer_id`.
    pub(crate) fn of_row(row: &Row) -> Result<Self> {
        row.get("customer_id").map(Self)
    }

    /// Returns the customer, for keys of objects, messages and logs.
    pub const fn customer_id(self) -> CustomerId {
        self.0
    }

    /// Returns the customer's UUID, for binding to a SQL parameter.
    pub const fn as_uuid(&self) -> Uuid {
        self.0.as_uuid()
    }
}

impl fmt::Display for TenantId {
    /// Writes the customer's id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

sent_as! { TenantId => Uuid, UUID, UUID_ARRAY, TenantId::as_uuid; }
