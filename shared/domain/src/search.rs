//! A search and what it finds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
};

/// Most results of one search.
pub const MAX_TOP_K: u32 = 100;
/// Longest query, in characters.
pub const MAX_QUERY: usize = 8_000;

/// Which legs answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Both, fused by reciprocal rank.
    #[default]
    Hybrid,
    /// Nearest vectors by cosine.
    Vector,
    /// BM25 over the words.
    Text,
}

/// Ranks (from 1) a result had in each leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Ranks {
    /// Rank among vectors.
    pub vector: Option<u32>,
    /// Rank among texts.
    pub text: Option<u32>,
}

/// A chunk that was found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// `document:version:index`.
    pub chunk_id: String,
    /// The document.
    pub document_id: DocumentId,
    /// Its title when it was stored.
    pub title: String,
    /// The version found.
    pub version: i32,
    /// Page the chunk starts on.
    pub page: Option<u32>,
    /// Headings above it.
    pub heading_path: Vec<String>,
    /// Start and end in characters of the extracted text.
    pub char_span: (u32, u32),
    /// The chunk's text; its parent's where chunks have parents.
    pub text: String,
    /// Where `text` is a parent's: start and end of the chunk that was found, the best of its children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_span: Option<(u32, u32)>,
    /// Cosine similarity for `vector`, BM25 for `text`, reciprocal-rank score for `hybrid`.
    pub score: f32,
    /// Ranks in the legs.
    pub ranks: Ranks,
    /// The document's metadata.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
    /// How the document is found again, as it is now.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Where a document comes from and belongs, as it has it now. What it does not have is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Where it was fetched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The caller's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The collection it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<CollectionId>,
    /// The name of the uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
}
