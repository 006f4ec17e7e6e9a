//! What handlers of this group share.

use std::sync::Arc;

use axum::extract::FromRef;
use dynrag_api::Context;
use dynrag_retrieval::Retriever;

/// The context of every HTTP function, with the tables beside it.
#[derive(Clone, Default)]
pub struct SearchState {
    context: Arc<Context>,
    retriever: Arc<Retriever>,
}

impl FromRef<SearchState> for Arc<Context> {
    fn from_ref(state: &SearchState) -> Self {
        state.context.clone()
    }
}

impl FromRef<SearchState> for Arc<Retriever> {
    fn from_ref(state: &SearchState) -> Self {
        state.retriever.clone()
    }
}
