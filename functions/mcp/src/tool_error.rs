//! Errors as models get them: in words, with what to do, and with the code that programs know.

use dynrag_api::problem;
use dynrag_domain::{Error, Kind};
use rmcp::{
    ErrorData,
    model::{CallToolResult, ContentBlock},
};
use serde_json::{Value, json};

/// The result of a tool that failed. A model reads it, so that it can do better.
pub(crate) fn result(error: &Error) -> CallToolResult {
    log(error);
    let mut text = format!("{} (code: {})", error.public(), error.code());
    for field in error.fields() {
        text.push_str(&format!("\n{}: {}", field.pointer, field.detail));
    }
    if let Some(wait) = error.retry_after() {
        text.push_str(&format!(
            "\nTry again after {} seconds.",
            wait.as_secs().max(1)
        ));
    }
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// The error of a message other than a call of a tool.
pub(crate) fn data(error: &Error) -> ErrorData {
    log(error);
    let data = Some(Value::Object(problem::members(error)));
    match error.kind() {
        Kind::NotFound => ErrorData::resource_not_found(error.public().to_owned(), data),
        Kind::Internal | Kind::Unavailable => {
            ErrorData::internal_error(error.public().to_owned(), data)
        }
        _ => ErrorData::invalid_params(error.public().to_owned(), data),
    }
}

fn log(error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    match error.kind() {
        Kind::Internal => tracing::error!(code, cause, "an MCP message failed"),
        _ => tracing::info!(code, cause, "an MCP message was refused"),
    }
}

/// The error for a name that there is not.
pub(crate) fn unknown(kind: &str, name: &str) -> ErrorData {
    let name: String = name.chars().take(100).collect();
    ErrorData::invalid_params(
        format!("Unknown {kind}: {name}"),
        Some(json!({"name": name})),
    )
}
