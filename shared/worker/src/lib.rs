//! The edge of event-driven functions: queue batches, notifications, schedules.
//!
//! Only here are errors of `dynrag_domain` turned into an SQS partial failure, or the failure of an
//! invocation.

mod queue;
pub mod turns;

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use dynrag_domain::Result;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument;

pub use queue::{Delivery, run_queue};

/// An invocation and its deadline.
pub struct Invocation<E> {
    /// The event.
    pub event: E,
    /// When Lambda ends the invocation.
    pub deadline: Instant,
}

/// Serves invocations to a handler until the process ends. A failed invocation is logged with its
/// cause and reported, so that the caller (S3, a schedule) retries.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run<E, T, F>(handler: impl Fn(Invocation<E>) -> F) -> Result<(), lambda_runtime::Error>
where
    E: DeserializeOwned,
    T: Serialize,
    F: Future<Output = Result<T>>,
{
    dynrag_telemetry::start();
    let handler = &handler;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<E>| {
        let started = Instant::now();
        let span = tracing::info_span!("invocation", request_id = %event.context.request_id);
        let deadline = deadline(event.context.deadline);
        // Boxed: the types of nested futures would otherwise exceed the compiler's depth.
        let work: Pin<Box<dyn Future<Output = Result<T>>>> = Box::pin(handler(Invocation {
            event: event.payload,
            deadline,
        }));
        let answer = work.instrument(span.clone()).await;
        let _guard = span.enter();
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &answer {
            Ok(_) => tracing::info!(took_ms, "invocation"),
            Err(error) => {
                tracing::error!(
                    took_ms,
                    code = error.code(),
                    cause = error.internal(),
                    "invocation failed"
                );
            }
        }
        answer.map_err(|error| Diagnostic {
            error_type: error.code().to_owned(),
            error_message: error.public().to_owned(),
        })
    }))
    .await
}

/// From milliseconds since 1970 to this process's clock.
fn deadline(at: u64) -> Instant {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::now() + Duration::from_millis(at).saturating_sub(now)
}
