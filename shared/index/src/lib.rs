#![doc = include_str!("../README.md")]

mod builder;
mod built;
mod cache;
mod chunks;
mod documents;
mod error;
mod format;
mod merge;
mod options;
mod plan;
mod ranges;
mod row;
mod search;
mod segment;
mod terms;
#[cfg(test)]
mod tests;
mod vectors;
mod wire;

pub use builder::Builder;
pub use built::Built;
pub use cache::{Cache, CacheStats};
pub use chunks::{Chunks, Which, chunks};
pub use documents::{At, Tombstone};
pub use dynrag_domain::segments::{SegmentName, SegmentRef};
pub use error::{Error, ReadError, Result};
pub use merge::merge;
pub use options::{Keep, Options};
pub use plan::Budget;
pub use ranges::{Piece, Ranges};
pub use row::{Record, Row};
pub use search::{
    Admit, Candidate, Everything, Limits, Place, Query, Ranking, Recall, Spread, rank, recall,
};
pub use segment::Segment;
