//! Messages of the embedding queues: a tagged, versioned enum. During a deployment, older senders meet
//! newer readers and vice versa, so a change of meaning needs a new version.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    ids::{CustomerId, DocumentId, JobId},
    queues::{Message, OfCustomer, Queue, version_1},
    versions::VersionNumber,
};

/// The queue that a document's jobs go through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lane {
    /// Documents added one at a time; they overtake bulk documents.
    #[default]
    Single,
    /// Documents added together with many others.
    Bulk,
}

impl Lane {
    /// The name in `documents.lane`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bulk => "bulk",
        }
    }

    fn is_single(&self) -> bool {
        *self == Self::Single
    }
}

impl FromStr for Lane {
    type Err = Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        match text {
            "single" => Ok(Self::Single),
            "bulk" => Ok(Self::Bulk),
            other => Err(Error::internal_fault(format!("unknown lane {other:?}"))),
        }
    }
}

/// A message for the embedding function. It may be delivered twice, late or out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Job {
    /// Extract, chunk, embed and publish one version of a document.
    ProcessDocument {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The document.
        document_id: DocumentId,
        /// The version to process. A later version makes the job moot.
        version: VersionNumber,
        /// The queue it goes through.
        #[serde(default, skip_serializing_if = "Lane::is_single")]
        lane: Lane,
    },
    /// Remove a deleted document from S3, LanceDB and Postgres.
    DeleteDocument {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The document.
        document_id: DocumentId,
    },
    /// Remove versions of the customer's documents whose retention is over.
    RetireVersions {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
    },
    /// Merge, complete and tidy the customer's search index.
    Maintain {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
    },
    /// Continue building all vectors with another model.
    Regenerate {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job that records its progress.
        job_id: JobId,
    },
}

impl Job {
    /// Returns the job to process a version in the lane `single`.
    pub const fn process(
        customer_id: CustomerId,
        document_id: DocumentId,
        version: VersionNumber,
    ) -> Self {
        Self::process_in(Lane::Single, customer_id, document_id, version)
    }

    /// Returns the job to process a version.
    pub const fn process_in(
        lane: Lane,
        customer_id: CustomerId,
        document_id: DocumentId,
        version: VersionNumber,
    ) -> Self {
        Self::ProcessDocument {
            v: 1,
            customer_id,
            document_id,
            version,
            lane,
        }
    }

    /// The lane it belongs to.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::ProcessDocument { lane, .. } => *lane,
            Self::DeleteDocument { .. } => Lane::Single,
            Self::RetireVersions { .. } | Self::Regenerate { .. } | Self::Maintain { .. } => {
                Lane::Bulk
            }
        }
    }

    /// Returns the job to delete a document.
    pub const fn delete(customer_id: CustomerId, document_id: DocumentId) -> Self {
        Self::DeleteDocument {
            v: 1,
            customer_id,
            document_id,
        }
    }

    /// Returns the job to remove versions whose retention is over.
    pub const fn retire(customer_id: CustomerId) -> Self {
        Self::RetireVersions { v: 1, customer_id }
    }

    /// Returns the job to maintain the search index.
    pub const fn maintain(customer_id: CustomerId) -> Self {
        Self::Maintain { v: 1, customer_id }
    }

    /// Returns the job to build another model's vectors.
    pub const fn regenerate(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Regenerate {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// The document, if the job concerns one.
    pub const fn document_id(&self) -> Option<DocumentId> {
        match self {
            Self::ProcessDocument { document_id, .. }
            | Self::DeleteDocument { document_id, .. } => Some(*document_id),
            Self::RetireVersions { .. } | Self::Regenerate { .. } | Self::Maintain { .. } => None,
        }
    }

    /// The tenant, which is also the message group: SQS fair queues keep one tenant's backlog from
    /// delaying the others.
    pub const fn customer_id(&self) -> CustomerId {
        match self {
            Self::ProcessDocument { customer_id, .. }
            | Self::DeleteDocument { customer_id, .. }
            | Self::RetireVersions { customer_id, .. }
            | Self::Maintain { customer_id, .. }
            | Self::Regenerate { customer_id, .. } => *customer_id,
        }
    }
}

impl OfCustomer for Job {
    fn customer_id(&self) -> CustomerId {
        self.customer_id()
    }
}

impl Message for Job {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id())
    }

    fn queue(&self) -> Queue {
        match (self, self.lane()) {
            (Self::Maintain { .. }, _) => Queue::Maintain,
            (_, Lane::Single) => Queue::Ingest,
            (_, Lane::Bulk) => Queue::Bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_format_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let job = Job::process(
            id.parse().unwrap(),
            id.parse().unwrap(),
            VersionNumber::FIRST.next(),
        );
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(
            json,
            format!(
                r#"{{"job":"processDocument","v":1,"customerId":"{id}","documentId":"{id}","version":2}}"#
            )
        );
        assert_eq!(serde_json::from_str::<Job>(&json).unwrap(), job);
        let bulk = Job::process_in(
            Lane::Bulk,
            id.parse().unwrap(),
            id.parse().unwrap(),
            VersionNumber::FIRST.next(),
        );
        let bulk_json = serde_json::to_string(&bulk).unwrap();
        assert_eq!(
            bulk_json,
            json.replace("\"version\":2", "\"version\":2,\"lane\":\"bulk\"")
        );
        assert_eq!(serde_json::from_str::<Job>(&bulk_json).unwrap(), bulk);
        assert!(serde_json::from_str::<Job>(&json.replace("\"v\":1", "\"v\":2")).is_err());
    }
}
