//! `GET /api/customers/audit`: the audit log, newest first.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Query,
    paging::{Page, Paging},
    scopes::AdminTenant,
};
use dynrag_domain::audit::ActorKind;
use dynrag_store::audit::Entry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
struct AuditActor {
    kind: ActorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    id: Uuid,
    at: DateTime<Utc>,
    actor: AuditActor,
    action: String,
    target_id: Uuid,
    #[schema(value_type = Object)]
    details: Value,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: AuditActor {
                kind: entry.actor_kind,
                id: entry.actor_id,
            },
            action: entry.action,
            target_id: entry.target_id,
            details: entry.details,
        }
    }
}

/// Lists the audit log, newest first.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<AuditEntry>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let entries = store
        .list_audit(caller.tenant(), after, limit.rows())
        .await?;
    let page = Page::new(entries, limit, |entry| (entry.at, entry.id))?;
    Ok(Json(page.map(AuditEntry::from)))
}
