//! A test's plan for the fake, and the fake's record of requests.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// How a request is answered. As JSON: `{"reply": "rateLimited", "retryAfterMs": 1000}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "reply",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Reply {
    /// The vectors.
    Ok,
    /// The vectors in reverse order; `index` gives the order.
    Shuffled,
    /// The vectors as lists of numbers, whatever format was requested.
    Floats,
    /// The vectors, after a while.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer at all.
    Hang,
    /// 429 with `Retry-After`, or without where none is given.
    RateLimited {
        /// Milliseconds. Whole seconds are sent as `Retry-After` alone, others as OpenAI does, with
        /// `retry-after-ms` in addition.
        retry_after_ms: Option<u64>,
    },
    /// 429 `insufficient_quota`.
    Quota,
    /// 401 `invalid_api_key`.
    InvalidKey,
    /// 400 whose message quotes the first input, as some servers do.
    Rejected,
    /// 400 for `encoding_format: base64`, otherwise the vectors.
    OnlyFloats,
    /// 500.
    ServerError,
    /// 307 to somewhere else.
    Redirect,
    /// One vector too few.
    WrongCount,
    /// Vectors one number too short.
    WrongDimensions,
    /// The first vector holds a NaN.
    NotFinite,
    /// 200 with a page of HTML.
    Garbage,
    /// 200 with a body that never ends.
    Endless,
}

impl Reply {
    /// 429 with `Retry-After`.
    pub fn rate_limited(after: Duration) -> Self {
        Self::RateLimited {
            retry_after_ms: Some(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// Whether the request's inputs were embedded (and would be billed).
    pub fn embeds(self) -> bool {
        matches!(
            self,
            Self::Ok | Self::Shuffled | Self::Floats | Self::Slow { .. }
        )
    }
}

/// A reply for the requests it matches; absent conditions match everything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Some input contains this.
    #[serde(default)]
    pub contains: Option<String>,
    /// The bearer key is this.
    #[serde(default)]
    pub key: Option<String>,
    /// Only so many of a hundred requests that the rule concerns, evenly spread, and the first.
    #[serde(default)]
    pub percent: Option<u64>,
    /// The reply.
    #[serde(flatten)]
    pub reply: Reply,
}

impl Rule {
    /// Whether a request has the rule's text and key.
    fn concerns(&self, key: Option<&str>, inputs: &[String]) -> bool {
        let text = self.contains.as_deref();
        text.is_none_or(|text| inputs.iter().any(|input| input.contains(text)))
            && (self.key.is_none() || self.key.as_deref() == key)
    }
}

/// A request as it arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Time since the server started.
    pub at: Duration,
    /// The bearer key.
    pub key: Option<String>,
    /// The model.
    pub model: String,
    /// The texts.
    pub inputs: Vec<String>,
    /// `dimensions`, where asked for.
    pub dimensions: Option<usize>,
    /// How it was answered.
    pub reply: Reply,
    /// Tokens the answer reported.
    pub tokens: u64,
    /// It came before the `Retry-After` of an earlier answer to the same key had passed.
    pub early: bool,
}

#[derive(Default)]
pub(super) struct Plan {
    pub(super) script: VecDeque<Reply>,
    pub(super) rules: Vec<Rule>,
    pub(super) seen: Vec<Seen>,
    closed_until: HashMap<Option<String>, Instant>,
}

impl Plan {
    /// Decides on the reply to a request.
    pub(super) fn decide(&mut self, key: Option<&str>, inputs: &[String]) -> Reply {
        let matching = self.rules.iter().find(|rule| {
            rule.concerns(key, inputs)
                && rule.percent.is_none_or(|percent| {
                    let before = self.seen.iter();
                    let before = before
                        .filter(|seen| rule.concerns(seen.key.as_deref(), &seen.inputs))
                        .count() as u64;
                    // 37 and 100 share no divisor: in a hundred requests each remainder comes up once, 0 first.
                    before * 37 % 100 < percent
                })
        });
        match matching {
            Some(rule) => rule.reply,
            None => self.script.pop_front().unwrap_or(Reply::Ok),
        }
    }

    /// Whether the key was told to wait until after `now`.
    pub(super) fn is_early(&self, key: &Option<String>, now: Instant) -> bool {
        let until = self.closed_until.get(key);
        until.is_some_and(|until| now < *until)
    }

    /// Remembers how long the key was told to wait.
    pub(super) fn close(&mut self, key: Option<String>, reply: Reply, now: Instant) {
        if let Reply::RateLimited {
            retry_after_ms: Some(ms),
        } = reply
        {
            self.closed_until
                .insert(key, now + Duration::from_millis(ms));
        }
    }
}

/// Body of `POST /_script`.
#[derive(Deserialize)]
pub(super) struct Script {
    /// Forget what was planned before.
    #[serde(default)]
    pub(super) clear: bool,
    #[serde(default)]
    pub(super) script: Vec<Reply>,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_script_is_read_from_json() {
        let script: Script = serde_json::from_value(json!({
            "script": [{"reply": "rateLimited", "retryAfterMs": 1500}, {"reply": "hang"}],
            "rules": [{"key": "k", "percent": 30, "reply": "quota"}],
        }))
        .expect("valid");
        assert_eq!(
            script.script,
            [
                Reply::rate_limited(Duration::from_millis(1500)),
                Reply::Hang
            ]
        );
        assert_eq!(script.rules[0].reply, Reply::Quota);
        assert_eq!(script.rules[0].percent, Some(30));
    }

    #[test]
    fn thirty_percent_are_thirty_of_a_hundred() {
        let mut plan = Plan::default();
        plan.rules.push(Rule {
            contains: None,
            key: None,
            percent: Some(30),
            reply: Reply::Quota,
        });
        let mut hit = 0;
        for _ in 0..100 {
            let reply = plan.decide(None, &[]);
            hit += usize::from(reply == Reply::Quota);
            plan.seen.push(Seen {
                at: Duration::ZERO,
                key: None,
                model: String::new(),
                inputs: Vec::new(),
                dimensions: None,
                reply,
                tokens: 0,
                early: false,
            });
        }
        assert_eq!(hit, 30);
    }
}
