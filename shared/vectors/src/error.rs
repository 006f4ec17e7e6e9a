//! Errors of a table, with the cases that a caller handles separately.

use dynrag_domain::{
    error::{Error as DomainError, Kind},
    segments::SegmentName,
};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of a table. [`From`] turns each into the project's error for callers that do not
/// distinguish them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The version asked for is no longer there: pruned since it was read from Postgres. Read the
    /// recorded version again and repeat.
    #[error("the version of the table is gone")]
    VersionGone,
    /// The table holds vectors of another model or size; nothing was written. An ingestion ends
    /// with `FailureCode::EmbeddingModelChanged`.
    #[error("the table holds vectors of {stored}, not of {given}")]
    ModelChanged {
        /// Model and dimension in the table.
        stored: String,
        /// Model and dimension given.
        given: String,
    },
    /// An unrecorded version is above the recorded one, so pruning could not guarantee that
    /// nothing is left. Store an empty change, publish, and prune again.
    #[error("a version that was not recorded lies above the recorded one")]
    Behind,
    /// Another writer committed in the meantime. Retried inside this crate.
    #[error("another writer committed meanwhile")]
    Conflict,
    /// A segment is missing or not readable. If the list that names it is still recorded, search the table, and have the
    /// list completed.
    #[error("the search index cannot be read")]
    Segment(#[source] Unreadable),
    /// Everything else.
    #[error(transparent)]
    Other(#[from] DomainError),
}

/// A segment that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Unreadable {
    /// The segment.
    pub name: SegmentName,
    /// Whether it is to be rebuilt: not if a later release wrote it.
    pub is_lost: bool,
    /// What is wrong with it.
    pub cause: String,
}

impl From<dynrag_index::Error> for Error {
    fn from(error: dynrag_index::Error) -> Self {
        use dynrag_index::Error as E;
        let cause = error.to_string();
        let unreadable = |name, is_lost| {
            Self::Segment(Unreadable {
                name,
                is_lost,
                cause,
            })
        };
        match error {
            E::Missing(name) => unreadable(name, true),
            E::Damaged { segment, .. } => unreadable(segment, true),
            E::Newer { segment, .. } => unreadable(segment, false),
            E::Dimension { stored, given } => Self::ModelChanged {
                stored: format!("{stored} dimensions"),
                given: format!("{given} dimensions"),
            },
            E::Model { stored, given } => Self::ModelChanged { stored, given },
            E::Unavailable(source) => Self::Other(DomainError::unavailable(source)),
            error @ (E::Invalid(_) | E::Write(_)) => Self::fault(error),
        }
    }
}

impl Error {
    /// An internal error.
    pub(crate) fn fault(internal: impl std::fmt::Display) -> Self {
        Self::Other(DomainError::internal_fault(internal))
    }
}

impl From<Error> for DomainError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::VersionGone | Error::Behind | Error::Conflict => Self::unavailable(text),
            Error::Segment(unreadable) => Self::unavailable(unreadable),
            Error::ModelChanged { .. } => Self::new(
                Kind::Conflict,
                "embedding_model_changed",
                "The stored vectors are from another embedding model. Set the model back or regenerate all embeddings.",
            )
            .because(text),
            Error::Other(error) => error,
        }
    }
}

impl From<lance::Error> for Error {
    fn from(error: lance::Error) -> Self {
        use lance::Error as L;
        if error.is_not_found() {
            return Self::VersionGone;
        }
        match error {
            L::DatasetNotFound { .. } | L::NotFound { .. } | L::VersionNotFound { .. } => {
                Self::VersionGone
            }
            L::CommitConflict { .. }
            | L::RetryableCommitConflict { .. }
            | L::IncompatibleTransaction { .. }
            | L::TooMuchWriteContention { .. }
            | L::DatasetAlreadyExists { .. } => Self::Conflict,
            error if error.is_commit_status_unknown() => Self::Conflict,
            error @ (L::InvalidInput { .. }
            | L::SchemaMismatch { .. }
            | L::Schema { .. }
            | L::NotSupported { .. }
            | L::CorruptFile { .. }
            | L::FieldNotFound { .. }) => Self::fault(error),
            error => Self::Other(DomainError::unavailable(error)),
        }
    }
}

impl From<lancedb::Error> for Error {
    fn from(error: lancedb::Error) -> Self {
        match error {
            lancedb::Error::Lance { source } => source.into(),
            lancedb::Error::TableAlreadyExists { .. } => Self::Conflict,
            lancedb::Error::TableNotFound { .. } => Self::VersionGone,
            error @ (lancedb::Error::InvalidInput { .. }
            | lancedb::Error::Schema { .. }
            | lancedb::Error::NotSupported { .. }) => Self::fault(error),
            error => Self::Other(DomainError::unavailable(error)),
        }
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::fault(error)
    }
}
