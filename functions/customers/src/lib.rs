//! What a tenant manages of itself: profile, configuration, secrets, API keys and users; its usage, and
//! the log of who did what.

mod api_key;
mod audit;
mod config;
mod export;
mod keys;
mod openai_key;
mod profile;
mod rotate_secrets;
mod usage;
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
        .get(
            "customers-get-profile",
            "/api/customers/profile",
            profile::get,
        )
        .put(
            "customers-update-profile",
            "/api/customers/profile",
            profile::update,
        )
        .get("customers-get-config", "/api/customers/config", config::get)
        .put(
            "customers-update-config",
            "/api/customers/config",
            config::update,
        )
        .get("customers-usage", "/api/customers/usage", usage::get)
        .put(
            "customers-set-openai-key",
            "/api/customers/openai-key",
            openai_key::put,
        )
        .delete(
            "customers-delete-openai-key",
            "/api/customers/openai-key",
            openai_key::delete,
        )
        .post(
            "customers-rotate-secrets",
            "/api/customers/rotate-secrets",
            rotate_secrets::rotate,
        )
        .post("customers-export", "/api/customers/export", export::start)
        .get("jobs-get", "/api/jobs/{id}", export::get)
        .get("keys-list", "/api/keys", keys::list)
        .post("keys-create", "/api/keys", keys::create)
        .delete("keys-delete", "/api/keys/{id}", keys::delete)
        .get("users-list", "/api/users", users::list)
        .post("users-invite", "/api/users", users::invite)
        .put("users-update", "/api/users/{id}", users::update)
        .delete("users-delete", "/api/users/{id}", users::delete)
}
