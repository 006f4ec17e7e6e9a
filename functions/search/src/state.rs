//! What the function makes once per cold start, each piece at its first use.

use std::sync::Arc;

use axum::extract::FromRef;
use dynrag_api::Context;
use dynrag_config::VectorsConfig;
use dynrag_domain::{Error, Result};
use dynrag_vectors::{Location, Vectors};
use tokio::sync::OnceCell;

use crate::query_vectors::QueryVectors;

/// The context of every HTTP function, with the vectors beside it.
#[derive(Clone)]
pub struct SearchState {
    context: Arc<Context>,
    vectors: Arc<OnceCell<Vectors>>,
    pub(crate) query_vectors: QueryVectors,
}

impl Default for SearchState {
    fn default() -> Self {
        Self {
            context: Context::new(),
            vectors: Arc::default(),
            query_vectors: QueryVectors::default(),
        }
    }
}

impl FromRef<SearchState> for Arc<Context> {
    fn from_ref(state: &SearchState) -> Self {
        state.context.clone()
    }
}

impl SearchState {
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// The tables, with five eighths of the function's memory for those that are searched in it.
    pub(crate) async fn vectors(&self) -> Result<&Vectors> {
        self.vectors
            .get_or_try_init(async || {
                let config = VectorsConfig::from_env().map_err(Error::internal_fault)?;
                let location = Location::S3 {
                    bucket: config.bucket,
                    endpoint: config.endpoint,
                    region: config.region,
                };
                let memory = usize::try_from(config.memory_bytes / 8 * 5).unwrap_or(usize::MAX);
                Ok(Vectors::new(location, memory))
            })
            .await
    }
}
