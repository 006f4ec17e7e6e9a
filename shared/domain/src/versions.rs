//! Numbers of a document's versions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// The number of a version of a document, from 1. Later versions are greater.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(try_from = "i32", into = "i32")]
#[schema(value_type = i32, minimum = 1)]
pub struct VersionNumber(i32);

impl VersionNumber {
    /// The version that a document begins with.
    pub const FIRST: Self = Self(1);

    /// Returns the number of the version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Returns the number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for VersionNumber {
    type Error = Error;

    /// # Errors
    /// `not_found` for a number below 1.
    fn try_from(number: i32) -> Result<Self> {
        if number < 1 {
            return Err(Error::not_found("version"));
        }
        Ok(Self(number))
    }
}

impl From<VersionNumber> for i32 {
    fn from(version: VersionNumber) -> Self {
        version.0
    }
}

impl FromStr for VersionNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // Digits only: `+1` would be another spelling of the same path.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i32>() {
            Ok(number) if digits => Self::try_from(number),
            _ => Err(Error::not_found("version")),
        }
    }
}

impl fmt::Display for VersionNumber {
    /// Writes the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_start_at_one_and_are_numbers_in_json() {
        let second = VersionNumber::FIRST.next();
        assert!(second > VersionNumber::FIRST);
        assert_eq!(serde_json::to_string(&second).unwrap(), "2");
        assert_eq!(serde_json::from_str::<VersionNumber>("2").unwrap(), second);
        assert_eq!("2".parse::<VersionNumber>().unwrap(), second);
        for wrong in ["0", "-1", "2147483648"] {
            assert!(serde_json::from_str::<VersionNumber>(wrong).is_err());
            assert!(wrong.parse::<VersionNumber>().is_err());
        }
        assert!("+1".parse::<VersionNumber>().is_err());
    }
}
