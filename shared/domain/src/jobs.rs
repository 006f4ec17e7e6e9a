//! Messages of the ingest queue: a tagged, versioned enum. An older sender and a newer reader (or
//! the other way round) meet during every deployment, so a change of meaning takes a new version.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    ids::{CustomerId, DocumentId, JobId},
    queues::{Message, Queue},
};

/// Which queue a document's jobs go through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lane {
    /// What came alone; overtakes what came in bulk.
    #[default]
    Single,
    /// What came with many others.
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
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        match text {
            "single" => Ok(Self::Single),
            "bulk" => Ok(Self::Bulk),
            other => Err(crate::Error::internal_fault(format!("no lane: {other}"))),
        }
    }
}

/// A piece of work for the embedding function. Harmless when delivered twice, late or out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Job {
    /// Extract, chunk, embed and publish one version of a document.
    ProcessDocument {
        /// Version of this message's form; 1 now. Another one is not taken for a job.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The document.
        document_id: DocumentId,
        /// The version of the document to process. A later version makes this job moot.
        version: i32,
        /// Which queue it goes through.
        #[serde(default, skip_serializing_if = "Lane::is_single")]
        lane: Lane,
    },
    /// Remove what is left of a deleted document from S3, LanceDB and Postgres.
    DeleteDocument {
        /// Version of this message's form; 1 now. Another one is not taken for a job.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The document.
        document_id: DocumentId,
    },
    /// Remove versions of the customer's documents whose time is over.
    RetireVersions {
        /// Version of this message's form; 1 now. Another one is not taken for a job.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
    },
    /// Go on with building the vectors of another model.
    Regenerate {
        /// Version of this message's form; 1 now. Another one is not taken for a job.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job that says how far it is.
        job_id: JobId,
    },
}

fn version_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        1 => Ok(1),
        v => Err(D::Error::custom(format!(
            "message of form {v}, which this release does not know"
        ))),
    }
}

impl Job {
    /// Processing of a version that came alone.
    pub const fn process(customer_id: CustomerId, document_id: DocumentId, version: i32) -> Self {
        Self::process_in(Lane::Single, customer_id, document_id, version)
    }

    /// Processing of a version.
    pub const fn process_in(
        lane: Lane,
        customer_id: CustomerId,
        document_id: DocumentId,
        version: i32,
    ) -> Self {
        Self::ProcessDocument {
            v: 1,
            customer_id,
            document_id,
            version,
            lane,
        }
    }

    /// The queue it goes through.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::ProcessDocument { lane, .. } => *lane,
            Self::DeleteDocument { .. } => Lane::Single,
            Self::RetireVersions { .. } | Self::Regenerate { .. } => Lane::Bulk,
        }
    }

    /// Deletion of a document.
    pub const fn delete(customer_id: CustomerId, document_id: DocumentId) -> Self {
        Self::DeleteDocument {
            v: 1,
            customer_id,
            document_id,
        }
    }

    /// Removal of versions whose time is over.
    pub const fn retire(customer_id: CustomerId) -> Self {
        Self::RetireVersions { v: 1, customer_id }
    }

    /// Building of another model's vectors.
    pub const fn regenerate(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Regenerate {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// The document, where the job is about one.
    pub const fn document_id(&self) -> Option<DocumentId> {
        match self {
            Self::ProcessDocument { document_id, .. }
            | Self::DeleteDocument { document_id, .. } => Some(*document_id),
            Self::RetireVersions { .. } | Self::Regenerate { .. } => None,
        }
    }

    /// The tenant, which is also the message group: SQS fair queues keep one tenant's backlog from
    /// delaying the others.
    pub const fn customer_id(&self) -> CustomerId {
        match self {
            Self::ProcessDocument { customer_id, .. }
            | Self::DeleteDocument { customer_id, .. }
            | Self::RetireVersions { customer_id, .. }
            | Self::Regenerate { customer_id, .. } => *customer_id,
        }
    }
}

impl Message for Job {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id())
    }

    fn queue(&self) -> Queue {
        match self.lane() {
            Lane::Single => Queue::Ingest,
            Lane::Bulk => Queue::Bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_on_the_wire_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let job = Job::process(id.parse().unwrap(), id.parse().unwrap(), 2);
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(
            json,
            format!(
                r#"{{"job":"processDocument","v":1,"customerId":"{id}","documentId":"{id}","version":2}}"#
            )
        );
        assert_eq!(serde_json::from_str::<Job>(&json).unwrap(), job);
        let bulk = Job::process_in(Lane::Bulk, id.parse().unwrap(), id.parse().unwrap(), 2);
        let bulk_json = serde_json::to_string(&bulk).unwrap();
        assert_eq!(
            bulk_json,
            json.replace("\"version\":2", "\"version\":2,\"lane\":\"bulk\"")
        );
        assert_eq!(serde_json::from_str::<Job>(&bulk_json).unwrap(), bulk);
        assert!(serde_json::from_str::<Job>(&json.replace("\"v\":1", "\"v\":2")).is_err());
    }
}
