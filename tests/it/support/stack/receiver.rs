//! A receiver of webhooks, which verifies them with the reference library.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Tenant;

/// The ports in the test stack's `WEB_ALLOW`: a receiver takes the first free one.
const RECEIVERS: std::ops::Range<u16> = 18941..18949;

/// A received request.
#[derive(Clone)]
pub struct Notice {
    pub id: String,
    pub body: Value,
}

/// A receiver on loopback that verifies with the reference library.
pub struct Receiver {
    pub url: String,
    seen: Arc<Mutex<Vec<Notice>>>,
}

type Answering = dyn Fn(&Notice, usize) -> StatusCode + Send + Sync;

#[derive(Clone)]
struct Receiving {
    secret: Arc<Mutex<String>>,
    seen: Arc<Mutex<Vec<Notice>>>,
    answer: Arc<Answering>,
}

async fn receive(State(state): State<Receiving>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = state.secret.lock().unwrap().clone();
    let library = standardwebhooks::Webhook::new(&secret).unwrap();
    if library.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let notice = Notice {
        id: headers["webhook-id"].to_str().unwrap().to_owned(),
        body: serde_json::from_slice(&body).unwrap(),
    };
    let mut seen = state.seen.lock().unwrap();
    let before = seen.iter().filter(|other| other.id == notice.id).count();
    seen.push(notice.clone());
    (state.answer)(&notice, before)
}

impl Receiver {
    /// Starts a receiver. `answer` gets a notification and the number of its earlier receipts.
    pub async fn start(
        tenant: &Tenant,
        events: &[&str],
        answer: impl Fn(&Notice, usize) -> StatusCode + Send + Sync + 'static,
    ) -> (Self, Value) {
        let mut listener = None;
        for port in RECEIVERS {
            if let Ok(free) = TcpListener::bind(("127.0.0.1", port)).await {
                listener = Some((free, port));
                break;
            }
        }
        let (listener, port) = listener.expect("a free port of WEB_ALLOW");
        let url = format!("http://127.0.0.1:{port}/hook");
        let state = Receiving {
            secret: Arc::default(),
            seen: Arc::default(),
            answer: Arc::new(answer),
        };
        let seen = state.seen.clone();
        let secret = state.secret.clone();
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let body = json!({"name": "out", "triggerType": "event", "url": url, "events": events});
        let hook = tenant.post("/api/webhooks", &body).await.ok(201);
        hook["secret"]
            .as_str()
            .expect("a secret")
            .clone_into(&mut secret.lock().unwrap());
        (Self { url, seen }, hook)
    }

    /// Returns the received notifications with valid signatures, oldest first.
    pub fn seen(&self) -> Vec<Notice> {
        self.seen.lock().unwrap().clone()
    }
}
