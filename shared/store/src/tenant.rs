//! A transaction that sees one tenant.

use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::Object;
use dynrag_domain::{CustomerId, Error, Result};
use uuid::Uuid;

use crate::{
    bounds::Bounds,
    error,
    params::{self, Param},
    proof::TenantId,
    row::Row,
};

/// A transaction in which row-level security shows the rows of one customer, and of these only the ones within
/// [`Bounds`].
///
/// The settings are local to the transaction. A `Tenant` that is dropped without [`commit`](Self::commit) (an error, a
/// cancelled request) takes its connection out of the pool and closes it, so that neither an open transaction nor a
/// tenant can reach the connection's next user.
pub struct Tenant {
    connection: Option<Object>,
    tenant: TenantId,
    bounds: Bounds,
    /// A statement failed: Postgres would answer COMMIT with a rollback and no error.
    failed: AtomicBool,
}

/// Returns the statement that sets the bounds of a transaction; an empty setting means unbound.
fn bind(collections: &str) -> String {
    format!("SELECT set_config('app.collections', '{collections}', true)")
}

impl Tenant {
    pub(crate) async fn begin(
        connection: Object,
        id: TenantId,
        bounds: &Bounds,
    ) -> Result<Self, tokio_postgres::Error> {
        // Guarded before the first await: if BEGIN is cancelled half-way, the connection is closed.
        let tenant = Self {
            connection: Some(connection),
            tenant: id,
            bounds: bounds.clone(),
            failed: AtomicBool::new(false),
        };
        if let Some(connection) = &tenant.connection {
            // One round trip. Ids are parsed UUIDs, so nothing needs quoting.
            let mut begin = format!("BEGIN; SELECT set_config('app.customer_id', '{id}', true)");
            if let Some(collections) = bounds.setting() {
                begin.push_str(&format!("; {}", bind(&collections)));
            }
            connection.batch_execute(&begin).await?;
        }
        Ok(tenant)
    }

    /// Returns the customer whose rows are visible.
    pub fn customer_id(&self) -> CustomerId {
        self.tenant.customer_id()
    }

    /// Returns the proof of the tenant that opened the transaction.
    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns whether the transaction sees only some of the customer's collections.
    pub(crate) fn is_bound(&self) -> bool {
        self.bounds.collections.is_some()
    }

    /// Returns the caller, if it may only see details of documents that it added itself.
    pub(crate) fn own_only(&self) -> Option<Uuid> {
        self.bounds.own_only
    }

    fn connection(&self) -> Result<&Object> {
        self.connection
            .as_ref()
            .ok_or_else(|| Error::internal_fault("transaction has ended"))
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// `unavailable` for a transient failure, `internal_error` otherwise.
    pub async fn query(&self, sql: &str, params: &[&dyn Param]) -> Result<Vec<Row>> {
        self.try_query(sql, params)
            .await?
            .map_err(|e| error::statement(&e))
    }

    /// Does the same as [`query`](Self::query), for a statement that returns at most one row.
    ///
    /// # Errors
    /// As for `query`.
    pub async fn query_opt(&self, sql: &str, params: &[&dyn Param]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Does the same as [`query`](Self::query), for a statement that always returns a row.
    ///
    /// # Errors
    /// As for `query`; `internal_error`, which names the statement, if there is no row.
    pub async fn query_one(&self, sql: &str, params: &[&dyn Param]) -> Result<Row> {
        params::one(self.query(sql, params).await?, sql)
    }

    /// Does the same as [`query`](Self::query), over all of the customer's rows: for its limits, which bounds do not
    /// change. The result must not be shown.
    pub(crate) async fn query_unbound(&self, sql: &str, params: &[&dyn Param]) -> Result<Vec<Row>> {
        let Some(collections) = self.bounds.setting() else {
            return self.query(sql, params).await;
        };
        self.batch(&bind("")).await?;
        let rows = self.query(sql, params).await?;
        self.batch(&bind(&collections)).await?;
        Ok(rows)
    }

    /// Does the same as [`query_unbound`](Self::query_unbound), for a statement that always returns a row.
    pub(crate) async fn query_one_unbound(&self, sql: &str, params: &[&dyn Param]) -> Result<Row> {
        params::one(self.query_unbound(sql, params).await?, sql)
    }

    /// Runs a statement whose constraints the caller knows: the inner error is that of Postgres.
    pub(crate) async fn try_query(
        &self,
        sql: &str,
        params: &[&dyn Param],
    ) -> Result<Result<Vec<Row>, tokio_postgres::Error>> {
        let answer = params::query(self.connection()?, sql, params).await;
        if answer.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        Ok(answer)
    }

    /// Runs statements without parameters, for settings of the transaction.
    pub(crate) async fn batch(&self, sql: &str) -> Result<()> {
        self.connection()?
            .batch_execute(sql)
            .await
            .map_err(|e| error::statement(&e))
    }

    /// Commits the transaction and returns the connection to the pool.
    ///
    /// # Errors
    /// `unavailable` if the server did not confirm: the transaction may or may not have been committed, so callers make
    /// sure that repeating it is harmless.
    pub async fn commit(mut self) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Error::internal_fault(
                "commit of a transaction in which a statement failed",
            ));
        }
        // Still guarded while COMMIT is in progress.
        self.connection()?
            .batch_execute("COMMIT")
            .await
            .map_err(|e| Error::unavailable(format!("postgres: commit: {e}")))?;
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}
