//! Chat completions of the fake: what each request gets is scripted by words in its messages.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{bearer, error, rate_limited, words};

/// How a request is answered. As JSON: `{"reply": "text", "text": "Yes."}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "reply",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ChatReply {
    /// The text, piece by piece if it is asked for so.
    Text {
        /// The text.
        text: String,
        /// Bytes of a piece, at least; pieces end between characters.
        #[serde(default = "four")]
        piece: usize,
        /// Milliseconds before each piece.
        #[serde(default)]
        ms: u64,
        /// Whether it reports tokens.
        #[serde(default = "yes")]
        usage: bool,
        /// Whether it streams if asked to.
        #[serde(default = "yes")]
        streams: bool,
    },
    /// Whatever the documents in the request say, word by word: a model that obeys all that it reads.
    Obeys,
    /// The text, and then the connection breaks.
    Breaks {
        /// The text.
        text: String,
    },
    /// The text, and then an event with an error.
    Errs {
        /// The text.
        text: String,
    },
    /// The text, and then nothing more.
    Silent {
        /// The text.
        text: String,
    },
    /// Text without an end.
    Endless,
    /// 429 with `Retry-After`.
    RateLimited {
        /// Milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// 429 `insufficient_quota`.
    Quota,
    /// 401.
    InvalidKey,
    /// 400 `context_length_exceeded`.
    ContextTooLong,
    /// 500.
    ServerError,
    /// 200 with a page of HTML.
    Html,
}

fn four() -> usize {
    4
}

fn yes() -> bool {
    true
}

impl ChatReply {
    /// A text in pieces, with usage.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            piece: four(),
            ms: 0,
            usage: true,
            streams: true,
        }
    }
}

/// The reply for requests with a word in their messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatRule {
    /// The word.
    pub contains: String,
    /// Only requests for this model.
    #[serde(default)]
    pub model: Option<String>,
    /// How many requests at most; all others go to later rules.
    #[serde(default)]
    pub times: Option<usize>,
    /// The reply.
    pub reply: ChatReply,
}

/// A request that arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatSeen {
    /// The key, without `Bearer`.
    pub key: Option<String>,
    /// The body.
    pub body: Value,
    /// Whether the whole answer was sent.
    pub is_whole: bool,
    /// Whether the caller went away in the middle of a streamed answer.
    pub was_dropped: bool,
}

impl ChatSeen {
    /// The texts of its messages, one below the other.
    pub fn text(&self) -> String {
        let messages = self.body["messages"].as_array();
        let texts = messages.into_iter().flatten();
        let texts = texts.filter_map(|message| message["content"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }
}

#[derive(Default)]
struct Plan {
    rules: Vec<ChatRule>,
    seen: Vec<ChatSeen>,
}

/// The plan and the record of requests.
#[derive(Clone, Default)]
pub(super) struct ChatFake(Arc<Mutex<Plan>>);

impl ChatFake {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rule(&self, rule: ChatRule) {
        self.plan().rules.push(rule);
    }

    pub(super) fn seen(&self) -> Vec<ChatSeen> {
        self.plan().seen.clone()
    }

    pub(super) fn routes(self) -> Router {
        Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/_chat", post(script).get(requests))
            .with_state(self)
    }

    /// Records a request; returns its place and its reply.
    fn admit(&self, key: Option<String>, body: &Value) -> (usize, ChatReply) {
        let seen = ChatSeen {
            key,
            body: body.clone(),
            is_whole: false,
            was_dropped: false,
        };
        let text = seen.text();
        let mut plan = self.plan();
        plan.seen.push(seen);
        let place = plan.seen.len() - 1;
        let rule = plan.rules.iter_mut().find(|rule| {
            text.contains(&rule.contains)
                && rule.times != Some(0)
                && rule
                    .model
                    .as_ref()
                    .is_none_or(|model| body["model"] == model.as_str())
        });
        let reply = match rule {
            Some(rule) => {
                rule.times = rule.times.map(|times| times - 1);
                rule.reply.clone()
            }
            None => ChatReply::text("This model was told nothing."),
        };
        (place, reply)
    }

    fn is_whole(&self, place: usize) {
        self.plan().seen[place].is_whole = true;
    }
}

/// A streamed answer that is being sent.
struct Sending {
    fake: ChatFake,
    place: usize,
}

impl Drop for Sending {
    fn drop(&mut self) {
        let seen = &mut self.fake.plan().seen[self.place];
        seen.was_dropped = !seen.is_whole;
    }
}

async fn script(State(fake): State<ChatFake>, Json(rules): Json<Vec<ChatRule>>) -> StatusCode {
    fake.plan().rules.extend(rules);
    StatusCode::NO_CONTENT
}

async fn requests(State(fake): State<ChatFake>) -> Json<Vec<ChatSeen>> {
    Json(fake.seen())
}

fn usage(body: &Value, text: &str) -> Value {
    let of = |text: &str| words(text).count();
    let input: usize = body["messages"].as_array().map_or(0, |messages| {
        messages
            .iter()
            .map(|m| of(m["content"].as_str().unwrap_or_default()))
            .sum()
    });
    let output = of(text);
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
           "prompt_tokens_details": {"cached_tokens": 0}})
}

/// The documents in a request: what stands between the marks of its sources.
fn sources(body: &Value) -> String {
    let messages = body["messages"].as_array();
    let last = messages.and_then(|messages| messages.last());
    let text = last.and_then(|last| last["content"].as_str());
    let blocks = text.unwrap_or_default().split("<source-").skip(1);
    let texts =
        blocks.filter_map(|block| Some(block.split_once(">\n")?.1.rsplit_once("</source-")?.0));
    texts.collect()
}

async fn complete(State(fake): State<ChatFake>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return error(400, "No JSON.", "invalid_request_error", None);
    };
    let (place, reply) = fake.admit(bearer(&headers), &body);
    let is_streamed = body["stream"] == true;
    let (text, piece, ms, reports, streams, after) = match reply {
        ChatReply::Text {
            text,
            piece,
            ms,
            usage,
            streams,
        } => (text, piece, ms, usage, streams, After::End),
        ChatReply::Obeys => (sources(&body), 4, 0, true, true, After::End),
        ChatReply::Breaks { text } => (text, 4, 0, true, true, After::Break),
        ChatReply::Errs { text } => (text, 4, 0, true, true, After::Error),
        ChatReply::Silent { text } => (text, 4, 0, true, true, After::Silence),
        ChatReply::Endless => {
            let filler =
                stream::repeat_with(|| Ok::<_, std::io::Error>(event(&chunk(&"x".repeat(4096)))));
            return sse(Body::from_stream(filler));
        }
        ChatReply::RateLimited { retry_after_ms } => return rate_limited(retry_after_ms),
        ChatReply::Quota => {
            let code = Some("insufficient_quota");
            return error(
                429,
                "You exceeded your current quota.",
                "insufficient_quota",
                code,
            );
        }
        ChatReply::InvalidKey => {
            let code = Some("invalid_api_key");
            return error(
                401,
                "Incorrect API key provided.",
                "invalid_request_error",
                code,
            );
        }
        ChatReply::ContextTooLong => {
            let message = "This model's maximum context length is 8192 tokens.";
            let code = Some("context_length_exceeded");
            return error(400, message, "invalid_request_error", code);
        }
        ChatReply::ServerError => {
            return error(500, "The server had an error.", "server_error", None);
        }
        ChatReply::Html => {
            let html = [(header::CONTENT_TYPE, "text/html")];
            return (html, "<html>Welcome</html>").into_response();
        }
    };
    if !is_streamed || !streams {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        if after == After::Silence {
            std::future::pending::<()>().await;
        }
        let mut whole = json!({
            "id": "chatcmpl-fake", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        });
        if reports {
            whole["usage"] = usage(&body, &text);
        }
        fake.is_whole(place);
        return Json(whole).into_response();
    }
    let mut events: Vec<String> = pieces(&text, piece).map(chunk).collect();
    if after == After::End {
        events.push(
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string(),
        );
        if reports {
            events.push(json!({"choices": [], "usage": usage(&body, &text)}).to_string());
        }
        events.push("[DONE]".to_owned());
    }
    if after == After::Error {
        events.push(
            json!({"error": {"message": "The server is overloaded.", "type": "server_error"}})
                .to_string(),
        );
    }
    let sent = stream::iter(events).then(move |data| async move {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok::<_, std::io::Error>(event(&data))
    });
    let sending = Sending {
        fake: fake.clone(),
        place,
    };
    let end = stream::once(async move {
        let sending = sending;
        match after {
            After::Silence => std::future::pending().await,
            After::Break => Err(std::io::Error::other("the connection breaks")),
            After::End | After::Error => {
                fake.is_whole(sending.place);
                Ok(Bytes::new())
            }
        }
    });
    sse(Body::from_stream(sent.chain(end)))
}

/// What follows a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    End,
    Break,
    Error,
    Silence,
}

fn sse(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn event(data: &str) -> Bytes {
    format!("data: {data}\n\n").into()
}

fn chunk(text: &str) -> String {
    json!({"id": "chatcmpl-fake", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]})
        .to_string()
}

/// Pieces of at least so many bytes, between characters.
fn pieces(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = bytes.clamp(1, rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}
