//! What a tenant manages of itself: its API keys and users, and the log of who did what.

mod api_key;
mod audit;
mod keys;
mod users;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
    Routes::new()
        .post(
            "customers-api-key",
            "/api/customers/api-key",
            api_key::replace,
        )
        .get("customers-audit", "/api/customers/audit", audit::list)
        .get("keys-list", "/api/keys", keys::list)
        .post("keys-create", "/api/keys", keys::create)
        .delete("keys-delete", "/api/keys/{id}", keys::delete)
        .get("users-list", "/api/users", users::list)
        .post("users-invite", "/api/users", users::invite)
        .put("users-update", "/api/users/{id}", users::update)
        .delete("users-delete", "/api/users/{id}", users::delete)
}
