//! Queues and their messages.

use serde::Serialize;

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
        /// URLs to fetch.
        Fetch = "fetch",
        /// Notifications to webhooks.
        Deliver = "deliver",
        /// Account tasks: emails, exports, bulk actions, erasure.
        Tasks = "tasks",
    }
}

/// A message of a queue.
pub trait Message: Serialize {
    /// The tenant; `None` if it is not known yet.
    fn customer(&self) -> Option<CustomerId>;

    /// The queue it goes through.
    fn queue(&self) -> Queue;
}

/// A message that always names its tenant.
pub trait OfCustomer: Message {
    /// The tenant.
    fn customer_id(&self) -> CustomerId;
}

impl<M: Message> Message for &M {
    fn customer(&self) -> Option<CustomerId> {
        (**self).customer()
    }

    fn queue(&self) -> Queue {
        (**self).queue()
    }
}
