//! Versions of a customer's tables of vectors, as Postgres records them.
//!
//! The vectors of another model do not fit into a table, so they are built in another one beside it. Each has a
//! generation; the number recorded holds both, so that readers who are handed the new number see the new table whole.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bits of a recorded number that are the Lance version.
const VERSION_BITS: u32 = 40;

/// A version of one of a customer's tables: the generation of the table, and the Lance version of it.
///
/// Later generations are greater, and so are later Lance versions of a generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableVersion(u64);

impl TableVersion {
    /// Returns a Lance version in a generation; 0 is the first generation.
    pub const fn new(generation: u64, lance: u64) -> Self {
        Self(generation << VERSION_BITS | lance)
    }

    /// Returns the version of an empty table of a generation: nothing is recorded of it yet.
    pub const fn empty(generation: u64) -> Self {
        Self::new(generation, 0)
    }

    /// Returns the version that was recorded as a number. Zero is no version: nothing was recorded.
    pub fn recorded(number: i64) -> Option<Self> {
        u64::try_from(number).ok().filter(|n| *n > 0).map(Self)
    }

    /// Returns the number to record. It fits into Postgres' `bigint`.
    pub const fn number(self) -> i64 {
        self.0.cast_signed()
    }

    /// Returns the generation.
    pub const fn generation(self) -> u64 {
        self.0 >> VERSION_BITS
    }

    /// Returns the Lance version; none for an empty table.
    pub const fn lance(self) -> Option<u64> {
        match self.0 & ((1 << VERSION_BITS) - 1) {
            0 => None,
            version => Some(version),
        }
    }
}

impl fmt::Display for TableVersion {
    /// The number that is recorded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_generation_is_numbered_as_lance_does() {
        let version = TableVersion::new(0, 7);
        assert_eq!(TableVersion::recorded(7), Some(version));
        assert_eq!((version.generation(), version.lance()), (0, Some(7)));
        assert_eq!(version.number(), 7);
    }

    #[test]
    fn later_ones_follow() {
        let version = TableVersion::new(3, 9);
        assert_eq!((version.generation(), version.lance()), (3, Some(9)));
        assert_eq!(TableVersion::empty(3).lance(), None);
        assert!(version > TableVersion::new(2, (1 << VERSION_BITS) - 1));
        assert!(version.number() > 0);
        assert_eq!(TableVersion::recorded(version.number()), Some(version));
    }

    #[test]
    fn nothing_recorded_is_no_version() {
        assert_eq!(TableVersion::recorded(0), None);
        assert_eq!(TableVersion::recorded(-1), None);
    }
}
