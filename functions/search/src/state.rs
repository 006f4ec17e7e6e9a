//! State shared by the handlers of this group.

use std::sync::Arc;

use axum::extract::FromRef;
use dynrag_api::Context;
use dynrag_retrieval::Retriever;

/// The context of every HTTP function, plus the vector tables.
#[derive(Clone)]
pub struct SearchState {
    context: Arc<Context>,
    retriever: Arc<Retriever>,
}

impl Default for SearchState {
    fn default() -> Self {
        Self {
            context: Context::new(),
            retriever: Arc::default(),
        }
    }
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
