//! `GET /mcp` and `GET /tools`: what the server is and can do, for people and scripts.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use dynrag_api::{
    Answer, Failure, Json, Link,
    event_stream::MEDIA_TYPE,
    openapi::{Argument, Description, Success},
    responses::Either,
};
use dynrag_domain::identity::Scope;
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{server, tools};

/// The MCP server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = McpServer)]
pub(crate) struct About {
    name: &'static str,
    title: &'static str,
    version: &'static str,
    /// Where clients connect.
    url: Link,
    transport: &'static str,
    /// Revisions of the protocol, the newest last.
    protocol_versions: Vec<String>,
    /// How a client authenticates.
    authentication: &'static str,
    /// Where its tools are listed.
    tools_url: Link,
}

/// What the tools are.
#[derive(Serialize, ToSchema)]
#[schema(as = McpTools)]
pub(crate) struct Tools {
    tools: Vec<ToolShown>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = McpTool)]
struct ToolShown {
    /// What a caller needs to call it; others do not see it.
    scope: Scope,
    /// The tool, as `tools/list` has it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    tool: Value,
}

/// Whether a client asks for a stream of events.
pub(crate) struct WantsEvents(bool);

impl<S: Send + Sync> FromRequestParts<S> for WantsEvents {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter();
        let wants = accepted
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains(MEDIA_TYPE));
        Ok(Self(wants))
    }
}

impl Argument for WantsEvents {
    fn describe(_: &mut Description) {}
}

/// 405: there are no streams of events.
pub(crate) struct NoEvents;

impl IntoResponse for NoEvents {
    fn into_response(self) -> Response {
        let headers = [
            (header::ALLOW, "POST"),
            (header::CONTENT_TYPE, "application/json"),
        ];
        (StatusCode::METHOD_NOT_ALLOWED, headers, "{}").into_response()
    }
}

impl Success for NoEvents {
    fn describe(description: &mut Description) {
        description.answers_nothing(405, "There are no event streams: send messages with POST");
    }
}

/// Describes the server. Clients of the protocol ask here for a stream of events, which there is not.
pub(crate) async fn about(
    WantsEvents(wants): WantsEvents,
) -> Answer<Either<Json<About>, NoEvents>> {
    if wants {
        return Ok(Either::Right(NoEvents));
    }
    Ok(Either::Left(Json(About {
        name: server::NAME,
        title: server::TITLE,
        version: env!("CARGO_PKG_VERSION"),
        url: Link::to("/mcp"),
        transport: "streamable-http",
        protocol_versions: server::VERSIONS
            .iter()
            .map(|version| version.as_str().to_owned())
            .collect(),
        authentication: "OAuth 2.1, or Authorization: Bearer with an API key",
        tools_url: Link::to("/tools"),
    })))
}

/// Lists all tools.
pub(crate) async fn tools() -> Answer<Json<Tools>> {
    let tools = tools::all().iter().map(|entry| ToolShown {
        scope: entry.scope,
        tool: serde_json::json!(entry.tool),
    });
    Ok(Json(Tools {
        tools: tools.collect(),
    }))
}
