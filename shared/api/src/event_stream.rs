//! Server-sent events, for routes on a function URL: an HTTP API cannot stream.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::{
    convert::Infallible,
    fmt::Display,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
    response::{IntoResponse, Response, Sse, sse::KeepAlive},
};
use dynrag_domain::{Error, Result};
use futures::{Stream, StreamExt};
use lambda_http::RequestExt;
use serde::Serialize;
use tokio::{sync::oneshot, task::JoinSet, time::Instant};
use tracing::Instrument;

use crate::Failure;

pub use axum::response::sse::Event;

/// The header of a client that reconnects.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The media type.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// Reserved from the function's timeout, so that the stream ends properly.
const RESERVE: Duration = Duration::from_secs(3);
/// Longest stream if Lambda gives no deadline.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(300);

/// Returns an event with JSON data. A client that reconnects sends the last `id` it saw as `Last-Event-ID`.
///
/// # Errors
/// An internal fault if the data cannot be serialized.
pub fn json_event(
    name: &'static str,
    id: Option<impl Display>,
    data: &impl Serialize,
) -> Result<Event> {
    let mut event = Event::default().event(name);
    if let Some(id) = id {
        event = event.id(id.to_string());
    }
    event.json_data(data).map_err(Error::internal_fault)
}

/// 200 with a stream of events.
pub struct EventStream(Response);

impl EventStream {
    /// Sends each event as it comes, and a comment whenever none has come for as long as `silence`: it keeps the
    /// connection alive.
    pub fn of(events: impl Stream<Item = Event> + Send + 'static, silence: Duration) -> Self {
        let keep_alive = KeepAlive::new().interval(silence).text("nothing new");
        let events = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(keep_alive);
        Self(events.into_response())
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        self.0
    }
}

/// `Last-Event-ID`: the last id that the client received; 0 for a new client or an invalid id.
pub struct LastEventId(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let sent = parts.headers.get(LAST_EVENT_ID);
        let number = sent
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .filter(|number| *number > 0);
        Ok(Self(number.unwrap_or(0)))
    }
}

/// `Last-Event-ID` of a route whose ids are no numbers, as the client sent it; `None` for a new client.
pub struct LastEventText(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for LastEventText {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(last_event_id(&parts.headers)))
    }
}

/// Some clients send an empty one before they have received an id.
fn last_event_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LAST_EVENT_ID)?;
    let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Whether a client wants the rest of a stream.
pub(crate) fn reconnects(headers: &HeaderMap) -> bool {
    last_event_id(headers).is_some()
}

/// Runs work that belongs to a stream and ends properly also if its client goes away: the function asks for its next event when
/// the work has ended, as Lambda freezes the process there.
pub fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> oneshot::Receiver<T> {
    let (done, receiver) = oneshot::channel();
    let work = async move {
        // Nobody may be there to receive it.
        drop(done.send(work.await));
    };
    WORK.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .spawn(work.in_current_span());
    receiver
}

static WORK: LazyLock<Mutex<JoinSet<()>>> = LazyLock::new(Mutex::default);

/// Waits for all work that was spawned.
pub(crate) async fn settled() {
    let work = std::mem::take(&mut *WORK.lock().unwrap_or_else(PoisonError::into_inner));
    work.join_all().await;
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
    use futures::stream;
    use http::header::CONTENT_TYPE;
    use http_body_util::BodyExt;
    use serde_json::json;

    use super::*;

    /// The bytes of one event.
    async fn sent(event: Event) -> String {
        let stream = EventStream::of(stream::iter([event]), Duration::from_secs(15));
        let response = stream.into_response();
        assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn event_data_cannot_break_the_framing() {
        let event = json_event("status", Some(7), &json!({"title": "a\nevent: end\r\n\n"}));
        assert_eq!(
            sent(event.unwrap()).await,
            "event: status\nid: 7\ndata: {\"title\":\"a\\nevent: end\\r\\n\\n\"}\n\n"
        );
        let event = json_event("end", None::<i64>, &json!({}));
        assert_eq!(sent(event.unwrap()).await, "event: end\ndata: {}\n\n");
        assert_eq!(
            sent(Event::default().retry(Duration::from_secs(1))).await,
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
