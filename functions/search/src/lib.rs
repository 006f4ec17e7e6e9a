//! Search over a customer's published chunks.

mod diff;
mod documents;
mod page;
mod request;
mod rerank;
mod search;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new()
        .post("search", "/search", "Search", search::search)
        .post("search", "/api/search", "Search", search::search)
        .post(
            "search-documents",
            "/api/search/documents",
            "Search documents",
            documents::documents,
        )
        .post(
            "search-diff",
            "/api/search/diff",
            "Compare two searches",
            diff::diff,
        )
}
