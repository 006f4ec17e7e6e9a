//! Changes of the embedding model.

use serde_json::json;

use crate::support::stack::Tenant;

pub const NEW: &str = "text-embedding-3-large";

pub async fn start(tenant: &Tenant) -> String {
    let body = json!({"embeddingModel": NEW});
    let started = tenant
        .post("/api/documents/regenerate", &body)
        .await
        .ok(202);
    started["statusUrl"].as_str().unwrap().to_owned()
}
