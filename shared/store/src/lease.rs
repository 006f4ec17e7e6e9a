//! Leases: who works on a document, a job or a notice.

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
