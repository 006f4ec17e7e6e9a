//! Searches and their results.

pub mod filter;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
    versions::VersionNumber,
};

/// Most results of one search.
pub const MAX_TOP_K: u32 = 100;
/// Longest query, in characters.
pub const MAX_QUERY: usize = 8_000;

/// How to search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Vector and full-text search, fused by reciprocal rank.
    #[default]
    Hybrid,
    /// Nearest vectors by cosine similarity.
    Vector,
    /// Full-text search with BM25.
    Text,
}

/// Ranks of a result in each kind of search, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Ranks {
    /// Rank in vector search.
    pub vector: Option<u32>,
    /// Rank in full-text search.
    pub text: Option<u32>,
}

/// A search result: a chunk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// `document:version:index`.
    pub chunk_id: String,
    /// The document.
    pub document_id: DocumentId,
    /// The document's title when the chunk was stored.
    pub title: String,
    /// The version that the chunk belongs to.
    pub version: VersionNumber,
    /// Page on which the chunk starts.
    pub page: Option<u32>,
    /// Headings above the chunk, outermost first.
    pub heading_path: Vec<String>,
    /// Start and end in characters of the extracted text.
    pub char_span: (u32, u32),
    /// The chunk's text, or its parent's text if chunks have parents.
    pub text: String,
    /// If `text` is a parent's: start and end of the best matching child, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_span: Option<(u32, u32)>,
    /// Cosine similarity for `vector`, BM25 for `text`, reciprocal-rank score for `hybrid`.
    pub score: f32,
    /// Ranks in each kind of search.
    pub ranks: Ranks,
    /// The document's metadata.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
    /// The document's origin and collection at present.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A document's present origin and collection. Fields without a value are left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The URL it was fetched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The customer's own id of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The document's collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<CollectionId>,
    /// The name of the uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}
