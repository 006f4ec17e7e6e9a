//! The audit log. A record is written in the transaction of the change, and never altered.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Result,
    audit::{Action, Actor, ActorKind},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Store, Tenant, TenantId};

/// An audit record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// Kind of actor.
    pub actor_kind: ActorKind,
    /// Id of the user or key.
    pub actor_id: Option<Uuid>,
    /// The action, for example `api_key.created`.
    pub action: String,
    /// Id of the target.
    pub target_id: Uuid,
    /// Further details; never a secret.
    pub details: Value,
}

/// Writes a record.
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
            &tx.customer_id(),
            &Uuid::now_v7(),
            &actor.kind(),
            &actor.id(),
            &action,
            &target,
            &details,
        ],
    )
    .await
    .map(drop)
}

/// Writes several records, each with an action, a target and details.
///
/// # Errors
/// `unavailable` without a database.
pub async fn record_many(tx: &Tenant, actor: Actor, lines: &[(Action, Uuid, Value)]) -> Result<()> {
    let ids: Vec<Uuid> = lines.iter().map(|_| Uuid::now_v7()).collect();
    let actions: Vec<Action> = lines.iter().map(|(action, ..)| *action).collect();
    let targets: Vec<Uuid> = lines.iter().map(|(_, target, _)| *target).collect();
    let details: Vec<&Value> = lines.iter().map(|(.., details)| details).collect();
    tx.query(
        include_str!("../queries/audit/insert_many.sql"),
        &[
            &tx.customer_id(),
            &ids,
            &actor.kind(),
            &actor.id(),
            &actions,
            &targets,
            &details,
        ],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns a page of a customer's records, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_audit(
        &self,
        customer: TenantId,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
    ) -> Result<Vec<Entry>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/audit/list.sql"),
                &[
                    &customer,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    id: row.get("id")?,
                    at: row.get("at")?,
                    actor_kind: row.get("actor_kind")?,
                    actor_id: row.get("actor_id")?,
                    action: row.get("action")?,
                    target_id: row.get("target_id")?,
                    details: row.get("details")?,
                })
            })
            .collect()
    }
}
