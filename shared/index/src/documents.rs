//! The versions of documents in a segment, and what later segments say about them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{VersionNumber, ids::DocumentId};
use uuid::Uuid;

use crate::{error::Corrupt, wire::Reader};

/// A version of a document, in microseconds since 1970. Their order is the order of a segment's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Document {
    pub(crate) id: DocumentId,
    pub(crate) version: VersionNumber,
    pub(crate) published_at: i64,
    pub(crate) superseded_at: Option<i64>,
}

/// Bytes of a [`Document`].
const DOCUMENT: usize = 36;

/// What hides rows of earlier segments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tombstone {
    /// Versions of a document below the given one are superseded since a time.
    Supersede {
        /// The document.
        document: DocumentId,
        /// The lowest version that stays.
        below: VersionNumber,
        /// When.
        at: DateTime<Utc>,
    },
    /// A document is removed with all its versions, for searches of the past too.
    Delete {
        /// The document.
        document: DocumentId,
    },
    /// A version of a document is removed, for searches of the past too.
    Forget {
        /// The document.
        document: DocumentId,
        /// The version.
        version: VersionNumber,
    },
}

const SUPERSEDE: u8 = 0;
const DELETE: u8 = 1;
const FORGET: u8 = 2;

impl Tombstone {
    /// The document whose rows it hides.
    pub const fn document(&self) -> DocumentId {
        match self {
            Self::Supersede { document, .. }
            | Self::Delete { document }
            | Self::Forget { document, .. } => *document,
        }
    }

    /// What becomes of a version of its document: `None` if it is removed.
    pub(crate) fn cover(&self, document: Document) -> Option<Document> {
        match self {
            Self::Delete { .. } => None,
            Self::Forget { version, .. } => (document.version != *version).then_some(document),
            Self::Supersede { below, at, .. } if document.version < *below => {
                let at = at.timestamp_micros();
                Some(Document {
                    superseded_at: Some(document.superseded_at.map_or(at, |before| before.min(at))),
                    ..document
                })
            }
            Self::Supersede { .. } => Some(document),
        }
    }
}

/// A moment whose rows are searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum At {
    /// What is published at present.
    #[default]
    Now,
    /// What was published at a time, as far as it has not been removed since.
    Time(DateTime<Utc>),
}

impl At {
    pub(crate) fn shows(self, document: &Document) -> bool {
        match self {
            Self::Now => document.superseded_at.is_none(),
            Self::Time(at) => {
                let at = at.timestamp_micros();
                document.published_at <= at && document.superseded_at.is_none_or(|until| at < until)
            }
        }
    }
}

/// Tombstones by document, each with the number of its segment.
#[derive(Debug, Default)]
pub(crate) struct Covers(BTreeMap<DocumentId, Vec<(usize, Tombstone)>>);

impl Covers {
    /// Adds the tombstones of a segment. Segments come in order.
    pub(crate) fn add(&mut self, segment: usize, tombstones: &[Tombstone]) {
        for tombstone in tombstones {
            let of_document = self.0.entry(tombstone.document()).or_default();
            of_document.push((segment, *tombstone));
        }
    }

    /// A segment's documents as later segments leave them; `None` where they are removed.
    pub(crate) fn apply(&self, segment: usize, documents: &[Document]) -> Vec<Option<Document>> {
        let mut left: Vec<_> = documents.iter().copied().map(Some).collect();
        // Tombstones are few, and documents are in order.
        for (id, tombstones) in &self.0 {
            let first = documents.partition_point(|document| document.id < *id);
            for version in left.iter_mut().skip(first) {
                let Some(mut document) = *version else {
                    continue;
                };
                if document.id != *id {
                    break;
                }
                for (_, tombstone) in tombstones.iter().filter(|(number, _)| *number > segment) {
                    match tombstone.cover(document) {
                        Some(covered) => document = covered,
                        None => {
                            *version = None;
                            break;
                        }
                    }
                }
                if version.is_some() {
                    *version = Some(document);
                }
            }
        }
        left
    }
}

const NEVER: i64 = i64::MIN;

pub(crate) fn put_documents(out: &mut Vec<u8>, documents: &[Document]) {
    for document in documents {
        out.extend_from_slice(&document.id.as_uuid().as_u128().to_be_bytes());
        out.extend_from_slice(&document.version.get().to_le_bytes());
        out.extend_from_slice(&document.published_at.to_le_bytes());
        out.extend_from_slice(&document.superseded_at.unwrap_or(NEVER).to_le_bytes());
    }
}

fn version(number: i32) -> Result<VersionNumber, Corrupt> {
    VersionNumber::try_from(number).map_err(|_| Corrupt::Damaged("a version is below 1"))
}

fn id(reader: &mut Reader<'_>) -> Result<DocumentId, Corrupt> {
    reader
        .u128()
        .map(|id| DocumentId::from(Uuid::from_u128(id)))
}

pub(crate) fn time(micros: i64) -> Result<DateTime<Utc>, Corrupt> {
    DateTime::from_timestamp_micros(micros).ok_or(Corrupt::Damaged("a time is out of range"))
}

/// Reads the documents, which are in order.
pub(crate) fn take_documents(bytes: &[u8]) -> Result<Vec<Document>, Corrupt> {
    let mut reader = Reader::new(bytes);
    let mut documents: Vec<Document> = Vec::with_capacity(bytes.len() / DOCUMENT);
    while !reader.is_empty() {
        let document = Document {
            id: id(&mut reader)?,
            version: version(reader.i32()?)?,
            published_at: reader.i64()?,
            superseded_at: Some(reader.i64()?).filter(|at| *at != NEVER),
        };
        time(document.published_at)?;
        if documents.last().is_some_and(|last| *last >= document) {
            return Err(Corrupt::Damaged("documents are not in order"));
        }
        documents.push(document);
    }
    Ok(documents)
}

pub(crate) fn put_tombstones(out: &mut Vec<u8>, tombstones: &[Tombstone]) {
    for tombstone in tombstones {
        let (kind, version, at) = match tombstone {
            Tombstone::Supersede { below, at, .. } => {
                (SUPERSEDE, below.get(), at.timestamp_micros())
            }
            Tombstone::Delete { .. } => (DELETE, 1, 0),
            Tombstone::Forget { version, .. } => (FORGET, version.get(), 0),
        };
        out.push(kind);
        out.extend_from_slice(&tombstone.document().as_uuid().as_u128().to_be_bytes());
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&at.to_le_bytes());
    }
}

pub(crate) fn take_tombstones(bytes: &[u8]) -> Result<Vec<Tombstone>, Corrupt> {
    let mut reader = Reader::new(bytes);
    let mut tombstones = Vec::new();
    while !reader.is_empty() {
        let kind = reader.u8()?;
        let document = id(&mut reader)?;
        let version = version(reader.i32()?)?;
        let at = time(reader.i64()?)?;
        tombstones.push(match kind {
            SUPERSEDE => Tombstone::Supersede {
                document,
                below: version,
                at,
            },
            DELETE => Tombstone::Delete { document },
            FORGET => Tombstone::Forget { document, version },
            _ => return Err(Corrupt::Damaged("a tombstone is of no known kind")),
        });
    }
    Ok(tombstones)
}
