//! A website on an address to which the functions of the stack may send requests (`WebAllow`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use tokio::{net::TcpListener, task::JoinHandle};

/// The first of the ports that scripts/test.sh allows.
const FIRST_PORT: u16 = 18_470;

/// The response for a path.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Page {
    pub fn html(body: impl Into<String>) -> Self {
        Self::of("text/html; charset=utf-8", body.into().into_bytes())
    }

    pub fn of(content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", content_type.to_owned())],
            body,
        }
    }

    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::html("no")
        }
    }

    pub fn redirect(to: &str) -> Self {
        Self::status(302).with("location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub path: String,
    pub headers: HeaderMap,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<ReceivedRequest>>,
}

/// A site, which is closed when this is dropped.
pub struct Site {
    port: u16,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Site {
    /// Opens a site. Tests run in parallel: each has a different number, from 0 to 19.
    pub async fn open(number: u16) -> Self {
        let port = FIRST_PORT + number;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let shared = Arc::<Shared>::default();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            port,
            shared,
            server,
        }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sets the response of a path from now on.
    pub fn set(&self, path: &str, page: Page) {
        self.shared
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), page);
    }

    /// Returns the requested paths, in order.
    pub fn paths(&self) -> Vec<String> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().map(|asked| asked.path.clone()).collect()
    }

    /// The requests to a path.
    pub fn asked(&self, path: &str) -> Vec<ReceivedRequest> {
        let asked = self.shared.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let headers = request.headers().clone();
    let etag = headers.get(header::IF_NONE_MATCH).cloned();
    shared.asked.lock().unwrap().push(ReceivedRequest {
        path: path.clone(),
        headers,
    });
    let page = shared.pages.lock().unwrap().get(&path).cloned();
    let Some(page) = page else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let same = |(name, value): &(&str, String)| {
        *name == "etag" && etag.as_ref().is_some_and(|etag| etag == value.as_str())
    };
    if page.headers.iter().any(same) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = (StatusCode::from_u16(page.status).unwrap(), page.body).into_response();
    for (name, value) in page.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
