//! Queues and their messages.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{ids::CustomerId, named::named};

named! {
    /// The queues of a deployment.
    Queue {
        /// Documents added one at a time.
        Ingest = "ingest",
        /// Documents added together with many others.
        Bulk = "bulk",
        /// Documents that take long to read.
        Slow = "slow",
        /// Maintenance of customers' search indexes.
        Maintain = "maintain",
        /// URLs to fetch.
        Fetch = "fetch",
        /// Notifications to webhooks.
        Deliver = "deliver",
        /// Account tasks: emails, exports, bulk actions, erasure.
        Tasks = "tasks",
        /// Events for WebSocket connections.
        Push = "push",
    }
}

/// A message of a queue.
pub trait Message: Serialize {
    /// The tenant; `None` if it is not known yet.
    fn customer(&self) -> Option<CustomerId>;

    /// The queue it goes through.
    fn queue(&self) -> Queue;
}

/// Reads the format version of a message, of which there is one so far. A message of a later one stays in the queue for the
/// release that knows it.
pub(crate) fn version_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        1 => Ok(1),
        v => Err(D::Error::custom(format!("unsupported message format {v}"))),
    }
}

/// A message that always names its tenant. It is a proof of the tenant, so no type outside this crate can implement it:
///
/// ```compile_fail,E0277
/// # use dynrag_domain::{CustomerId, queues::{Message, OfCustomer, Queue}};
/// #[derive(serde::Serialize)]
/// struct Forged(CustomerId);
/// # impl Message for Forged {
/// #     fn customer(&self) -> Option<CustomerId> {
/// #         Some(self.0)
/// #     }
/// #     fn queue(&self) -> Queue {
/// #         Queue::Tasks
/// #     }
/// # }
/// impl OfCustomer for Forged {
///     fn customer_id(&self) -> CustomerId {
///         self.0
///     }
/// }
/// ```
pub trait OfCustomer: Message + sealed::Sealed {
    /// The tenant.
    fn customer_id(&self) -> CustomerId;
}

mod sealed {
    /// Is not implemented outside this crate.
    pub trait Sealed {}

    impl Sealed for crate::fetches::Fetch {}
    impl Sealed for crate::jobs::Job {}
    impl Sealed for crate::realtime::Push {}
    impl Sealed for crate::webhooks::Delivery {}
}

impl<M: Message> Message for &M {
    fn customer(&self) -> Option<CustomerId> {
        (**self).customer()
    }

    fn queue(&self) -> Queue {
        (**self).queue()
    }
}
