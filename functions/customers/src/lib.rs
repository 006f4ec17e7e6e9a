//! A customer's own account: profile, configuration, secrets, API keys, users, usage and audit log.

mod accept;
mod api_key;
mod audit;
mod chat_providers;
mod config;
mod delete;
mod export;
mod index_health;
mod jobs;
mod keys;
mod openai_key;
mod profile;
mod reranker;
mod rotate_secrets;
mod usage;
mod users;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .post(
            "customers-api-key",
            "/api/customers/api-key",
            "Rotate the default API key",
            api_key::replace,
        )
        .get(
            "customers-audit",
            "/api/customers/audit",
            "List the audit log",
            audit::list,
        )
        .get(
            "customers-get-profile",
            "/api/customers/profile",
            "Get the profile",
            profile::get,
        )
        .put(
            "customers-update-profile",
            "/api/customers/profile",
            "Update the profile",
            profile::update,
        )
        .delete(
            "customers-delete",
            "/api/customers",
            "Delete your account and all its data",
            delete::delete,
        )
        .get(
            "customers-get-config",
            "/api/customers/config",
            "Get the configuration",
            config::get,
        )
        .put(
            "customers-update-config",
            "/api/customers/config",
            "Update the configuration",
            config::update,
        )
        .get(
            "customers-usage",
            "/api/customers/usage",
            "Get usage and cost",
            usage::get,
        )
        .get(
            "metrics-index-health",
            "/api/metrics/index-health",
            "Get the state of the search index",
            index_health::get,
        )
        .put(
            "customers-set-openai-key",
            "/api/customers/openai-key",
            "Set your own provider API key",
            openai_key::put,
        )
        .delete(
            "customers-delete-openai-key",
            "/api/customers/openai-key",
            "Remove your own provider API key",
            openai_key::delete,
        )
        .get(
            "customers-get-reranker",
            "/api/customers/reranker",
            "Get your reranker",
            reranker::get,
        )
        .put(
            "customers-set-reranker",
            "/api/customers/reranker",
            "Set your reranker",
            reranker::put,
        )
        .delete(
            "customers-delete-reranker",
            "/api/customers/reranker",
            "Remove your reranker",
            reranker::delete,
        )
        .get(
            "customers-list-chat-providers",
            "/api/customers/chat-providers",
            "List your providers of chat models",
            chat_providers::list,
        )
        .put(
            "customers-set-chat-provider",
            "/api/customers/chat-providers/{name}",
            "Set a provider of chat models",
            chat_providers::put,
        )
        .delete(
            "customers-delete-chat-provider",
            "/api/customers/chat-providers/{name}",
            "Remove a provider of chat models",
            chat_providers::delete,
        )
        .get(
            "customers-list-chat-models",
            "/api/customers/chat-models",
            "List the chat models that you can ask for",
            chat_providers::models,
        )
        .post(
            "customers-rotate-secrets",
            "/api/customers/rotate-secrets",
            "Rotate the token signing secrets",
            rotate_secrets::rotate,
        )
        .post(
            "customers-export",
            "/api/customers/export",
            "Export all data",
            export::start,
        )
        .get("jobs-get", "/api/jobs/{id}", "Get a job", jobs::get)
        .get("keys-list", "/api/keys", "List API keys", keys::list)
        .post(
            "keys-create",
            "/api/keys",
            "Create an API key",
            keys::create,
        )
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
        .post("users-invite", "/api/users", "Invite a user", users::invite)
        .put(
            "users-update",
            "/api/users/{id}",
            "Update a user's role or status",
            users::update,
        )
        .delete(
            "users-delete",
            "/api/users/{id}",
            "Delete a user or invitation",
            users::delete,
        )
        .post(
            "users-accept",
            "/api/users/accept",
            "Accept an invitation",
            accept::accept,
        )
}
