//! Documents with several versions.

use serde_json::json;

use crate::support::stack::{Tenant, tenant::doc_id, word};

/// Adds a text with an external id, and returns the document's id.
pub async fn put(tenant: &Tenant, external_id: &str, content: &str) -> String {
    let body = json!({"title": "T", "content": content, "externalId": external_id});
    doc_id(&tenant.post("/api/ingest/document", &body).await.ok(202))
}

/// Adds a document with two versions, and returns its id.
pub async fn two(tenant: &Tenant) -> String {
    for _ in 0..2 {
        let id = put(tenant, "kb", &word()).await;
        tenant.completed(&id).await;
    }
    tenant.list().await.remove(0)
}
