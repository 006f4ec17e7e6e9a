//! Search over a customer's published chunks.

mod chunks;
mod search;
mod state;

use dynrag_api::Routes;

pub use state::SearchState;

/// The routes of this group.
pub fn routes() -> Routes<SearchState> {
    Routes::new()
        .get(
            "documents-chunks",
            "/api/documents/{id}/chunks",
            "List a document's chunks",
            chunks::chunks,
        )
        .post("search", "/search", "Search", search::search)
        .post("search", "/api/search", "Search", search::search)
}
