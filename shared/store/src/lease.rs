//! Leases: who works on a document, a job or a notice.

use crate::{params::sent_as, row::FromColumn};

/// Whether a claimant still had its lease when it wrote.
///
/// One that was frozen for too long, or overtaken by a later version, has lost it: what it wanted to write was not
/// written.
#[must_use = "where the lease is lost, nothing was written"]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaseState {
    /// It had it, and what it wrote is there.
    Held,
    /// The lease is another's, or the work has ended.
    Lost,
}

impl LeaseState {
    /// Whether the lease was held.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Held)
    }

    /// The state that the answer to a claimant's statement tells, which gives a row only under the lease.
    pub(crate) const fn of<T>(row: &Option<T>) -> Self {
        match row {
            Some(_) => Self::Held,
            None => Self::Lost,
        }
    }
}

/// The fencing token of a claim: it grows with each claim, and what carries an older one changes nothing any more.
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
