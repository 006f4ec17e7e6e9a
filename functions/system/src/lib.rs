//! Routes that belong to no group.

mod health;
mod openapi;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
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
