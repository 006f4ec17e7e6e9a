//! Queues, and what they carry.

use serde::Serialize;

use crate::{ids::CustomerId, named::named};

named! {
    /// The queues of a deployment.
    Queue {
        /// Documents that came alone.
        Ingest = "ingest",
        /// Documents that came with many others.
        Bulk = "bulk",
        /// Documents that take long to read.
        Slow = "slow",
        /// Addresses to fetch.
        Fetch = "fetch",
        /// Notifications to webhooks.
        Deliver = "deliver",
        /// Work for accounts: emails, exports, bulk actions, erasure.
        Tasks = "tasks",
    }
}

/// What a queue carries.
pub trait Message: Serialize {
    /// The tenant; `None` where it is not known yet.
    fn customer(&self) -> Option<CustomerId>;

    /// The queue it goes through.
    fn queue(&self) -> Queue;
}

impl<M: Message> Message for &M {
    fn customer(&self) -> Option<CustomerId> {
        (**self).customer()
    }

    fn queue(&self) -> Queue {
        (**self).queue()
    }
}
