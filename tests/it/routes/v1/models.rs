//! `/v1/models`, and what is not served.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, chat::MODEL};

#[tokio::test]
async fn the_models_are_those_that_the_caller_can_ask() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.own_chat_models().await;
    let ids = async |tenant: &crate::support::stack::Tenant| -> Vec<String> {
        let body = tenant.v1_get("/v1/models").await.ok(200);
        assert_eq!(body["object"], "list");
        let models = body["data"].as_array().unwrap();
        let id = |model: &serde_json::Value| model["id"].as_str().unwrap().to_owned();
        models.iter().map(id).collect()
    };
    let (ours, theirs) = (ids(&a).await, ids(&b).await);
    assert!(ours.contains(&MODEL.to_owned()) && !theirs.contains(&MODEL.to_owned()));
    for model in ["auto", "extractive"] {
        assert!(ours.contains(&model.to_owned()) && theirs.contains(&model.to_owned()));
    }
    // Clients encode the slash, or do not.
    for path in ["/v1/models/fake/large", "/v1/models/fake%2Flarge"] {
        let model = a.v1_get(path).await.ok(200);
        assert_eq!(
            model,
            json!({"id": MODEL, "object": "model", "created": 0, "owned_by": "fake"})
        );
        b.v1_get(path).await.refused(404, "model_not_found");
    }
    // A key of any scope may list them: clients test their credentials so.
    let key = a.key_with(&["documents:write"]).await;
    Answer::of(a.v1_with(&key, Method::GET, "/v1/models"))
        .await
        .ok(200);
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    let stack = Stack::load();
    let a = stack.signup().await;
    for (method, path, status, code) in [
        (
            Method::POST,
            "/v1/images/generations",
            400,
            "unsupported_operation",
        ),
        (
            Method::POST,
            "/v1/completions",
            400,
            "unsupported_operation",
        ),
        (Method::GET, "/v1/assistants", 400, "unsupported_operation"),
        (
            Method::GET,
            "/v1/fine_tuning/jobs",
            400,
            "unsupported_operation",
        ),
        (Method::GET, "/v1/nothing", 404, "unknown_url"),
        (Method::DELETE, "/v1/models", 404, "method_not_allowed"),
    ] {
        Answer::of(a.v1(method, path)).await.refused(status, code);
    }
    let url = stack.streamed_url("/v1/models");
    for bad in [
        stack.http.get(&url),
        stack.http.get(&url).bearer_auth("sk-of-openai"),
        stack.http.get(&url).bearer_auth("drk_none"),
    ] {
        let error = Answer::of(bad).await.refused(401, "invalid_api_key");
        assert_eq!(error["type"], "authentication_error");
    }
}
