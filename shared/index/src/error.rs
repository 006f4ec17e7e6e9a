//! Why a segment cannot be built, read or searched.

use crate::SegmentName;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a segment cannot be built, read or searched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object does not exist. Rebuild it from the table.
    #[error("segment {0} does not exist")]
    Missing(SegmentName),
    /// The object is not what was written. Rebuild it from the table.
    #[error("segment {segment} is damaged: {what}")]
    Damaged {
        /// The segment.
        segment: SegmentName,
        /// What is wrong.
        what: &'static str,
    },
    /// The object has a format that this release does not know. Rebuild it from the table, or wait until every
    /// process has been replaced.
    #[error("segment {segment} has format {format}, which this release does not know")]
    Newer {
        /// The segment.
        segment: SegmentName,
        /// Its format.
        format: u32,
    },
    /// Two vectors that are compared have different lengths.
    #[error("vectors have {stored} dimensions, the given one has {given}")]
    Dimension {
        /// Of the stored ones.
        stored: usize,
        /// Of the given one.
        given: usize,
    },
    /// Rows of one segment have different models.
    #[error("vectors are of the model {stored}, the given ones of {given}")]
    Model {
        /// Of the rows so far.
        stored: String,
        /// Of the row to add.
        given: String,
    },
    /// A row or a query that cannot be indexed or searched.
    #[error("{0}")]
    Invalid(&'static str),
    /// The object store did not answer.
    #[error("segments cannot be read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The segment could not be written.
    #[error("a segment cannot be written")]
    Write(#[from] std::io::Error),
}

/// What [`crate::Ranges::read`] answers instead of bytes.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such object.
    #[error("segment {0} does not exist")]
    Missing(SegmentName),
    /// The object store did not answer.
    #[error("segments cannot be read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing(segment) => Self::Missing(segment),
            ReadError::Unavailable(source) => Self::Unavailable(source),
        }
    }
}

/// Bytes that are not what was written; the segment is named where it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Corrupt {
    Damaged(&'static str),
    Newer(u32),
}

impl Corrupt {
    pub(crate) fn in_segment(self, segment: SegmentName) -> Error {
        match self {
            Self::Damaged(what) => Error::Damaged { segment, what },
            Self::Newer(format) => Error::Newer { segment, format },
        }
    }
}
