//! Webhooks: what starts one, which ends of documents they tell of, when a notice is tried again, and the
//! message of the deliver queue.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256};

use crate::{
    error::Result,
    identity::Scope,
    ids::{CustomerId, DeliveryId},
    named::named,
    queues::{Message, Queue},
};

/// Webhooks a customer may have.
pub const MAX_WEBHOOKS: i64 = 50;
/// Longest name, in characters.
pub const MAX_NAME: usize = 100;
/// How long a rotated secret or token is good still.
pub const ROTATION: Duration = Duration::from_secs(24 * 3600);
/// A webhook that was told nothing but failures for so long is disabled.
pub const FAILING: Duration = Duration::from_secs(5 * 24 * 3600);

named! {
    /// What starts a webhook.
    Trigger {
        /// Somebody posts a document to its address.
        Manual = "manual",
        /// Its time has come: a page is fetched again.
        Scheduled = "scheduled",
        /// A document has ended: a notice goes out.
        Event = "event",
    }
}

impl Trigger {
    /// The scope that is needed to make or change one, beside `webhooks`: who has its secret adds documents, its
    /// schedule fetches them, and its notices tell of them.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Manual | Self::Scheduled => Scope::DocumentsWrite,
            Self::Event => Scope::DocumentsRead,
        }
    }
}

named! {
    /// Whether a webhook does anything.
    WebhookStatus {
        /// It does.
        Active = "active",
        /// Its customer has stopped it.
        Paused = "paused",
        /// We have stopped it.
        Disabled = "disabled",
    }
}

named! {
    /// Why we have stopped a webhook.
    DisabledReason {
        /// Its receiver answered 410.
        Gone = "gone",
        /// Nothing but failures for five days.
        Failing = "failing",
    }
}

named! {
    /// What a notice tells.
    Event {
        /// A version of a document can be searched.
        Completed = "document.completed",
        /// A version ended badly.
        Failed = "document.failed",
        /// Somebody has to do something first.
        NeedsAction = "document.needs_action",
        /// A document was deleted.
        Deleted = "document.deleted",
    }
}

named! {
    /// Where a notice stands.
    DeliveryStatus {
        /// Not taken yet.
        Pending = "pending",
        /// Its receiver has taken it.
        Delivered = "delivered",
        /// Tried for three days.
        Failed = "failed",
        /// Its webhook was stopped first.
        Discarded = "discarded",
    }
}

named! {
    /// Where a run of a scheduled webhook stands.
    RunStatus {
        /// It was asked for and starts within a minute.
        Planned = "planned",
        /// Its page waits to be fetched, or to be read.
        Queued = "queued",
        /// Its page is being fetched or read.
        Processing = "processing",
        /// Its page can be searched, or is as it was.
        Completed = "completed",
        /// It could not start, or its page was not to be had; `code` says why.
        Failed = "failed",
        /// Somebody has to do something first; `code` says what.
        NeedsAction = "needs_action",
        /// The page was being fetched already.
        Skipped = "skipped",
        /// A later version came in before this one was read.
        Superseded = "superseded",
        /// Its document was deleted before it had ended.
        Deleted = "deleted",
    }
}

const TOKEN_PREFIX: &str = "whk_";

/// A new token of a webhook that takes documents in: shown once, kept as its hash.
pub fn generate_token() -> String {
    let random: [u8; 32] = rand::random();
    format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// SHA-256 of a token: it is as random as its hash, so nothing slower is needed.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The event of a notice that was asked for to see whether it arrives.
pub const TEST_EVENT: &str = "webhook.test";

const HOUR: u64 = 3600;
/// Waits between the tries of a notice, seconds: thirteen tries in three days.
#[rustfmt::skip]
const WAITS: [u64; 12] = [
    5, 30, 120, 600, HOUR, 3 * HOUR, 6 * HOUR,
    12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR,
];
/// What `Retry-After` is heeded up to.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How long to wait after a failed try, or none where it was the last. `attempts` counts the tries,
/// `jitter` is from 0 to 1 and spreads the wait by a fifth either way; a receiver that says when to come
/// again is not asked before.
pub fn wait_after(attempts: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = Duration::from_secs(*WAITS.get(at)?);
    let wait = wait.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0));
    let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
    Some(wait.max(asked))
}

/// A piece of work for the deliver function. Harmless when delivered twice, late or out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "deliver",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Delivery {
    /// Try a notice.
    Notice {
        /// Version of this message's form; 1 now. Another one is not taken for a delivery.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The notice.
        delivery_id: DeliveryId,
    },
}

fn version_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        1 => Ok(1),
        v => Err(de::Error::custom(format!(
            "message of form {v}, which this release does not know"
        ))),
    }
}

impl Delivery {
    /// A notice.
    pub const fn notice(customer_id: CustomerId, delivery_id: DeliveryId) -> Self {
        Self::Notice {
            v: 1,
            customer_id,
            delivery_id,
        }
    }
}

impl Message for Delivery {
    fn customer(&self) -> Option<CustomerId> {
        let Self::Notice { customer_id, .. } = self;
        Some(*customer_id)
    }

    fn queue(&self) -> Queue {
        Queue::Deliver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_on_the_wire_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let notice = Delivery::notice(id.parse().unwrap(), id.parse().unwrap());
        let json = serde_json::to_string(&notice).unwrap();
        let expected =
            format!(r#"{{"deliver":"notice","v":1,"customerId":"{id}","deliveryId":"{id}"}}"#);
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Delivery>(&json).unwrap(), notice);
        assert!(serde_json::from_str::<Delivery>(&json.replace("\"v\":1", "\"v\":2")).is_err());
    }

    #[test]
    fn a_notice_is_tried_for_three_days() {
        let waits: Vec<Duration> = (1..)
            .map_while(|attempt| wait_after(attempt, None, 0.5))
            .collect();
        assert_eq!(waits.len(), WAITS.len());
        let days = waits.iter().sum::<Duration>().as_secs_f64() / 86400.0;
        assert!((2.5..3.5).contains(&days), "{days}");
        assert_eq!(waits[0], Duration::from_secs(5));
    }

    #[test]
    fn waits_are_spread_and_a_receivers_word_is_kept() {
        let seconds = Duration::from_secs;
        assert_eq!(wait_after(1, None, 0.0), Some(seconds(4)));
        assert_eq!(wait_after(1, None, 1.0), Some(seconds(6)));
        assert_eq!(wait_after(1, Some(seconds(90)), 0.5), Some(seconds(90)));
        // Shorter than ours, or longer than anybody waits.
        assert_eq!(wait_after(5, Some(seconds(1)), 0.5), Some(seconds(3600)));
        assert_eq!(
            wait_after(1, Some(seconds(u64::MAX)), 0.5),
            Some(LONGEST_WAIT)
        );
        assert_eq!(wait_after(13, Some(seconds(1)), 0.5), None);
    }
}
