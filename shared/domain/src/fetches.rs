//! Messages of the fetch queue: what to fetch from the web. A tagged, versioned enum, like
//! [`jobs::Job`](crate::jobs::Job).

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CustomerId, DocumentId, JobId},
    named::named,
    queues::{Message, OfCustomer, Queue, version_1},
    versions::VersionNumber,
};

named! {
    /// The status of a page of which a crawl made no document.
    LeftOutStatus {
        /// It was left out by a rule, a limit or its format.
        Skipped = "skipped",
        /// It could not be fetched.
        Failed = "failed",
    }
}

/// A message for the fetch function. It may be delivered twice, late or out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "fetch",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Fetch {
    /// Fetch the content of one version of a document.
    Document {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The document.
        document_id: DocumentId,
        /// The version to fetch. A later version makes the message moot.
        version: VersionNumber,
    },
    /// Continue a crawl.
    Crawl {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The crawl.
        job_id: JobId,
    },
}

impl Fetch {
    /// Returns the message to fetch the content of a version.
    pub const fn document(
        customer_id: CustomerId,
        document_id: DocumentId,
        version: VersionNumber,
    ) -> Self {
        Self::Document {
            v: 1,
            customer_id,
            document_id,
            version,
        }
    }

    /// Returns the message to continue a crawl.
    pub const fn crawl(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Crawl {
            v: 1,
            customer_id,
            job_id,
        }
    }
}

impl OfCustomer for Fetch {
    fn customer_id(&self) -> CustomerId {
        match self {
            Self::Document { customer_id, .. } | Self::Crawl { customer_id, .. } => *customer_id,
        }
    }
}

impl Message for Fetch {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id())
    }

    fn queue(&self) -> Queue {
        Queue::Fetch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_format_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let (customer, document, job) = (id.parse().unwrap(), id.parse().unwrap(), id.parse());
        let expected = [
            format!(
                r#"{{"fetch":"document","v":1,"customerId":"{id}","documentId":"{id}","version":2}}"#
            ),
            format!(r#"{{"fetch":"crawl","v":1,"customerId":"{id}","jobId":"{id}"}}"#),
        ];
        let fetches = [
            Fetch::document(customer, document, VersionNumber::FIRST.next()),
            Fetch::crawl(customer, job.unwrap()),
        ];
        for (fetch, expected) in fetches.iter().zip(expected) {
            assert_eq!(serde_json::to_string(fetch).unwrap(), expected);
            assert_eq!(serde_json::from_str::<Fetch>(&expected).unwrap(), *fetch);
            assert!(
                serde_json::from_str::<Fetch>(&expected.replace("\"v\":1", "\"v\":2")).is_err()
            );
        }
    }
}
