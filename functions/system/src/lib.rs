//! Routes that belong to no group.

mod health;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
    Routes::new().get("health-get", "/health", health::health)
}
