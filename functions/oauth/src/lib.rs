//! The OAuth 2.1 authorization server: metadata, consent, tokens, registration and revocation for clients, and what a user has
//! allowed. The rules are in `dynrag_app::oauth`.

mod authorize;
mod consent;
mod grants;
mod metadata;
mod page;
mod parameters;
mod register;
mod token;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    let server = Routes::new()
        .get(
            "oauth-resource",
            "/.well-known/oauth-protected-resource",
            "Describe the MCP server as an OAuth resource",
            metadata::resource,
        )
        .get(
            "oauth-resource",
            "/.well-known/oauth-protected-resource/mcp",
            "Describe the MCP server as an OAuth resource",
            metadata::resource,
        )
        .get(
            "oauth-server",
            "/.well-known/oauth-authorization-server",
            "Describe the authorization server",
            metadata::server,
        )
        .get(
            "oauth-openid",
            "/.well-known/openid-configuration",
            "Describe the authorization server below a path",
            metadata::openid,
        )
        .get(
            "oauth-keys",
            "/oauth/keys",
            "List public keys: there are none",
            metadata::keys,
        )
        .post(
            "oauth-token",
            "/oauth/token",
            "Get tokens for an authorization code or a refresh token",
            token::token,
        )
        .post(
            "oauth-revoke",
            "/oauth/revoke",
            "Revoke a client's tokens",
            token::revoke,
        )
        // What clients need all the time is not held up by what people do.
        .sharing_function("oauth-endpoints")
        .get(
            "oauth-authorize",
            "/oauth/authorize",
            "Ask a user for consent to what a client asks for",
            authorize::ask,
        )
        .post(
            "oauth-consent",
            "/oauth/authorize",
            "Consent, or deny",
            authorize::answer,
        )
        .post(
            "oauth-register",
            "/oauth/register",
            "Register a client",
            register::register,
        )
        .sharing_function("oauth-pages");
    server
        .get(
            "oauth-list-grants",
            "/api/oauth/grants",
            "List the clients that act for you",
            grants::list,
        )
        .delete(
            "oauth-revoke-grant",
            "/api/oauth/grants/{id}",
            "End what a client may do for you",
            grants::revoke,
        )
}
