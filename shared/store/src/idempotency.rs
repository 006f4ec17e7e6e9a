//! Repeatable requests, and the responses to their first occurrence.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the row | nothing | the repeat is the first |
//! | after the row, within the request | a row without a response | the repeat after the lease; it finds the first one's work done (`resolve_upload`) |
//! | after the response is stored | the response | the repeat gets it |

use std::time::Duration;

use dynrag_domain::{Error, Result, identity::Principal};
use uuid::Uuid;

use crate::{Store, TenantId, params::Param};

/// Longer than the maximum run time of any API function.
const LEASE: Duration = Duration::from_secs(60);

/// A request that may be repeated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeatable {
    /// The tenant.
    pub tenant: TenantId,
    /// The caller.
    pub principal: Principal,
    /// The route's name.
    pub route: &'static str,
    /// The caller's key, 1 to 255 characters.
    pub key: String,
    /// SHA-256 of path, query and body.
    pub request_hash: [u8; 32],
}

/// The state of a request with a key.
#[derive(PartialEq, Eq, Debug)]
pub enum Found {
    /// The first: do it, then [`Store::keep_answer`] or [`Store::forget_request`].
    First,
    /// A repeat: the first response, without its body if that contained a secret.
    Answered {
        /// HTTP status, 2xx.
        status: u16,
        /// The original body.
        body: Option<Vec<u8>>,
    },
    /// A repeat while the first is in progress, with the longest time that may take.
    UnderWay(Duration),
    /// The key belongs to a different request.
    Other,
}

impl Repeatable {
    fn principal_id(&self) -> Uuid {
        match self.principal {
            Principal::User(id) => id.as_uuid(),
            Principal::ApiKey(id) => id.as_uuid(),
            Principal::Webhook(id) => id.as_uuid(),
        }
    }
}

impl Store {
    /// Records a request, or returns the state of its first occurrence.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_request(&self, request: &Repeatable) -> Result<Found> {
        let principal = request.principal_id();
        let named: [&dyn Param; 4] = [&request.tenant, &principal, &request.route, &request.key];
        let lease = LEASE.as_secs_f64();
        let tx = self.tenant(request.tenant).await?;
        // Two attempts, because the row may disappear between the two statements.
        for _ in 0..2 {
            let mut begin = named.to_vec();
            begin.extend([&request.request_hash as &dyn Param, &lease]);
            let begun = tx
                .query_opt(include_str!("../queries/idempotency/begin.sql"), &begin)
                .await?;
            if begun.is_some() {
                tx.commit().await?;
                return Ok(Found::First);
            }
            let found = tx
                .query_opt(include_str!("../queries/idempotency/find.sql"), &named)
                .await?;
            let Some(row) = found else { continue };
            tx.commit().await?;
            if row.get::<&[u8]>("request_hash")? != request.request_hash {
                return Ok(Found::Other);
            }
            let status: Option<i16> = row.get("answer_status")?;
            let wait: i32 = row.get("wait")?;
            return match status {
                Some(status) => Ok(Found::Answered {
                    status: u16::try_from(status).map_err(Error::internal_fault)?,
                    body: row.get("answer")?,
                }),
                None => Ok(Found::UnderWay(Duration::from_secs(
                    u64::try_from(wait).unwrap_or(1),
                ))),
            };
        }
        Err(Error::unavailable("idempotency key keeps being deleted"))
    }

    /// Stores the response for a repeat of the request; without its body if that contains a secret.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn keep_answer(
        &self,
        request: &Repeatable,
        status: u16,
        body: Option<&[u8]>,
    ) -> Result<()> {
        let status = i16::try_from(status).map_err(Error::internal_fault)?;
        self.end_request(
            request,
            include_str!("../queries/idempotency/keep.sql"),
            &[&status, &body],
        )
        .await
    }

    /// Prolongs the time in which the request is in progress.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn extend_request(&self, request: &Repeatable, lease: Duration) -> Result<()> {
        let extend = include_str!("../queries/idempotency/extend.sql");
        self.end_request(request, extend, &[&lease.as_secs_f64()])
            .await
    }

    /// Forgets a request that failed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn forget_request(&self, request: &Repeatable) -> Result<()> {
        let forget = include_str!("../queries/idempotency/forget.sql");
        self.end_request(request, forget, &[]).await
    }

    async fn end_request(
        &self,
        request: &Repeatable,
        sql: &str,
        more: &[&dyn Param],
    ) -> Result<()> {
        let principal = request.principal_id();
        let mut params: Vec<&dyn Param> = vec![
            &request.tenant,
            &principal,
            &request.route,
            &request.key,
            &request.request_hash,
        ];
        params.extend_from_slice(more);
        let tx = self.tenant(request.tenant).await?;
        tx.query(sql, &params).await?;
        tx.commit().await
    }
}
