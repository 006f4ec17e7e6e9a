//! The `main` of a group's binary.

use axum::{Router, body::Body, response::Response};
use lambda_http::{Adapter, StreamAdapter, lambda_runtime};

use crate::{invocation::Gate, stack};

/// Starts logging and serves a router to Lambda until the process ends.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run(router: Router) -> Result<(), lambda_http::Error> {
    dynrag_telemetry::start();
    let adapter = Adapter::<'_, Response<Body>, Router>::from;
    lambda_runtime::run(Gate {
        routes: adapter(stack::wrap(router)),
        refusal: adapter(stack::refusal()),
    })
    .await
}

/// As [`run`], for routes on a function URL with streamed responses.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run_streaming(router: Router) -> Result<(), lambda_http::Error> {
    dynrag_telemetry::start();
    let adapter = StreamAdapter::<'_, Router, Body>::from;
    lambda_runtime::run(Gate {
        routes: adapter(stack::wrap(router)),
        refusal: adapter(stack::refusal()),
    })
    .await
}
