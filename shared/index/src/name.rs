//! What segments are called, and where they are read from.

use std::{fmt, future::Future, ops::Range, str::FromStr};

use bytes::Bytes;
use dynrag_domain::ids::CustomerId;
use uuid::Uuid;

use crate::ReadError;

/// The name of a segment, unique among all customers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SegmentName(Uuid);

impl SegmentName {
    /// Generates a name; later ones sort later.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Returns the UUID, for binding to a SQL parameter.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for SegmentName {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for SegmentName {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

impl fmt::Display for SegmentName {
    /// Writes the hyphenated lower-case form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// A segment as Postgres records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentRef {
    /// Its name.
    pub name: SegmentName,
    /// Bytes of the whole object.
    pub size: u64,
    /// Bytes to read first, from the start: [`crate::Built::first`].
    pub first: u64,
}

/// A range of a segment's bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The segment.
    pub segment: SegmentName,
    /// The bytes; not empty.
    pub range: Range<u64>,
}

/// Where segments are read from.
pub trait Ranges: Sync {
    /// Reads ranges of a customer's segments, all at the same time: one call is one round trip.
    ///
    /// Returns the bytes of each range in the order of `wanted`; fewer than asked for if the object is shorter.
    fn read(
        &self,
        customer: CustomerId,
        wanted: &[Piece],
    ) -> impl Future<Output = Result<Vec<Bytes>, ReadError>> + Send;
}
