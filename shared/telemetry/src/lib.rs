//! The log of a function: JSON lines on standard output, which Lambda sends to CloudWatch.

use dynrag_config::LogConfig;
use tracing_subscriber::EnvFilter;

/// Starts the log. Call it once, first in `main`.
///
/// A panic is logged with its location but without its message, which may quote a document.
pub fn start() {
    let filter =
        EnvFilter::try_new(LogConfig::from_env().filter).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            location = panic.location().map(ToString::to_string),
            "panic"
        );
    }));
}
