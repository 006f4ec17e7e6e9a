//! State shared by the handlers of this group.

use std::sync::Arc;

use axum::extract::FromRef;
use dynrag_api::Context;

use crate::outside::Outside;

/// Clients and caches of a function instance.
#[derive(Clone, Default)]
pub struct SystemState {
    context: Arc<Context>,
    outside: Arc<Outside>,
}

impl FromRef<SystemState> for Arc<Context> {
    fn from_ref(state: &SystemState) -> Self {
        state.context.clone()
    }
}

impl FromRef<SystemState> for Arc<Outside> {
    fn from_ref(state: &SystemState) -> Self {
        state.outside.clone()
    }
}
