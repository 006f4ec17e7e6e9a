//! Converts the SDK's errors.

use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};
use dynrag_domain::Error;

/// A failed call: a permanent rejection is an internal error, anything else may be transient.
pub(crate) fn call<E>(operation: &str, error: &E) -> Error
where
    E: std::error::Error + ProvideErrorMetadata,
{
    let text = format!("{operation}: {}", DisplayErrorContext(error));
    match error.code() {
        Some(
            "AccessDenied"
            | "AccessDeniedException"
            | "NoSuchBucket"
            | "QueueDoesNotExist"
            | "NotFoundException",
        ) => Error::internal_fault(text),
        _ => Error::unavailable(text),
    }
}
