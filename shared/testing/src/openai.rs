//! A scriptable stand-in for OpenAI's embeddings and chat completions, on loopback.
//!
//! Vectors are deterministic: words hashed into dimensions, so texts that share words are near. A
//! test scripts failures in advance, in process ([`FakeOpenAi::script`], [`FakeOpenAi::rule`]) or
//! over HTTP (`POST /_script`, `GET /_requests`; `/_chat` for completions) if the caller under test is another process, and
//! reads back the requests.
//!
//! A request is answered by the first matching rule, else the script's next reply, else `Ok`.
#![allow(clippy::expect_used, reason = "a test that cannot set up should stop")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};

use self::{
    chat::ChatFake,
    plan::{Plan, Script},
};
pub use self::{
    chat::{ChatReply, ChatRule, ChatSeen},
    plan::{Reply, Rule, Seen},
};

mod chat;
mod plan;

/// Length of vectors unless the request or [`FakeOpenAi::start_with`] sets another.
pub const DIMENSIONS: usize = 384;

struct Shared {
    dimensions: usize,
    started: Instant,
    plan: Mutex<Plan>,
    count: watch::Sender<usize>,
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides on the reply and records the request.
    fn admit(&self, key: Option<String>, ask: &Ask) -> Reply {
        let now = Instant::now();
        let mut plan = self.plan();
        let reply = match plan.decide(key.as_deref(), &ask.inputs) {
            Reply::OnlyFloats if !ask.base64 => Reply::Floats,
            reply => reply,
        };
        let early = plan.is_early(&key, now);
        plan.close(key.clone(), reply, now);
        plan.seen.push(Seen {
            at: now - self.started,
            key,
            model: ask.model.clone(),
            inputs: ask.inputs.clone(),
            dimensions: ask.dimensions,
            reply,
            tokens: if reply.embeds() { ask.tokens() } else { 0 },
            early,
        });
        self.count.send_replace(plan.seen.len());
        reply
    }
}

/// A running fake; it stops when dropped.
pub struct FakeOpenAi {
    address: SocketAddr,
    shared: Arc<Shared>,
    chat: ChatFake,
    _stop: oneshot::Sender<()>,
}

impl FakeOpenAi {
    /// Starts a server on a free loopback port.
    pub async fn start() -> Self {
        Self::start_with(DIMENSIONS).await
    }

    /// Starts a server on a given loopback port; 0 for a free one.
    pub async fn start_on(port: u16) -> Self {
        Self::listen(port, DIMENSIONS).await
    }

    /// The same with vectors of another length.
    pub async fn start_with(dimensions: usize) -> Self {
        Self::listen(0, dimensions).await
    }

    async fn listen(port: u16, dimensions: usize) -> Self {
        let shared = Arc::new(Shared {
            dimensions,
            started: Instant::now(),
            plan: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let chat = ChatFake::default();
        let app = Router::new()
            .route("/v1/embeddings", post(embeddings))
            .route("/_script", post(set_script))
            .route("/_requests", get(list_requests))
            .with_state(shared.clone())
            .merge(chat.clone().routes())
            .layer(DefaultBodyLimit::max(64 * 1024 * 1024));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let serving = axum::serve(listener, app).with_graceful_shutdown(async {
                stopped.await.ok();
            });
            serving.await.ok();
        });
        Self {
            address,
            shared,
            chat,
            _stop: stop,
        }
    }

    /// The base URL to configure, `http://127.0.0.1:…/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds replies that are used up one request at a time.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.plan().script.extend(replies);
    }

    /// Adds a rule. Earlier rules go first.
    pub fn rule(&self, rule: Rule) {
        self.shared.plan().rules.push(rule);
    }

    /// Answers every request that has the key with the reply.
    pub fn fail_key(&self, key: &str, reply: Reply) {
        self.rule(Rule {
            contains: None,
            key: Some(key.into()),
            percent: None,
            reply,
        });
    }

    /// Adds a rule for chat completions. Earlier rules go first.
    pub fn chat_rule(&self, rule: ChatRule) {
        self.chat.rule(rule);
    }

    /// Every request for a chat completion so far.
    pub fn chat_requests(&self) -> Vec<ChatSeen> {
        self.chat.seen()
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.plan().seen.clone()
    }

    /// Number of inputs that were answered with vectors.
    pub fn inputs_embedded(&self) -> usize {
        let plan = self.shared.plan();
        let paid = plan.seen.iter().filter(|seen| seen.reply.embeds());
        paid.map(|seen| seen.inputs.len()).sum()
    }

    /// Requests that came before the `Retry-After` given to the same key had passed.
    pub fn early_calls(&self) -> usize {
        let plan = self.shared.plan();
        plan.seen.iter().filter(|seen| seen.early).count()
    }

    /// Waits until so many requests have arrived.
    pub async fn wait_for(&self, requests: usize) {
        let mut count = self.shared.count.subscribe();
        count
            .wait_for(|seen| *seen >= requests)
            .await
            .expect("the sender lives as long as self");
    }
}

async fn set_script(State(shared): State<Arc<Shared>>, Json(new): Json<Script>) -> StatusCode {
    let mut plan = shared.plan();
    if new.clear {
        plan.script.clear();
        plan.rules.clear();
    }
    plan.script.extend(new.script);
    plan.rules.extend(new.rules);
    StatusCode::NO_CONTENT
}

async fn list_requests(State(shared): State<Arc<Shared>>) -> Json<Vec<Seen>> {
    Json(shared.plan().seen.clone())
}

struct Ask {
    model: String,
    inputs: Vec<String>,
    dimensions: Option<usize>,
    base64: bool,
}

impl Ask {
    /// Tokens that an answer reports as usage.
    fn tokens(&self) -> u64 {
        self.inputs
            .iter()
            .map(|text| words(text).count() as u64)
            .sum()
    }
}

impl Ask {
    fn parse(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let inputs: Vec<String> = match &body["input"] {
            Value::String(text) => vec![text.clone()],
            list => serde_json::from_value(list.clone()).ok()?,
        };
        let valid = (1..=2048).contains(&inputs.len()) && !inputs.iter().any(String::is_empty);
        valid.then_some(Self {
            model: body["model"].as_str()?.to_owned(),
            inputs,
            dimensions: body["dimensions"].as_u64().map(|n| n as usize),
            base64: body["encoding_format"] == "base64",
        })
    }
}

async fn embeddings(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(mut ask) = Ask::parse(&body) else {
        return error(
            400,
            "The request is not valid.",
            "invalid_request_error",
            None,
        );
    };
    let reply = shared.admit(bearer(&headers), &ask);
    let mut vectors: Vec<(usize, Vec<f32>)> = ask
        .inputs
        .iter()
        .map(|text| word_vector(text, ask.dimensions.unwrap_or(shared.dimensions)))
        .enumerate()
        .collect();
    match reply {
        Reply::Ok => {}
        Reply::Shuffled => vectors.reverse(),
        Reply::Floats => ask.base64 = false,
        Reply::Slow { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
        Reply::Hang => std::future::pending().await,
        Reply::RateLimited { retry_after_ms } => return rate_limited(retry_after_ms),
        Reply::Quota => {
            let message = "You exceeded your current quota.";
            return error(
                429,
                message,
                "insufficient_quota",
                Some("insufficient_quota"),
            );
        }
        Reply::InvalidKey => {
            let message = "Incorrect API key provided.";
            return error(
                401,
                message,
                "invalid_request_error",
                Some("invalid_api_key"),
            );
        }
        Reply::Rejected => {
            let message = format!("This input is not valid: {}", ask.inputs[0]);
            return error(400, &message, "invalid_request_error", None);
        }
        Reply::OnlyFloats => {
            let message = "encoding_format must be float.";
            return error(400, message, "invalid_request_error", None);
        }
        Reply::ServerError => return error(500, "The server had an error.", "server_error", None),
        Reply::Redirect => {
            let to = [(header::LOCATION, "http://127.0.0.1:9/")];
            return (StatusCode::TEMPORARY_REDIRECT, to).into_response();
        }
        Reply::WrongCount => drop(vectors.pop()),
        Reply::WrongDimensions => {
            for (_, vector) in &mut vectors {
                vector.pop();
            }
        }
        Reply::NotFinite => vectors[0].1[0] = f32::NAN,
        Reply::Garbage => return "<html>Welcome</html>".into_response(),
        Reply::Endless => {
            let filler = futures::stream::repeat_with(|| {
                Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 65_536]))
            });
            return Body::from_stream(filler).into_response();
        }
    }
    let tokens = ask.tokens();
    let data: Vec<Value> = vectors
        .iter()
        .map(|(index, vector)| {
            let bytes: Vec<u8> = vector.iter().flat_map(|n| n.to_le_bytes()).collect();
            let embedding = match ask.base64 {
                true => json!(STANDARD.encode(bytes)),
                false => json!(vector),
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    Json(json!({
        "object": "list",
        "data": data,
        "model": ask.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }))
    .into_response()
}

/// The key of a request.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.to_owned())
}

fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Response {
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(body)).into_response()
}

fn rate_limited(after_ms: Option<u64>) -> Response {
    let message = "Rate limit reached for requests.";
    let mut response = error(429, message, "requests", Some("rate_limit_exceeded"));
    if let Some(ms) = after_ms {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, ms.div_ceil(1000).into());
        if ms % 1000 != 0 {
            headers.insert("retry-after-ms", ms.into());
        }
    }
    response
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The vector the fake gives a text: each lower-cased word adds or subtracts one at the position
/// given by its hash; then the vector is normalized.
pub fn word_vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0f32; dimensions];
    for word in words(text) {
        // FNV-1a: the same in every process and release, unlike the standard library's hasher.
        let hash = word
            .to_lowercase()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let place = ((hash >> 1) % dimensions as u64) as usize;
        vector[place] += if hash & 1 == 0 { 1.0 } else { -1.0 };
    }
    let length = vector.iter().map(|n| n * n).sum::<f32>().sqrt();
    if length == 0.0 {
        vector[0] = 1.0;
    } else {
        vector.iter_mut().for_each(|n| *n /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_share_words_are_near() {
        let dot = |a: &str, b: &str| -> f32 {
            let (a, b) = (word_vector(a, DIMENSIONS), word_vector(b, DIMENSIONS));
            a.iter().zip(&b).map(|(x, y)| x * y).sum()
        };
        let question = "how long are backups kept";
        assert!((dot(question, question) - 1.0).abs() < 1e-5);
        assert!(dot(question, "Backups are kept for a year.") > 0.4);
        assert!(dot(question, "The cat sat on a mat.") < 0.3);
        assert!((dot("", "") - 1.0).abs() < 1e-5);
    }
}
