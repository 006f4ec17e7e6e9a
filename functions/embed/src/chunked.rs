//! A document on its way from chunks to rows.

use dynrag_domain::{
    DocumentId,
    chunks::{Chunk, Properties},
};
use dynrag_store::ledger::Purpose;
use dynrag_vectors::Row;

use crate::{lease::Lease, stop::Stop};

/// A document that was read and chunked, with a live lease.
pub(crate) struct ChunkedDocument {
    pub(crate) lease: Lease,
    pub(crate) title: String,
    pub(crate) properties: Properties,
    pub(crate) chunks: Vec<Chunk>,
    /// Token count of each chunk.
    pub(crate) tokens: Vec<u64>,
    /// Tokens the provider charged to find the cuts.
    pub(crate) charged: u64,
}

/// A document ready to be stored, with a live lease.
pub(crate) struct Prepared {
    pub(crate) lease: Lease,
    pub(crate) rows: Vec<Row>,
    /// Tokens charged by the provider.
    pub(crate) tokens: u64,
    /// Tokens of the chunks.
    pub(crate) chunk_tokens: u64,
}

/// Texts of one document that need vectors.
pub(crate) struct EmbeddingRequest<'a> {
    pub(crate) document: DocumentId,
    pub(crate) purpose: Purpose,
    pub(crate) chunks: &'a [Chunk],
    /// Token count of each chunk.
    pub(crate) tokens: &'a [u64],
}

/// A document that is not to be stored, with the reason.
pub(crate) type StoppedDocument = (ChunkedDocument, Stop);
