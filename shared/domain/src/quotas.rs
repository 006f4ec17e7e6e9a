//! How much a customer has of what it may have.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Kind};

/// Crawls of a customer that may be under way at once.
pub const MAX_CRAWLS: i64 = 5;
/// Bulk actions of a customer that may be under way at once.
pub const MAX_BULK_ACTIONS: i64 = 3;

/// What is used of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Quota {
    /// How many there are.
    pub used: i64,
    /// How many there may be.
    pub limit: i64,
}

impl Quota {
    /// Checks that there is room for one more.
    ///
    /// # Errors
    /// A conflict with this code, both numbers and what to do instead.
    pub fn check(self, code: &'static str, what: &str, instead: &str) -> Result<(), Error> {
        match self.used < self.limit {
            true => Ok(()),
            false => Err(self.reached(code, what, instead)),
        }
    }

    /// The error that tells that the limit is reached.
    pub fn reached(self, code: &'static str, what: &str, instead: &str) -> Error {
        let Self { used, limit } = self;
        let detail = format!("You have {used} {what} of at most {limit}. {instead}");
        Error::new(Kind::Conflict, code, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_both_numbers() {
        let quota = |used| Quota { used, limit: 5 };
        let check = |used| quota(used).check("key_limit", "API keys", "Revoke some first.");
        assert!(check(4).is_ok());
        let error = check(6).unwrap_err();
        assert_eq!(error.code(), "key_limit");
        assert_eq!(
            error.public(),
            "You have 6 API keys of at most 5. Revoke some first."
        );
    }
}
