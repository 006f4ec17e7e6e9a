//! Tickets for WebSocket connections.

mod tickets;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new().post(
        "realtime-ticket",
        "/api/realtime/tickets",
        "Get a ticket for a WebSocket connection",
        tickets::create,
    )
}
