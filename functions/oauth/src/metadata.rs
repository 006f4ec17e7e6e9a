//! What clients read first: RFC 9728 and RFC 8414.

use dynrag_api::{Answer, Json, Link};
use dynrag_domain::{identity::Scope, oauth::SCOPES};
use serde::Serialize;
use utoipa::ToSchema;

/// The MCP server as a protected resource.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthResource)]
pub(crate) struct Resource {
    resource: Link,
    resource_name: &'static str,
    authorization_servers: [Link; 1],
    scopes_supported: [Scope; SCOPES.len()],
    bearer_methods_supported: [&'static str; 1],
}

/// The authorization server.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthServer)]
pub(crate) struct Server {
    issuer: Link,
    authorization_endpoint: Link,
    token_endpoint: Link,
    registration_endpoint: Link,
    revocation_endpoint: Link,
    scopes_supported: [Scope; SCOPES.len()],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    client_id_metadata_document_supported: bool,
}

/// The resource that tokens are for.
pub(crate) fn mcp() -> Link {
    Link::to("/mcp")
}

/// The issuer of codes and tokens.
pub(crate) fn issuer() -> Link {
    Link::to("")
}

/// Describes the resource.
pub(crate) async fn resource() -> Answer<Json<Resource>> {
    Ok(Json(Resource {
        resource: mcp(),
        resource_name: "Dynamic RAG",
        authorization_servers: [issuer()],
        scopes_supported: SCOPES,
        bearer_methods_supported: ["header"],
    }))
}

/// The authorization server as a provider of OpenID Connect describes itself. It issues no ID tokens; but below a path, as behind a
/// proxy, clients look for its description here alone, and some insist on these members.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenIdServer)]
pub(crate) struct OpenIdServer {
    #[serde(flatten)]
    server: Server,
    jwks_uri: Link,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 0],
}

/// The keys with which clients verify tokens themselves: none, as only we do.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthKeys)]
pub(crate) struct Keys {
    #[schema(value_type = Vec<Object>)]
    keys: [(); 0],
}

/// Describes the server.
pub(crate) async fn server() -> Answer<Json<Server>> {
    Ok(Json(described()))
}

/// The same, where clients look below a path.
pub(crate) async fn openid() -> Answer<Json<OpenIdServer>> {
    Ok(Json(OpenIdServer {
        server: described(),
        jwks_uri: Link::to("/oauth/keys"),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [],
    }))
}

/// Lists no keys.
pub(crate) async fn keys() -> Answer<Json<Keys>> {
    Ok(Json(Keys { keys: [] }))
}

fn described() -> Server {
    Server {
        issuer: issuer(),
        authorization_endpoint: Link::to("/oauth/authorize"),
        token_endpoint: Link::to("/oauth/token"),
        registration_endpoint: Link::to("/oauth/register"),
        revocation_endpoint: Link::to("/oauth/revoke"),
        scopes_supported: SCOPES,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        revocation_endpoint_auth_methods_supported: ["none"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
    }
}
