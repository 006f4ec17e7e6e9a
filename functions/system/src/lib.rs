//! Routes that belong to no group.

mod health;
mod openapi;
mod outside;
mod state;

use dynrag_api::Routes;

pub use state::SystemState;

/// The routes of this group.
pub fn routes() -> Routes<SystemState> {
    Routes::new()
        .get("health-get", "/health", "Check health", health::health)
        .get(
            "openapi-get",
            "/api/openapi.json",
            "Get the OpenAPI document",
            openapi::openapi,
        )
}
