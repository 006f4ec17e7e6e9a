//! Requests about collections.

use reqwest::Method;
use serde_json::Value;

use crate::support::stack::{Answer, Tenant};

pub async fn delete(tenant: &Tenant, id: &str, query: &str) -> Answer {
    let path = format!("/api/collections/{id}{query}");
    Answer::of(tenant.call(Method::DELETE, &path)).await
}

/// Ids of the documents of a collection.
pub async fn inside(tenant: &Tenant, id: &str) -> Vec<Value> {
    let path = format!("/api/documents?collectionId={id}");
    let page = tenant.get(&path).await.ok(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].clone()).collect()
}
