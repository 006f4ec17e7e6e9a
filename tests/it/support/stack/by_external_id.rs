//! Requests about documents by their external ids.

use reqwest::Method;
use serde_json::Value;

use crate::support::stack::{Answer, Tenant, tenant::with_query};

pub const PATH: &str = "/api/documents/by-external-id";

/// Sends a request about the document with an external id.
pub async fn ask(
    tenant: &Tenant,
    method: Method,
    external_id: &str,
    body: Option<Value>,
) -> Answer {
    let path = with_query(PATH, &[("externalId", external_id)]);
    let request = tenant.call(method, &path);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}
