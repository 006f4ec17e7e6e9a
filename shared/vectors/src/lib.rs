//! A customer's LanceDB tables: written, searched, compacted and pruned under versions that
//! Postgres records.
//!
//! **Postgres is the commit point.** A Lance commit is visible to no one until its version number
//! is in the customer's row. [`Vectors::store`] is called while the caller holds that row's lock
//! and returns the version to record; [`Vectors::search`] and [`Vectors::reuse`] read exactly a
//! recorded version and never "the latest". So a writer that dies between its Lance commit and its
//! Postgres commit leaves rows that no reader sees, and the next writer removes them from the
//! version history before it adds its own.
//!
//! [`Vectors`] is built once per process. What is searched are the segments that were written beside
//! the table ([`Vectors::write_segment`]), whose list Postgres records with the version. A table
//! without a complete list is scanned.
//!
//! Deleting without a trace takes four steps under the tenant's lock, in this order:
//! [`Vectors::store`] with the documents in `delete`, [`Vectors::compact`], publication of the
//! version it returns, and then [`Vectors::prune`]. See [`Vectors::prune`] for what is left if it
//! dies in between.

mod columns;
mod contents;
mod error;
mod fuse;
mod glibc;
mod indexed;
mod kernel;
mod maintain;
mod mmr;
mod objects;
mod open;
mod recorded;
mod reuse;
mod rows;
mod scan;
mod search;
mod segments;
mod store;
#[cfg(test)]
mod tests;
mod text;

pub use contents::StoredChunk;
pub use error::{Error, Result, Unreadable};
pub use maintain::Pruned;
pub use open::{Location, Vectors};
pub use rows::{Change, Row};
pub use search::{ChunkCondition, Found, Query};
pub use segments::Orphans;
pub use store::{Recorded, Stored};
