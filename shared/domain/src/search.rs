//! Searches and their results.

mod as_of;
pub mod filter;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
    named::named,
    versions::VersionNumber,
};

pub use as_of::{AsOfInput, PublishedVersion};

/// Most results of one search.
pub const MAX_TOP_K: u32 = 100;
/// Results that all pages of a search have together.
pub const MAX_RESULTS: u32 = 1_000;
/// Longest query, in characters.
pub const MAX_QUERY: usize = 8_000;
/// Most queries of one search.
pub const MAX_QUERIES: usize = 8;
/// Most candidates of a reranker.
pub const MAX_CANDIDATES: u32 = 100;
/// Candidates of a reranker, unless the search says how many.
pub const CANDIDATES: u32 = 50;
/// Most neighbors on each side of a result.
pub const MAX_NEIGHBORS: u32 = 5;

/// How to search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Vector and full-text search, fused by their scores.
    #[default]
    Hybrid,
    /// Nearest vectors by cosine similarity.
    Vector,
    /// Full-text search with BM25.
    Text,
}

/// A moment of the past.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AsOf {
    /// A time.
    Time(DateTime<Utc>),
    /// The publication of a version of a document.
    Version(DocumentId, VersionNumber),
}

/// Ranks of a result in each kind of search, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Ranks {
    /// Rank in vector search.
    pub vector: Option<u32>,
    /// Rank in full-text search.
    pub text: Option<u32>,
}

/// Scores of a result in each kind of search that was used.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// Cosine similarity, from -1 to 1.
    pub vector: Option<f32>,
    /// BM25; 0 without a word of the query.
    pub text: Option<f32>,
}

/// How the kinds of search were weighted for a query.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fusion {
    /// Weight of vector search, from 0 to 1.
    pub vector_weight: f32,
    /// Weight of full-text search, from 0 to 1.
    pub text_weight: f32,
    /// Best BM25 score in relation to that of an average chunk that has every word of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f32>,
    /// Mean cosine of the ten best chunks by words, in standard deviations above the mean of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f32>,
}

/// A chunk before or after a result in its document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Neighbor {
    /// `document:version:index`.
    pub chunk_id: String,
    /// Page on which the chunk starts.
    pub page: Option<u32>,
    /// Start and end in characters of the extracted text.
    pub char_span: (u32, u32),
    /// The chunk's text.
    pub text: String,
}

/// The chunks around a result, in the order of the document.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Neighbors {
    /// The chunks before it.
    pub before: Vec<Neighbor>,
    /// The chunks after it.
    pub after: Vec<Neighbor>,
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
    /// Spans of `text` that match words of the query, in characters, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlights: Option<Vec<(u32, u32)>>,
    /// The chunks around it, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbors: Option<Neighbors>,
    /// Language of the chunk (BCP 47), where it is known.
    pub language: Option<String>,
    /// Cosine similarity for `vector`, and BM25 for `text`. For `hybrid` the weighted mean of both, scaled so that the best
    /// chunk of each kind of search has 1 and an average chunk 0: it compares results of one search, not of several.
    pub score: f32,
    /// The reranker's score, on the scale of its model, if the results are in its order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank_score: Option<f32>,
    /// Ranks in each kind of search.
    pub ranks: Ranks,
    /// Scores in each kind of search, which can be compared between searches of one table.
    pub scores: Scores,
    /// The document's metadata.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
    /// The document's origin and collection at present.
    #[serde(flatten)]
    pub origin: Origin,
}

named! {
    /// A kind of warning about a search. Codes are stable; clients may branch on them.
    SearchWarningCode {
        /// The results are in the order that they have without the reranker.
        RerankFailed = "rerank_failed",
        /// The query was searched as it is.
        RewriteFailed = "rewrite_failed",
    }
}

/// A warning: the search has results, but not quite those that were asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchWarning {
    /// The kind of warning.
    pub code: SearchWarningCode,
    /// What happened.
    pub detail: String,
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
