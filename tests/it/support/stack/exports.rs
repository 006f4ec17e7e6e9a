//! Exports.

use serde_json::{Value, json};

use crate::support::stack::{Tenant, eventually};

pub async fn export(tenant: &Tenant) -> Value {
    let started = tenant
        .post("/api/customers/export", &json!({}))
        .await
        .ok(202);
    let url = started["statusUrl"].as_str().unwrap().to_owned();
    eventually("the export ends", async || {
        let job = tenant.get(&url).await.ok(200);
        (job["status"] == "completed").then_some(job)
    })
    .await
}
