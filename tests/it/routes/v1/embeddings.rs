//! `POST /v1/embeddings`.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, word};

const PATH: &str = "/v1/embeddings";

#[tokio::test]
async fn texts_and_tokens_have_the_same_vectors_in_every_form() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let models = a.v1_get("/v1/models").await.ok(200);
    let model = models["data"].as_array().unwrap().last().unwrap()["id"].clone();
    let text = format!("about {}", word());
    let whole = a
        .v1_post(PATH, &json!({"model": model, "input": text}))
        .await
        .ok(200);
    let numbers: Vec<f64> = serde_json::from_value(whole["data"][0]["embedding"].clone()).unwrap();
    assert!(numbers.len() > 100);
    assert_eq!(
        (&whole["object"], &whole["data"][0]["index"]),
        (&json!("list"), &json!(0))
    );
    let tokens = dynrag_tokenizer::cl100k().encode(&text);
    let inputs = [
        json!(text),
        json!([text, text]),
        json!(tokens),
        json!([tokens, tokens]),
    ];
    for input in inputs {
        let body = json!({"model": model, "input": input, "encoding_format": "base64"});
        let answer = a.v1_post(PATH, &body).await.ok(200);
        let data = answer["data"].as_array().unwrap();
        assert_eq!(
            data.len(),
            if input[0].is_number() || input.is_string() {
                1
            } else {
                2
            }
        );
        for one in data {
            let bytes = BASE64_STANDARD
                .decode(one["embedding"].as_str().unwrap())
                .unwrap();
            let decoded = bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes(four.try_into().unwrap()));
            let decoded: Vec<f32> = decoded.collect();
            assert!(
                decoded
                    .iter()
                    .zip(&numbers)
                    .all(|(x, y)| (f64::from(*x) - y).abs() < 1e-6)
            );
        }
    }
    let charged = "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND operation = 'text-embeddings'
        AND tokens > 0";
    assert_eq!(a.count(charged).await, 5);
}

#[tokio::test]
async fn every_bad_parameter_is_named_and_nothing_is_paid() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let models = a.v1_get("/v1/models").await.ok(200);
    let model = models["data"].as_array().unwrap().last().unwrap()["id"].clone();
    let with = |change: Value| {
        let mut body = json!({"model": model, "input": "text"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    for (change, parameter) in [
        (json!({"input": []}), "input"),
        (json!({"input": ["a", " "]}), "input[1]"),
        (json!({"input": [[4_000_000_000_u32]]}), "input[0]"),
        (json!({"input": {"a": 1}}), "input"),
        (json!({"input": "word ".repeat(10_000)}), "input[0]"),
        (json!({"encoding_format": "hex"}), "encoding_format"),
    ] {
        a.v1_post(PATH, &with(change))
            .await
            .refused_parameter(parameter);
    }
    let unknown = with(json!({"model": "text-embedding-none"}));
    a.v1_post(PATH, &unknown)
        .await
        .refused(404, "model_not_found");
    assert_eq!(
        a.count("SELECT count(*) FROM provider_calls WHERE customer_id = $1")
            .await,
        0
    );
    let key = a.key_with(&["documents:read", "chat"]).await;
    let request = a.v1_with(&key, Method::POST, PATH).json(&with(json!({})));
    Answer::of(request).await.refused(403, "missing_scope");
    // A budget that is spent is an exhausted quota for these clients.
    let nothing = json!({"monthlyBudgetUsd": "0"});
    a.put("/api/customers/config", &nothing).await.ok(200);
    let error = a
        .v1_post(PATH, &with(json!({})))
        .await
        .refused(429, "insufficient_quota");
    assert_eq!(error["type"], "insufficient_quota");
}
