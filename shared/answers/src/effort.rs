//! How much a check may compare. A text may be made so that comparing it takes minutes; what is given up is not supported.

use std::cell::Cell;

/// Tokens that one [`crate::verify`] may compare or pass over. Twenty sentences that cite ten passages of 500 words each take
/// a few million.
const LIMIT: u32 = 50_000_000;

/// What is left to spend.
#[derive(Debug)]
pub(crate) struct Effort(Cell<u32>);

impl Effort {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self(Cell::new(LIMIT))
    }

    /// Takes a number of comparisons.
    pub(crate) fn spend(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.0.set(self.0.get().saturating_sub(count));
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
