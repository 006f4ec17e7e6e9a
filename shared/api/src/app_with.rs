//! The state of handlers that need more than the app, such as the search tables.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::App;

/// The app of every HTTP function, and a `T` that the handlers of a group share. Handlers extract the first as
/// `State<Arc<App>>` and the second as `State<With<T>>`.
pub struct AppWith<T> {
    app: Arc<App>,
    with: Arc<T>,
}

/// The state that a group's handlers share in addition to the app.
pub struct With<T>(pub Arc<T>);

impl<T: Default> Default for AppWith<T> {
    fn default() -> Self {
        Self {
            app: Arc::default(),
            with: Arc::default(),
        }
    }
}

impl<T> Clone for AppWith<T> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            with: self.with.clone(),
        }
    }
}

impl<T> FromRef<AppWith<T>> for Arc<App> {
    fn from_ref(state: &AppWith<T>) -> Self {
        state.app.clone()
    }
}

impl<T> FromRef<AppWith<T>> for With<T> {
    fn from_ref(state: &AppWith<T>) -> Self {
        Self(state.with.clone())
    }
}
