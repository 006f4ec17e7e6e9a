//! Conversion of Postgres errors. Text from the database never becomes public.

use deadpool_postgres::PoolError;
use dynrag_domain::{Error, Kind, documents::FailureCode};
use tokio_postgres::error::SqlState;

/// Returns whether the connection was closed before the statement could run: a fresh one may succeed.
pub(crate) fn is_disconnected(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.code() == Some(&SqlState::ADMIN_SHUTDOWN)
}

/// SQLSTATE that the trigger which counts originals raises above the limit (`count_storage`).
const STORAGE_LIMIT: &str = "DR001";

/// Returns the error for content that exceeds the storage limit.
fn storage_limit() -> Error {
    Error::new(
        Kind::Conflict,
        FailureCode::StorageLimit.as_str(),
        "The originals of your documents, including superseded versions, would exceed maxStorageBytes of your \
         configuration. Delete documents, set fewer retentionDays, or ask the platform's operator for a higher limit.",
    )
}

/// Converts the error of a failed statement. A transient failure is `Unavailable`, any other is an internal error.
pub(crate) fn statement(error: &tokio_postgres::Error) -> Error {
    if error
        .code()
        .is_some_and(|code| code.code() == STORAGE_LIMIT)
    {
        return storage_limit();
    }
    let transient = error.is_closed()
        || error.code().is_none()
        || error.code().is_some_and(|code| {
            matches!(
                *code,
                SqlState::T_R_SERIALIZATION_FAILURE
                    | SqlState::T_R_DEADLOCK_DETECTED
                    | SqlState::ADMIN_SHUTDOWN
                    | SqlState::CRASH_SHUTDOWN
                    | SqlState::CANNOT_CONNECT_NOW
                    | SqlState::TOO_MANY_CONNECTIONS
                    | SqlState::LOCK_NOT_AVAILABLE
                    | SqlState::QUERY_CANCELED
                    | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            )
        });
    let text = match error.as_db_error() {
        Some(db) => format!("postgres: {} {}", db.code().code(), db.message()),
        None => format!("postgres: {error}"),
    };
    if transient {
        Error::unavailable(text)
    } else {
        Error::internal_fault(text)
    }
}

/// Converts the error of the pool when no connection is available.
pub(crate) fn pool(error: &PoolError) -> Error {
    match error {
        PoolError::Backend(backend) => {
            Error::unavailable(format!("postgres: cannot connect: {backend}"))
        }
        other => Error::unavailable(format!("postgres: no connection: {other}")),
    }
}

/// Returns the violated constraint, by which callers tell a duplicate from a fault.
pub(crate) fn constraint(error: &tokio_postgres::Error) -> Option<&str> {
    error
        .as_db_error()
        .and_then(tokio_postgres::error::DbError::constraint)
}
