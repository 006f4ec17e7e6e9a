//! Leases: a worker's right to a document, a job or a notification.

use crate::{params::sent_as, row::FromColumn};

/// Whether a claimant still had its lease when it wrote.
///
/// A claimant that was frozen for too long, or overtaken by a later version, has lost it: its write did not happen.
#[must_use = "where the lease is lost, nothing was written"]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaseState {
    /// The lease was held, and the write took place.
    Held,
    /// Another worker has the lease, or the work has ended.
    Lost,
}

impl LeaseState {
    /// Returns whether the lease was held.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Held)
    }

    /// Returns the state from the result of a claimant's statement, which returns a row only under the lease.
    pub(crate) const fn of<T>(row: &Option<T>) -> Self {
        match row {
            Some(_) => Self::Held,
            None => Self::Lost,
        }
    }
}

/// The fencing token of a claim. It grows with each claim; a write with an older token changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FencingToken(i64);

sent_as! {
    FencingToken => i64, INT8, INT8_ARRAY, |token: &FencingToken| token.0;
}

impl FromColumn<'_> for FencingToken {
    type Sql = i64;

    fn from_sql(sql: i64) -> Result<Self, String> {
        Ok(Self(sql))
    }
}
