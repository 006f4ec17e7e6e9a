//! The HTTP server: `/v1/embeddings`, `/v1/models`, `/health`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Request as HttpRequest, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::{
    wire::{Answer, ApiError, Request},
    worker::{Queue, Refused},
};

/// Largest body in bytes: 300,000 tokens of text, escaped, fit several times.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The models by the names that requests give.
type Models = Vec<(&'static str, Queue)>;

/// All routes. With a key set, `/v1` answers 401 to any other key.
pub fn router(models: Models, api_key: Option<String>) -> Router {
    let api_key: Option<Arc<str>> = api_key.map(Arc::from);
    Router::new()
        .route("/v1/embeddings", post(embeddings))
        .route("/v1/models", get(list))
        .method_not_allowed_fallback(|| async {
            problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed here.",
            )
        })
        .layer(from_fn_with_state(api_key, check_key))
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "There is no such route.") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(models))
}

fn problem(status: StatusCode, message: &str) -> ApiError {
    ApiError::new(status, "invalid_request_error", message, None, None)
}

async fn embeddings(
    State(models): State<Arc<Models>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Answer>, Response> {
    let body = body.map_err(|error| problem(error.status(), &error.body_text()).into_response())?;
    let request = Request::parse(&body).map_err(IntoResponse::into_response)?;
    let known = models.iter().find(|(name, _)| *name == request.model);
    let (_, queue) = known.ok_or_else(|| unknown(&request.model).into_response())?;
    let embedded = queue.embed(request.texts).await.map_err(refused)?;
    Ok(Json(Answer::new(
        request.model,
        embedded.vectors,
        embedded.tokens,
        request.base64,
    )))
}

fn refused(refused: Refused) -> Response {
    let (status, message) = match refused {
        Refused::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Too many requests wait."),
        Refused::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "The model failed."),
    };
    let error = ApiError::new(status, "server_error", message, None, None);
    match refused {
        Refused::Busy => ([(header::RETRY_AFTER, "1")], error).into_response(),
        Refused::Failed => error.into_response(),
    }
}

fn unknown(model: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "invalid_request_error",
        format!("The model `{model}` does not exist."),
        Some("model"),
        Some("model_not_found"),
    )
}

async fn list(State(models): State<Arc<Models>>) -> Json<Value> {
    let model = |(name, _): &(&str, Queue)| json!({"id": name, "object": "model", "created": 0, "owned_by": "local"});
    let models: Vec<Value> = models.iter().map(model).collect();
    Json(json!({"object": "list", "data": models}))
}

async fn check_key(
    State(expected): State<Option<Arc<str>>>,
    headers: HeaderMap,
    request: HttpRequest,
    next: Next,
) -> Response {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .unwrap_or_default();
    match expected {
        Some(key) if !bool::from(key.as_bytes().ct_eq(given)) => ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_request_error",
            "Incorrect API key provided.",
            None,
            Some("invalid_api_key"),
        )
        .into_response(),
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::worker::{self, tests::Lengths};

    async fn send(key: Option<&str>, request: http::Request<Body>) -> (u16, Value) {
        let models = ["m", "n"].map(|name| (name, worker::start(Lengths).unwrap()));
        let app = router(models.into(), key.map(String::from));
        let response = app.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn ask(body: impl Into<Body>) -> http::Request<Body> {
        http::Request::post("/v1/embeddings")
            .header("authorization", "Bearer mine")
            .body(body.into())
            .unwrap()
    }

    fn get(path: &str) -> http::Request<Body> {
        http::Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn an_answer_has_the_openai_form() {
        let (status, answer) = send(None, ask(r#"{"model": "n", "input": ["a", "bb"]}"#)).await;
        assert_eq!(status, 200);
        assert_eq!(
            answer,
            json!({
                "object": "list",
                "data": [
                    {"object": "embedding", "index": 0, "embedding": [1.0]},
                    {"object": "embedding", "index": 1, "embedding": [2.0]},
                ],
                "model": "n",
                "usage": {"prompt_tokens": 3, "total_tokens": 3},
            })
        );
    }

    #[tokio::test]
    async fn every_error_has_the_openai_form() {
        for (request, expected) in [
            (ask("{"), 400),
            (ask(r#"{"model": "m", "input": "fail"}"#), 500),
            (ask(vec![b' '; MAX_BODY + 1]), 413),
            (get("/v1/embeddings"), 405),
            (get("/v2"), 404),
            (ask(r#"{"model": "other", "input": "a"}"#), 404),
        ] {
            let (status, body) = send(None, request).await;
            assert_eq!(status, expected);
            for member in ["message", "type", "param", "code"] {
                assert!(body["error"].get(member).is_some(), "{expected} {body}");
            }
        }
    }

    #[tokio::test]
    async fn a_key_is_asked_for_only_where_one_is_set() {
        let body = r#"{"model": "m", "input": "a"}"#;
        assert_eq!(send(None, ask(body)).await.0, 200);
        assert_eq!(send(Some("mine"), ask(body)).await.0, 200);
        let (status, answer) = send(Some("theirs"), ask(body)).await;
        assert_eq!(status, 401);
        assert_eq!(answer["error"]["code"], "invalid_api_key");
        assert_eq!(send(Some("mine"), get("/v1/models")).await.0, 401);
        assert_eq!(send(None, get("/v1/models")).await.0, 200);
        assert_eq!(send(Some("mine"), get("/health")).await.0, 200);
    }
}
