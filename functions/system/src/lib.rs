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
        .get(
            "health-get",
            "/health",
            "Whether everything it depends on answers",
            health::health,
        )
        .get(
            "openapi-get",
            "/api/openapi.json",
            "This document",
            openapi::openapi,
        )
}
