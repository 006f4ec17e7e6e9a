//! Batches of texts.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Tenant};

pub async fn batch(tenant: &Tenant, documents: &[Value]) -> Answer {
    let body = json!({"documents": documents});
    tenant.post("/api/ingest/batch", &body).await
}

pub fn text(title: &str, content: &str) -> Value {
    json!({"title": title, "content": content})
}

/// Keys of the bundles of a tenant.
pub async fn bundles(tenant: &Tenant) -> Vec<String> {
    let prefix = format!("customers/{}/bundles/", tenant.id);
    let bucket = tenant.stack.documents_bucket();
    tenant.stack.keys(bucket, &prefix).await
}
