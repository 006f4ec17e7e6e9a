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
            "Replace the default API key",
            api_key::replace,
        )
        .get(
            "customers-audit",
            "/api/customers/audit",
            "List who did what",
            audit::list,
        )
        .get(
            "customers-get-profile",
            "/api/customers/profile",
            "Show the customer",
            profile::get,
        )
        .put(
            "customers-update-profile",
            "/api/customers/profile",
            "Change the customer",
            profile::update,
        )
        .get(
            "customers-get-config",
            "/api/customers/config",
            "Show limits and settings",
            config::get,
        )
        .put(
            "customers-update-config",
            "/api/customers/config",
            "Change limits and settings",
            config::update,
        )
        .get(
            "customers-usage",
            "/api/customers/usage",
            "What was used, and what it cost",
            usage::get,
        )
        .put(
            "customers-set-openai-key",
            "/api/customers/openai-key",
            "Use a key of one's own at the provider",
            openai_key::put,
        )
        .delete(
            "customers-delete-openai-key",
            "/api/customers/openai-key",
            "Go back to the platform's key",
            openai_key::delete,
        )
        .post(
            "customers-rotate-secrets",
            "/api/customers/rotate-secrets",
            "Rotate the secrets that sign tokens",
            rotate_secrets::rotate,
        )
        .post(
            "customers-export",
            "/api/customers/export",
            "Start an export of all data",
            export::start,
        )
        .get(
            "jobs-get",
            "/api/jobs/{id}",
            "Show a job and what it made",
            export::get,
        )
        .get("keys-list", "/api/keys", "List API keys", keys::list)
        .post("keys-create", "/api/keys", "Make an API key", keys::create)
        .delete(
            "keys-delete",
            "/api/keys/{id}",
            "Revoke an API key",
            keys::delete,
        )
        .get(
            "users-list",
            "/api/users",
            "List users and invitations",
            users::list,
        )
        .post(
            "users-invite",
            "/api/users",
            "Invite a user by mail",
            users::invite,
        )
        .put(
            "users-update",
            "/api/users/{id}",
            "Change a role, disable or enable a user",
            users::update,
        )
        .delete(
            "users-delete",
            "/api/users/{id}",
            "Delete a user, or withdraw an invitation",
            users::delete,
        )
}
