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
//! [`Vectors`] is built once per process. Small tables are searched in memory and need no requests
//! to the object store while their recorded version is unchanged; larger ones are scanned, with
//! the same arithmetic and therefore the same results.
//!
//! Deleting without a trace takes four steps under the tenant's lock, in this order:
//! [`Vectors::store`] with the documents in `delete`, [`Vectors::compact`], publication of the
//! version it returns, and then [`Vectors::prune`]. See [`Vectors::prune`] for what is left if it
//! dies in between.

mod cache;
mod columns;
mod contents;
mod error;
mod fuse;
mod glibc;
mod kernel;
mod maintain;
mod memory;
mod mmr;
mod open;
mod recorded;
mod reuse;
mod rows;
mod scan;
mod search;
mod store;
#[cfg(test)]
mod tests;
mod text;

pub use contents::StoredChunk;
pub use error::{Error, Result};
pub use maintain::Pruned;
pub use open::{Location, Vectors};
pub use rows::{Change, Row};
pub use search::{ChunkCondition, Found, Query};
pub use store::{Recorded, Stored};
