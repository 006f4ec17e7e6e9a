//! Server-sent events, for routes on a function URL: an HTTP API cannot stream.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::{
    convert::Infallible,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dynrag_domain::{Error, Result};
use futures::{Stream, StreamExt};
use http::{HeaderValue, header};
use lambda_http::RequestExt;
use serde::Serialize;
use tokio::time::Instant;

use crate::Failure;

/// The media type.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// Reserved from the function's timeout, so that the stream ends properly.
const RESERVE: Duration = Duration::from_secs(3);
/// Longest stream if Lambda gives no deadline.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(300);

/// A frame of a stream; each is sent at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame(String);

impl Frame {
    /// Creates an event with JSON data. A client that reconnects sends the last `id` it received as `Last-Event-ID`.
    ///
    /// # Errors
    /// An internal error if the data has no JSON form.
    pub fn event(name: &str, id: Option<i64>, data: &impl Serialize) -> Result<Self> {
        // Compact JSON contains no line breaks.
        let data = serde_json::to_string(data).map_err(Error::internal_fault)?;
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        Ok(Self(format!("event: {name}\n{id}data: {data}\n\n")))
    }

    /// Creates a comment, which clients ignore: it keeps the connection alive.
    pub fn comment(text: &'static str) -> Self {
        Self(format!(": {text}\n\n"))
    }

    /// Creates the frame that sets how long a client waits before it reconnects.
    pub fn retry(after: Duration) -> Self {
        Self(format!("retry: {}\n\n", after.as_millis()))
    }

    /// The frame as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 200 with a stream of events.
pub struct EventStream(Body);

impl EventStream {
    /// Creates a response that sends the frames as they arrive.
    pub fn of(frames: impl Stream<Item = Frame> + Send + 'static) -> Self {
        Self(Body::from_stream(
            frames.map(|frame| Ok::<_, Infallible>(Bytes::from(frame.0))),
        ))
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        let media_type = HeaderValue::from_static(MEDIA_TYPE);
        ([(header::CONTENT_TYPE, media_type)], self.0).into_response()
    }
}

/// `Last-Event-ID`: the last id that the client received; 0 for a new client or an invalid id.
pub struct LastEventId(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let sent = parts.headers.get("last-event-id");
        let number = sent
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .filter(|number| *number > 0);
        Ok(Self(number.unwrap_or(0)))
    }
}

/// When the stream must end: shortly before the function's deadline.
pub struct Until(pub Instant);

impl<S: Send + Sync> FromRequestParts<S> for Until {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let left = parts.lambda_context_ref().and_then(|context| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            Some(Duration::from_millis(context.deadline).saturating_sub(now))
        });
        let left = left.unwrap_or(WITHOUT_DEADLINE).saturating_sub(RESERVE);
        Ok(Self(Instant::now() + left))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn event_data_cannot_break_the_framing() {
        let frame = Frame::event("status", Some(7), &json!({"title": "a\nevent: end\r\n\n"}));
        assert_eq!(
            frame.unwrap().as_str(),
            "event: status\nid: 7\ndata: {\"title\":\"a\\nevent: end\\r\\n\\n\"}\n\n"
        );
        let frame = Frame::event("end", None, &json!({}));
        assert_eq!(frame.unwrap().as_str(), "event: end\ndata: {}\n\n");
        assert_eq!(
            Frame::retry(Duration::from_secs(1)).as_str(),
            "retry: 1000\n\n"
        );
    }

    #[tokio::test]
    async fn an_invalid_last_event_id_starts_from_the_beginning() {
        let read = async |value: &'static str| {
            let request = http::Request::builder().header("last-event-id", value);
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let LastEventId(number) = LastEventId::from_request_parts(&mut parts, &())
                .await
                .ok()
                .unwrap();
            number
        };
        assert_eq!(read("12").await, 12);
        for odd in ["", "-3", "x", "99999999999999999999"] {
            assert_eq!(read(odd).await, 0, "{odd}");
        }
    }
}
