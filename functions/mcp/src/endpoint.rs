//! `POST /mcp`: a message of a client and its answer, both as JSON.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dynrag_api::{
    Answer, App, Caller, Failure, With,
    openapi::{Argument, Description, Success},
    scopes::McpClient,
};
use dynrag_config::McpConfig;
use dynrag_domain::Error;
use dynrag_retrieval::Retriever;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use http_body_util::BodyExt;
use lambda_http::{RequestExt, request::RequestContext};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde_json::{Value, json};

use crate::{call::Call, server::Server};

/// Largest message: a text that is added.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// JSON-RPC's code for what is no request.
const INVALID_REQUEST: i32 = -32600;
const PARSE_ERROR: i32 = -32700;

/// A message of a client.
pub(crate) struct Message(Request);

impl<S: Send + Sync> FromRequest<S> for Message {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Ok(Self(request))
    }
}

impl Argument for Message {
    fn describe(description: &mut Description) {
        description.body::<JsonRpcMessage>("application/json", true);
    }
}

/// A JSON-RPC 2.0 message of the Model Context Protocol.
#[derive(utoipa::ToSchema)]
#[schema(as = McpMessage)]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct JsonRpcMessage {
    jsonrpc: String,
    #[schema(value_type = Option<Object>)]
    id: Option<Value>,
    method: Option<String>,
    #[schema(value_type = Option<Object>)]
    params: Option<Value>,
}

/// The answer to a message, or its acceptance.
pub(crate) struct Answered(Response);

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Success for Answered {
    fn describe(description: &mut Description) {
        description.responds::<JsonRpcMessage>(200, "OK: the answer");
        description.answers_nothing(202, "Accepted: a notification");
    }
}

/// Answers a message.
pub(crate) async fn message(
    caller: Caller<McpClient>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Message(mut request): Message,
) -> Answer<Answered> {
    let call = Call::new(app, retriever, caller.clone());
    let config = config(&call, &request)?;
    request.extensions_mut().insert(call);
    let service = StreamableHttpService::new(
        || Ok(Server),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let (head, body) = service.handle(request).await.into_parts();
    let bytes = body.collect().await.map_err(Error::internal_fault)?;
    Ok(Answered(in_json(
        head.status,
        &head.headers,
        bytes.to_bytes(),
    )))
}

/// What the protocol's server takes. Each request has its own origin.
fn config(call: &Call, request: &Request) -> Result<StreamableHttpServerConfig, Error> {
    let mut hosts = Vec::with_capacity(2);
    let base: Uri = call.base.parse().map_err(Error::internal_fault)?;
    hosts.extend(base.authority().map(|authority| authority.to_string()));
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() {
        hosts.extend(context.domain_name.clone());
    }
    let config = McpConfig::from_env();
    let own = base.scheme_str().zip(base.authority());
    let own = own.map(|(scheme, authority)| format!("{scheme}://{authority}"));
    let origins = config.origins.into_iter().chain(own).map(with_port);
    Ok(StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_MESSAGE)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation())
}

/// An origin with its port.
fn with_port(origin: String) -> String {
    let port = match origin.parse::<Uri>() {
        Ok(uri) if uri.port().is_some() => return origin,
        Ok(uri) if uri.scheme_str() == Some("http") => 80,
        _ => 443,
    };
    format!("{origin}:{port}")
}

/// Refusals are JSON-RPC errors, too.
fn in_json(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response {
    let media_type = headers.get(header::CONTENT_TYPE);
    let is_json = media_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let body = match status.is_client_error() || status.is_server_error() {
        true if !is_json => refusal(status, &String::from_utf8_lossy(&body)),
        _ => body,
    };
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if status != StatusCode::ACCEPTED {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    response
}

fn refusal(status: StatusCode, why: &str) -> Bytes {
    let is_syntax = status == StatusCode::UNSUPPORTED_MEDIA_TYPE && why.contains("deserialize");
    let code = match is_syntax {
        true => PARSE_ERROR,
        false => INVALID_REQUEST,
    };
    let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": why}});
    error.to_string().into()
}
