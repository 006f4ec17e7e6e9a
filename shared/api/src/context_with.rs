//! The state of handlers that need more than the context, such as the tables that are searched.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::Context;

/// The context of every HTTP function, and a `T` that the functions of a group share. A handler takes the first as
/// `State<Arc<Context>>`, the second as `State<With<T>>`.
pub struct ContextWith<T> {
    context: Arc<Context>,
    with: Arc<T>,
}

/// What a group's functions share beside the context.
pub struct With<T>(pub Arc<T>);

impl<T: Default> Default for ContextWith<T> {
    fn default() -> Self {
        Self {
            context: Arc::default(),
            with: Arc::default(),
        }
    }
}

impl<T> Clone for ContextWith<T> {
    fn clone(&self) -> Self {
        Self {
            context: self.context.clone(),
            with: self.with.clone(),
        }
    }
}

impl<T> FromRef<ContextWith<T>> for Arc<Context> {
    fn from_ref(state: &ContextWith<T>) -> Self {
        state.context.clone()
    }
}

impl<T> FromRef<ContextWith<T>> for With<T> {
    fn from_ref(state: &ContextWith<T>) -> Self {
        Self(state.with.clone())
    }
}
