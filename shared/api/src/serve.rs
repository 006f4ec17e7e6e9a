//! The `main` of a group's binary.

use std::task::{Context, Poll};

use axum::{Router, body::Body, response::Response};
use futures::{FutureExt, future::BoxFuture};
use lambda_http::{
    Adapter, Service, StreamAdapter,
    lambda_runtime::{self, LambdaInvocation, Runtime, layers::TracingLayer},
};
use tower::layer::layer_fn;

use crate::{event_stream, invocation::Gate, nodelay, stack};

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
    let gate = Gate {
        routes: adapter(stack::wrap(router)),
        refusal: adapter(stack::refusal()),
    };
    // The work of a stream may outlive its response. It ends before the next event is asked for, where Lambda freezes the process.
    let settling = layer_fn(|invocation| Settling { invocation });
    let runtime = Runtime::new(gate).layer(TracingLayer::new());
    runtime.layer(settling).run().await
}

/// An invocation, and the work that it leaves behind.
struct Settling<S> {
    invocation: S,
}

impl<S> Service<LambdaInvocation> for Settling<S>
where
    S: Service<LambdaInvocation, Response = (), Error = lambda_http::Error>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = lambda_http::Error;
    type Future = BoxFuture<'static, Result<(), Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.invocation.poll_ready(context)
    }

    fn call(&mut self, event: LambdaInvocation) -> Self::Future {
        // The connection that the event came by is the one that its response goes by.
        nodelay::set();
        let invocation = self.invocation.call(event);
        async move {
            let ended = invocation.await;
            event_stream::settled().await;
            ended
        }
        .boxed()
    }
}
