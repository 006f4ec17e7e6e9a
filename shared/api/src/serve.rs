//! A group's `main`.

use axum::Router;

use crate::stack;

/// Starts the log and serves a router to Lambda until the process is ended.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    dynrag_telemetry::start();
    lambda_http::run(stack::wrap(router)).await
}

/// As [`run`], for routes on a function URL whose answers are streamed.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run_streaming(router: Router) -> Result<(), lambda_http::Error> {
    dynrag_telemetry::start();
    lambda_http::run_with_streaming_response(stack::wrap(router)).await
}
