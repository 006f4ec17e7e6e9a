//! The Model Context Protocol: what models do with a customer's documents, by the same use cases as the routes for programs.
//!
//! Streamable HTTP without sessions and with JSON responses, in the revisions that `server` lists. The protocol is that of
//! `rmcp`; here are the tools, resources and prompts.
//!
//! <https://modelcontextprotocol.io/specification>
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | while a tool reads | nothing | the client calls again |
//! | while a document is added or deleted | as for the routes that do the same: `documents` in `shared/app` | the client calls again: the same content is the same document |

mod call;
mod class;
mod described;
mod endpoint;
mod pages;
mod prompts;
mod resources;
mod schema;
mod server;
mod tool_error;
mod tools;
mod versions;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new()
        .post("mcp", "/mcp", "Call the MCP server", endpoint::message)
        .get(
            "mcp-about",
            "/mcp",
            "Describe the MCP server",
            described::about,
        )
        .get(
            "mcp-tools",
            "/tools",
            "List the tools of the MCP server",
            described::tools,
        )
        .classified(class::of_message)
        .sharing_function("mcp")
}
