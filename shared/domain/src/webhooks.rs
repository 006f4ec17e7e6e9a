//! Webhooks: triggers, events, the retry schedule of notifications, and the message of the deliver queue.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    identity::Scope,
    ids::{CustomerId, DeliveryId},
    named::named,
    queues::{Message, OfCustomer, Queue, version_1},
};

/// Most webhooks of a customer.
pub const MAX_WEBHOOKS: i64 = 50;
/// Longest name, in characters.
pub const MAX_NAME: usize = 100;
/// How long a rotated secret or token stays valid.
pub const ROTATION: Duration = Duration::from_secs(24 * 3600);
/// A webhook whose deliveries have all failed for this long is disabled.
pub const FAILING: Duration = Duration::from_secs(5 * 24 * 3600);

named! {
    /// What triggers a webhook.
    Trigger {
        /// A request posts a document to its URL.
        Manual = "manual",
        /// Its schedule: it fetches a page again.
        Scheduled = "scheduled",
        /// An event of a document: it sends a notification.
        Event = "event",
    }
}

impl Trigger {
    /// The scope needed to create or change one, in addition to `webhooks`: the holder of its secret adds documents,
    /// its schedule fetches them, and its notifications describe them.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Manual | Self::Scheduled => Scope::DocumentsWrite,
            Self::Event => Scope::DocumentsRead,
        }
    }
}

named! {
    /// The status of a webhook.
    WebhookStatus {
        /// It works.
        Active = "active",
        /// The customer has paused it.
        Paused = "paused",
        /// The platform has disabled it.
        Disabled = "disabled",
    }
}

named! {
    /// Why the platform disabled a webhook.
    DisabledReason {
        /// Its receiver responded with 410.
        Gone = "gone",
        /// All deliveries failed for five days.
        Failing = "failing",
    }
}

named! {
    /// The event of a notification.
    Event {
        /// A version of a document became searchable.
        Completed = "document.completed",
        /// A version failed.
        Failed = "document.failed",
        /// A version waits for the customer to act.
        NeedsAction = "document.needs_action",
        /// A document was deleted.
        Deleted = "document.deleted",
    }
}

named! {
    /// The status of a notification.
    DeliveryStatus {
        /// Not accepted yet.
        Pending = "pending",
        /// Accepted by its receiver.
        Delivered = "delivered",
        /// Not accepted within three days.
        Failed = "failed",
        /// Its webhook was paused or disabled first.
        Discarded = "discarded",
    }
}

named! {
    /// The status of a run of a scheduled webhook.
    RunStatus {
        /// It was requested and starts within a minute.
        Planned = "planned",
        /// Its page waits to be fetched or processed.
        Queued = "queued",
        /// Its page is being fetched or processed.
        Processing = "processing",
        /// Its page is searchable, or has not changed.
        Completed = "completed",
        /// It could not start, or its page could not be fetched or processed; `code` gives the reason.
        Failed = "failed",
        /// It waits for the customer to act; `code` gives the reason.
        NeedsAction = "needs_action",
        /// The page was already being fetched.
        Skipped = "skipped",
        /// A later version arrived before this one was processed.
        Superseded = "superseded",
        /// Its document was deleted before processing ended.
        Deleted = "deleted",
    }
}

const TOKEN_PREFIX: &str = "whk_";

/// Generates a token for a webhook that receives documents: it is shown once and stored as its hash.
pub fn generate_token() -> String {
    let random: [u8; 32] = rand::random();
    format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// Returns the SHA-256 of a token. A token is as random as its hash, so a slow hash is not needed.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

const HOUR: u64 = 3600;
/// Waits between delivery attempts, in seconds: thirteen attempts in three days.
#[rustfmt::skip]
const WAITS: [u64; 12] = [
    5, 30, 120, 600, HOUR, 3 * HOUR, 6 * HOUR,
    12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR,
];
/// Longest `Retry-After` that is respected.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Returns how long to wait after a failed attempt, or `None` after the last. `attempts` counts the attempts so far;
/// `jitter` is from 0 to 1 and spreads the wait by a fifth either way. A receiver's `Retry-After` is respected.
pub fn wait_after(attempts: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = Duration::from_secs(*WAITS.get(at)?);
    let wait = wait.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0));
    let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
    Some(wait.max(asked))
}

/// A message for the deliver function. It may be delivered twice, late or out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "deliver",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Delivery {
    /// Attempt to deliver a notification.
    Notice {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The notification.
        delivery_id: DeliveryId,
    },
}

impl Delivery {
    /// Returns the message to deliver a notification.
    pub const fn notification(customer_id: CustomerId, delivery_id: DeliveryId) -> Self {
        Self::Notice {
            v: 1,
            customer_id,
            delivery_id,
        }
    }
}

impl OfCustomer for Delivery {
    fn customer_id(&self) -> CustomerId {
        let Self::Notice { customer_id, .. } = self;
        *customer_id
    }
}

impl Message for Delivery {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id())
    }

    fn queue(&self) -> Queue {
        Queue::Deliver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_format_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let notice = Delivery::notification(id.parse().unwrap(), id.parse().unwrap());
        let json = serde_json::to_string(&notice).unwrap();
        let expected =
            format!(r#"{{"deliver":"notice","v":1,"customerId":"{id}","deliveryId":"{id}"}}"#);
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Delivery>(&json).unwrap(), notice);
        assert!(serde_json::from_str::<Delivery>(&json.replace("\"v\":1", "\"v\":2")).is_err());
    }

    #[test]
    fn a_notification_is_attempted_for_three_days() {
        let waits: Vec<Duration> = (1..)
            .map_while(|attempt| wait_after(attempt, None, 0.5))
            .collect();
        assert_eq!(waits.len(), WAITS.len());
        let days = waits.iter().sum::<Duration>().as_secs_f64() / 86400.0;
        assert!((2.5..3.5).contains(&days), "{days}");
        assert_eq!(waits[0], Duration::from_secs(5));
    }

    #[test]
    fn waits_have_jitter_and_retry_after_is_respected() {
        let seconds = Duration::from_secs;
        assert_eq!(wait_after(1, None, 0.0), Some(seconds(4)));
        assert_eq!(wait_after(1, None, 1.0), Some(seconds(6)));
        assert_eq!(wait_after(1, Some(seconds(90)), 0.5), Some(seconds(90)));
        // Shorter than the schedule's wait, or longer than the limit.
        assert_eq!(wait_after(5, Some(seconds(1)), 0.5), Some(seconds(3600)));
        assert_eq!(
            wait_after(1, Some(seconds(u64::MAX)), 0.5),
            Some(LONGEST_WAIT)
        );
        assert_eq!(wait_after(13, Some(seconds(1)), 0.5), None);
    }
}
