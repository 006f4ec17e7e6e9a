//! A finished segment.

use crate::{SegmentName, SegmentRef};

/// A finished segment, as Postgres records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Built {
    /// Bytes of the object: [`crate::SegmentRef::size`].
    pub size: u64,
    /// Bytes to read first: [`crate::SegmentRef::first`].
    pub first: u64,
    /// Rows, superseded ones included.
    pub rows: u32,
    /// Rows that are not superseded.
    pub current: u32,
    /// Tombstones.
    pub tombstones: u32,
}

impl Built {
    /// What Postgres records of it under a name.
    pub const fn named(&self, name: SegmentName) -> SegmentRef {
        SegmentRef {
            name,
            size: self.size,
            first: self.first,
            rows: self.rows,
            current: self.current,
            tombstones: self.tombstones,
        }
    }
}
