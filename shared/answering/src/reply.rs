//! An answer as the API returns it.

use std::time::Instant;

use dynrag_domain::{ChatSessionId, answers::Answer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Asked;

/// An answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatAnswer {
    /// The conversation; null if it is not stored.
    #[schema(required)]
    session_id: Option<ChatSessionId>,
    /// The number of the answer in it, for feedback.
    #[schema(required)]
    message_number: Option<i32>,
    #[serde(flatten)]
    answer: Answer,
    took_ms: u64,
}

impl ChatAnswer {
    /// The answer to a request that was received then.
    pub fn new(asked: Asked, received: Instant) -> Self {
        Self {
            session_id: asked.stored.map(|(session, _)| session),
            message_number: asked.stored.map(|(_, number)| number),
            answer: asked.answer,
            took_ms: u64::try_from(received.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.answer.answer
    }
}
