//! Answers, whole or in events.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use dynrag_api::{
    Json,
    event_stream::{Event, EventStream},
    openapi::{Description, Success},
};
use futures::Stream;
use serde::Serialize;
use utoipa::ToSchema;

/// How long nothing may be sent before a keep-alive.
const SILENCE: Duration = Duration::from_secs(10);

/// An answer, or the events of one that is being made.
pub(crate) enum Reply<T> {
    Whole(Box<T>),
    Streamed(EventStream),
}

impl<T> Reply<T> {
    pub(crate) fn whole(body: T) -> Self {
        Self::Whole(Box::new(body))
    }

    pub(crate) fn streamed(events: impl Stream<Item = Event> + Send + 'static) -> Self {
        Self::Streamed(EventStream::of(events, SILENCE))
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Whole(body) => Json(body).into_response(),
            Self::Streamed(events) => events.into_response(),
        }
    }
}

impl<T: ToSchema> Success for Reply<T> {
    fn describe(description: &mut Description) {
        description.responds::<T>(
            200,
            "OK; with `stream: true` a stream of server-sent events, in the form of OpenAI",
        );
    }
}
