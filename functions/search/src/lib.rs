//! Search over a customer's published chunks.

mod search;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new()
        .post("search", "/search", "Search", search::search)
        .post("search", "/api/search", "Search", search::search)
}
