//! A scriptable stand-in for a reranker, on loopback. It scores the last text best, so that its order is the reverse of
//! the one given, and answers `POST` at any path.
//!
//! A request is answered by the script's next reply, else by the default.
#![allow(clippy::expect_used, reason = "a test that cannot set up should stop")]

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

/// How a request is answered.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Rerank {
    /// As Cohere does, best first.
    #[default]
    Ok,
    /// As Voyage does: `data`, in the order of the texts.
    Data,
    /// With the texts, although they were not asked for.
    WithTexts,
    /// Without the first text.
    Missing,
    /// The first text twice.
    Repeated,
    /// A text that was not sent.
    OutOfRange,
    /// A score that is no finite number.
    NotFinite,
    /// Not JSON.
    Garbage,
    /// A body that does not end.
    Endless,
    /// After some time.
    Slow(Duration),
    /// Never.
    Hang,
    /// This status, with `Retry-After` if it is given.
    Status(u16, Option<&'static str>),
    /// A redirect.
    Redirect(String),
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The bearer key.
    pub key: Option<String>,
    /// The JSON that was sent.
    pub body: Value,
}

impl Asked {
    /// The texts that were sent.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.body["documents"].as_array();
        texts.map_or_else(Vec::new, |texts| {
            texts.iter().filter_map(Value::as_str).collect()
        })
    }
}

#[derive(Default)]
struct Plan {
    script: VecDeque<Rerank>,
    default: Rerank,
    asked: Vec<Asked>,
}

/// A running fake; it stops when dropped.
pub struct FakeReranker {
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    _stop: oneshot::Sender<()>,
}

fn locked(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeReranker {
    /// Starts a server on a free loopback port.
    pub async fn start() -> Self {
        Self::start_within(0..1).await
    }

    /// Starts a server on the first free one of some loopback ports.
    pub async fn start_within(ports: Range<u16>) -> Self {
        let mut listener = None;
        for port in ports {
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok();
            if listener.is_some() {
                break;
            }
        }
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let plan = Arc::<Mutex<Plan>>::default();
        let app = Router::new()
            .fallback(post(rerank))
            .layer(DefaultBodyLimit::max(64 * 1024 * 1024))
            .with_state(plan.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let serving = axum::serve(listener, app).with_graceful_shutdown(async {
                stopped.await.ok();
            });
            serving.await.ok();
        });
        Self {
            address,
            plan,
            _stop: stop,
        }
    }

    /// Its URL, `http://127.0.0.1:…/v1/rerank`.
    pub fn url(&self) -> String {
        format!("http://{}/v1/rerank", self.address)
    }

    /// Its `host:port`.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Adds replies that are used up one request at a time.
    pub fn script(&self, replies: impl IntoIterator<Item = Rerank>) {
        locked(&self.plan).script.extend(replies);
    }

    /// Sets the reply to every request that the script does not answer.
    pub fn always(&self, reply: Rerank) {
        locked(&self.plan).default = reply;
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.plan).asked.clone()
    }
}

async fn rerank(State(plan): State<Arc<Mutex<Plan>>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let key = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .map(str::to_owned);
    let asked = Asked { key, body };
    let texts: Vec<String> = asked
        .texts()
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    let reply = {
        let mut plan = locked(&plan);
        plan.asked.push(asked);
        plan.script
            .pop_front()
            .unwrap_or_else(|| plan.default.clone())
    };
    let count = texts.len();
    let score = |index: usize| (index + 1) as f64 / (count + 1) as f64;
    let mut results: Vec<Value> = (0..count)
        .rev()
        .map(|index| json!({"index": index, "relevance_score": score(index)}))
        .collect();
    match reply {
        Rerank::Ok => {}
        Rerank::Data => {
            results.reverse();
            let body = json!({"object": "list", "data": results, "usage": {"total_tokens": 7}});
            return Json(body).into_response();
        }
        Rerank::WithTexts => {
            for result in &mut results {
                let index = result["index"].as_u64().unwrap_or_default() as usize;
                result["document"] = json!({"text": texts[index]});
            }
        }
        Rerank::Missing => drop(results.pop()),
        Rerank::Repeated => results.push(json!({"index": 0, "relevance_score": 1})),
        Rerank::OutOfRange => results.push(json!({"index": count, "relevance_score": 1})),
        Rerank::NotFinite => results[0]["relevance_score"] = json!(1e300),
        Rerank::Garbage => return "<html>Welcome</html>".into_response(),
        Rerank::Endless => {
            let filler = futures::stream::repeat_with(|| {
                Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 65_536]))
            });
            return Body::from_stream(filler).into_response();
        }
        Rerank::Slow(time) => tokio::time::sleep(time).await,
        Rerank::Hang => std::future::pending().await,
        Rerank::Status(status, retry_after) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let message = format!("It was {}", texts.first().map_or("", |text| text.as_str()));
            let mut response = (status, Json(json!({"message": message}))).into_response();
            if let Some(wait) = retry_after {
                let wait = wait.parse().expect("a header");
                response.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            return response;
        }
        Rerank::Redirect(to) => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response();
        }
    }
    let meta = json!({"billed_units": {"search_units": 1}});
    Json(json!({"id": "fake", "results": results, "meta": meta})).into_response()
}
