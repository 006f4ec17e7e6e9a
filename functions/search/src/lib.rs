//! Search over a customer's published chunks.

mod query_vectors;
mod search;
mod state;

use dynrag_api::Routes;

pub use state::SearchState;

/// The routes of this group.
pub fn routes() -> Routes<SearchState> {
    Routes::new()
        .post("search", "/search", "Search", search::search)
        .post("search", "/api/search", "Search", search::search)
}
