//! Clients of the Model Context Protocol.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

/// The revision of most clients.
const REVISION: &str = "2025-11-25";

impl Stack {
    /// A message to the MCP server, with an API key.
    pub fn mcp(&self, key: &str) -> RequestBuilder {
        self.mcp_in(REVISION, key)
    }

    /// A message in a revision of the protocol.
    pub fn mcp_in(&self, revision: &str, key: &str) -> RequestBuilder {
        self.http
            .post(self.url("/mcp"))
            .bearer_auth(key)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", revision)
    }

    /// Calls a method, and returns the answer's result.
    pub async fn mcp_method(&self, key: &str, method: &str, params: Value) -> Value {
        let answer = self.mcp_answer(key, method, params).await.ok(200);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Calls a method, and returns the answer.
    pub async fn mcp_answer(&self, key: &str, method: &str, params: Value) -> Answer {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        Answer::of(self.mcp(key).json(&message)).await
    }
}

impl Tenant {
    /// Calls a method with the default key.
    pub async fn mcp(&self, method: &str, params: Value) -> Value {
        self.stack.mcp_method(&self.key, method, params).await
    }

    /// Calls a method that is refused, and returns its error.
    pub async fn mcp_error(&self, method: &str, params: Value) -> Value {
        let answer = self.stack.mcp_answer(&self.key, method, params).await;
        let error = answer.json()["error"].clone();
        assert!(error["code"].is_i64(), "{answer}");
        error
    }

    /// Calls a tool, which succeeds, and returns its structured result.
    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        let result = self.tool_result(name, arguments).await;
        assert_ne!(result["isError"], true, "{name}: {result}");
        result["structuredContent"].clone()
    }

    /// Calls a tool that fails, and returns what the model reads.
    pub async fn tool_error(&self, name: &str, arguments: Value) -> String {
        let result = self.tool_result(name, arguments).await;
        assert_eq!(result["isError"], true, "{name}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Calls a tool.
    pub async fn tool_result(&self, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        self.mcp("tools/call", params).await
    }
}
