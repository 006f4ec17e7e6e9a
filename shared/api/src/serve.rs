//! A group's `main`.

use axum::Router;
use dynrag_config::LogConfig;
use tracing_subscriber::EnvFilter;

use crate::stack;

/// Starts the log and serves a router to Lambda until the process is ended.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    start_log();
    lambda_http::run(stack::wrap(router)).await
}

fn start_log() {
    let filter = EnvFilter::try_new(LogConfig::from_env().filter).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(location = panic.location().map(ToString::to_string), "panic");
    }));
}
