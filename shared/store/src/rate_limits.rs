//! Rate limits, as `take_limits()` in the database counts them, and the error for an exhausted one.

use std::{fmt, time::Duration};

use dynrag_domain::{Error, Kind, identity::Class};
use serde::Deserialize;

/// The kind of limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Policy {
    /// The API key's, per minute.
    Key,
    /// That of a class of routes, per minute.
    Class(Class),
    /// The customer's reads and searches, per minute.
    Reads,
    /// The customer's other requests, per minute.
    Requests,
    /// All requests of the customer, per day (UTC).
    Day,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            Self::Class(class) => write!(f, "class-{}", class.as_str()),
            Self::Reads => f.write_str("reads"),
            Self::Requests => f.write_str("requests"),
            Self::Day => f.write_str("day"),
        }
    }
}

impl TryFrom<String> for Policy {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        [Self::Key, Self::Reads, Self::Requests, Self::Day]
            .into_iter()
            .chain(Class::ALL.map(Self::Class))
            .find(|policy| policy.to_string() == name)
            .ok_or_else(|| format!("unknown policy {name:?}"))
    }
}

/// A caller's state within a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct RateLimit {
    /// The kind of limit.
    pub policy: Policy,
    /// Requests per window.
    pub quota: u32,
    /// Requests left.
    pub left: u32,
    /// Seconds until the whole quota is available again; for an exhausted limit, until one request is.
    pub reset: u32,
    /// Length of the window in seconds.
    pub window: u32,
}

impl RateLimit {
    /// Returns the error for a request when this limit is exhausted.
    pub fn refusal(&self) -> Error {
        let Self { quota, reset, .. } = *self;
        let wait = counted(reset.max(1), "second");
        let requests = counted(quota, "request");
        let detail = match self.policy {
            Policy::Key => format!(
                "This API key's limit of {requests} a minute is used up. Wait {wait}, or use a key with a higher \
                 requestsPerMinute; a holder of the scope admin:tenant can make one at /api/keys."
            ),
            Policy::Class(class) => format!(
                "This account's limit of {requests} a minute for the class {} is used up. Wait {wait}; a holder \
                 of the scope admin:tenant can raise classLimits at /api/customers/config.",
                class.as_str()
            ),
            Policy::Reads => format!(
                "This account's limit of {} a minute, searches included, is used up. Wait {wait}; the platform's \
                 operator can raise readsPerMinute.",
                counted(quota, "read")
            ),
            Policy::Requests => format!(
                "This account's limit of {requests} a minute, not counting reads and searches, is used up. Wait {wait}; the \
                 platform's operator can raise requestsPerMinute."
            ),
            Policy::Day => format!(
                "This account's limit of {requests} a day is used up. Wait until midnight UTC; the platform's \
                 operator can raise requestsPerDay."
            ),
        };
        Error::new(Kind::RateLimited, "rate_limited", detail)
            .after(Duration::from_secs(u64::from(reset.max(1))))
    }
}

fn counted(number: u32, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(policy: &str, quota: u32, reset: u32) -> RateLimit {
        let json = serde_json::json!({"policy": policy, "quota": quota, "left": 0, "reset": reset, "window": 60});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_refusal_says_whose_limit_it_is_and_what_to_do() {
        for (policy, quota, reset, words) in [
            (
                "key",
                1,
                60,
                [
                    "API key's limit of 1 request a minute",
                    "Wait 60 seconds,",
                    "/api/keys",
                ],
            ),
            (
                "class-search",
                5,
                1,
                [
                    "5 requests a minute for the class search",
                    "Wait 1 second;",
                    "classLimits",
                ],
            ),
            (
                "reads",
                600,
                2,
                [
                    "600 reads a minute",
                    "Wait 2 seconds;",
                    "operator can raise readsPerMinute",
                ],
            ),
            (
                "requests",
                120,
                1,
                [
                    "120 requests a minute",
                    "Wait 1 second;",
                    "operator can raise requestsPerMinute",
                ],
            ),
            (
                "day",
                50_000,
                3_600,
                [
                    "50000 requests a day",
                    "until midnight UTC",
                    "operator can raise requestsPerDay",
                ],
            ),
        ] {
            let error = limit(policy, quota, reset).refusal();
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::RateLimited, "rate_limited")
            );
            assert_eq!(
                error.retry_after(),
                Some(Duration::from_secs(u64::from(reset)))
            );
            for words in words {
                assert!(
                    error.public().contains(words),
                    "{words}: {}",
                    error.public()
                );
            }
        }
        assert!(
            limit("reads", 1, 1)
                .refusal()
                .public()
                .contains("1 read a minute")
        );
    }

    #[test]
    fn each_policy_has_a_name_of_its_own() {
        for name in [
            "key",
            "reads",
            "requests",
            "day",
            "class-read",
            "class-manage",
        ] {
            assert_eq!(limit(name, 1, 1).policy.to_string(), name);
        }
        assert!(Policy::try_from("class-admin".to_owned()).is_err());
    }
}
