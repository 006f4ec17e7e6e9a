#![doc = include_str!("../README.md")]

mod builder;
mod cache;
mod chunks;
mod documents;
mod error;
mod format;
mod merge;
mod name;
mod plan;
mod row;
mod search;
mod segment;
mod terms;
#[cfg(test)]
mod tests;
mod vectors;
mod wire;

pub use builder::{Builder, Built, Keep, Options};
pub use cache::{Cache, CacheStats};
pub use chunks::{Chunks, Which, chunks};
pub use documents::{At, Tombstone};
pub use error::{Error, ReadError, Result};
pub use merge::merge;
pub use name::{Piece, Ranges, SegmentName, SegmentRef};
pub use plan::Budget;
pub use row::{Record, Row};
pub use search::{Admit, Candidate, Everything, Limits, Query, search};
pub use segment::Segment;
