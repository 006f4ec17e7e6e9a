//! Where segments are read from.

use std::{future::Future, ops::Range};

use bytes::Bytes;
use dynrag_domain::{ids::CustomerId, segments::SegmentName};

use crate::ReadError;

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
