//! A customer's limits on resources, and their use.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Kind};

/// Most active crawls of a customer.
pub const MAX_CRAWLS: i64 = 5;
/// Most active bulk actions of a customer.
pub const MAX_BULK_ACTIONS: i64 = 3;

/// A limit and its use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Quota {
    /// Number in use.
    pub used: i64,
    /// Largest allowed number.
    pub limit: i64,
}

impl Quota {
    /// Checks that there is room for one more.
    ///
    /// # Errors
    /// A conflict with this code, both numbers and the advice in `instead`.
    pub fn check(self, code: &'static str, what: &str, instead: &str) -> Result<(), Error> {
        match self.used < self.limit {
            true => Ok(()),
            false => Err(self.reached(code, what, instead)),
        }
    }

    /// Returns the error for a reached limit.
    pub fn reached(self, code: &'static str, what: &str, instead: &str) -> Error {
        let Self { used, limit } = self;
        let detail = format!("You have {used} of at most {limit} {what}. {instead}");
        Error::new(Kind::Conflict, code, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_contains_use_and_limit() {
        let quota = |used| Quota { used, limit: 5 };
        let check = |used| quota(used).check("key_limit", "API keys", "Revoke some first.");
        assert!(check(4).is_ok());
        let error = check(6).unwrap_err();
        assert_eq!(error.code(), "key_limit");
        assert_eq!(
            error.public(),
            "You have 6 of at most 5 API keys. Revoke some first."
        );
    }
}
