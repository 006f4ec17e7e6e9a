//! The audit log: a line is written in the transaction of what it tells, and never changed.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CustomerId, Error, Result,
    audit::{Action, Actor},
};
use serde_json::Value;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{Store, Tenant};

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// `user`, `api_key`, `webhook`, `platform_admin` or `system`.
    pub actor_kind: String,
    /// Which user or key.
    pub actor_id: Option<Uuid>,
    /// What was done, `api_key.created`.
    pub action: String,
    /// To what.
    pub target_id: Uuid,
    /// What else there is to know; never a secret.
    pub details: Value,
}

/// Writes a line.
///
/// # Errors
/// `unavailable` without a database.
pub async fn record(
    tx: &Tenant,
    actor: Actor,
    action: Action,
    target: Uuid,
    details: &Value,
) -> Result<()> {
    tx.query(
        include_str!("../queries/audit/insert.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&Uuid::now_v7(), Type::UUID),
            (&actor.kind(), Type::TEXT),
            (&actor.id(), Type::UUID),
            (&action.as_str(), Type::TEXT),
            (&target, Type::UUID),
            (&details, Type::JSONB),
        ],
    )
    .await
    .map(drop)
}

/// Writes a line for each of many: action, target and details.
///
/// # Errors
/// `unavailable` without a database.
pub async fn record_many(tx: &Tenant, actor: Actor, lines: &[(Action, Uuid, Value)]) -> Result<()> {
    let ids: Vec<Uuid> = lines.iter().map(|_| Uuid::now_v7()).collect();
    let actions: Vec<&str> = lines.iter().map(|(action, ..)| action.as_str()).collect();
    let targets: Vec<Uuid> = lines.iter().map(|(_, target, _)| *target).collect();
    let details: Vec<&Value> = lines.iter().map(|(.., details)| details).collect();
    tx.query(
        include_str!("../queries/audit/insert_many.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&ids, Type::UUID_ARRAY),
            (&actor.kind(), Type::TEXT),
            (&actor.id(), Type::UUID),
            (&actions, Type::TEXT_ARRAY),
            (&targets, Type::UUID_ARRAY),
            (&details, Type::JSONB_ARRAY),
        ],
    )
    .await
    .map(drop)
}

impl Store {
    /// A page of a customer's log, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_audit(
        &self,
        customer: CustomerId,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
    ) -> Result<Vec<Entry>> {
        let column = |e: tokio_postgres::Error| Error::internal_fault(format!("audit: {e}"));
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/audit/list.sql"),
                &[
                    (&customer.as_uuid(), Type::UUID),
                    (&after.map(|(at, _)| at), Type::TIMESTAMPTZ),
                    (&after.map(|(_, id)| id), Type::UUID),
                    (&limit, Type::INT8),
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    id: row.try_get("id").map_err(column)?,
                    at: row.try_get("at").map_err(column)?,
                    actor_kind: row.try_get("actor_kind").map_err(column)?,
                    actor_id: row.try_get("actor_id").map_err(column)?,
                    action: row.try_get("action").map_err(column)?,
                    target_id: row.try_get("target_id").map_err(column)?,
                    details: row.try_get("details").map_err(column)?,
                })
            })
            .collect()
    }
}
