//! Routes that belong to no group.

mod check;
mod health;
mod openapi;
mod outside;

use dynrag_api::{AppWith, Routes};

pub use outside::DeepChecks;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<DeepChecks>> {
    Routes::new()
        .get("health-get", "/health", "Check health", health::health)
        .get(
            "openapi-get",
            "/api/openapi.json",
            "Get the OpenAPI document",
            openapi::openapi,
        )
}
