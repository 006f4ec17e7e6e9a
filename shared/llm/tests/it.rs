//! The client against a fake provider on loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use dynrag_llm::{
    BatchLimits, Batches, Client, EmbedError, Embedded, EmbeddingSettings, InputType, Provider,
    count_tokens,
};
use dynrag_testing::openai::{DIMENSIONS, FakeOpenAi, Reply, word_vector};
use tokio::time::Instant;

fn provider(fake: &FakeOpenAi) -> Provider {
    Provider::new(&EmbeddingSettings {
        base_url: fake.base_url(),
        api_key: Some("sk-test".into()),
        model: "fake-model".into(),
        dimensions: Some(DIMENSIONS as u32),
        timeout: Duration::from_secs(30),
    })
    .unwrap()
}

fn soon(ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(ms)
}

/// Far enough in the future that no test reaches it.
fn far() -> Instant {
    soon(120_000)
}

async fn embed(fake: &FakeOpenAi, texts: &[&str]) -> Result<Embedded, EmbedError> {
    let client = Client::new().unwrap();
    client
        .embed(&provider(fake), InputType::Query, texts, far())
        .await
}

#[tokio::test]
async fn vectors_come_back_in_the_order_of_the_texts() {
    let fake = FakeOpenAi::start().await;
    fake.script([Reply::Ok, Reply::Shuffled, Reply::Floats]);
    for _ in 0..3 {
        let embedded = embed(&fake, &["one two", "three"]).await.unwrap();
        assert_eq!(embedded.vectors[0], word_vector("one two", DIMENSIONS));
        assert_eq!(embedded.vectors[1], word_vector("three", DIMENSIONS));
        assert_eq!(embedded.prompt_tokens, 3);
    }
    let seen = fake.requests();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[0].key.as_deref(), Some("sk-test"));
    assert_eq!(seen[0].model, "fake-model");
    assert_eq!(seen[0].dimensions, Some(DIMENSIONS));
    assert_eq!(fake.inputs_embedded(), 6);
}

#[tokio::test]
async fn the_type_of_an_input_is_told_to_models_that_want_it() {
    let fake = FakeOpenAi::start().await;
    let client = Client::new().unwrap();
    let plain = provider(&fake);
    let e5 = plain
        .clone()
        .with_model("multilingual-e5-small", Some(DIMENSIONS as u32));
    for provider in [&plain, &e5] {
        for input in [InputType::Query, InputType::Passage] {
            client
                .embed(provider, input, &["a b"], far())
                .await
                .unwrap();
        }
        let mut batches =
            Batches::new(&client, provider, &["c"], &[5], BatchLimits::default()).unwrap();
        batches.next(far()).await.unwrap();
    }
    let sent: Vec<String> = fake
        .requests()
        .into_iter()
        .flat_map(|request| request.inputs)
        .collect();
    assert_eq!(
        sent,
        [
            "a b",
            "a b",
            "c",
            "query: a b",
            "passage: a b",
            "passage: c"
        ]
    );
}

#[tokio::test]
async fn one_client_serves_many_tenants() {
    let fake = FakeOpenAi::start().await;
    fake.fail_key("sk-broke", Reply::Quota);
    let client = Client::new().unwrap();
    let broke = provider(&fake).with_key("sk-broke".into());
    let error = client
        .embed(&broke, InputType::Query, &["a"], far())
        .await
        .unwrap_err();
    assert_eq!(error, EmbedError::InsufficientQuota);
    let other = provider(&fake).with_model("small", Some(8));
    let embedded = client
        .embed(&other, InputType::Query, &["a"], far())
        .await
        .unwrap();
    assert_eq!(embedded.vectors[0].len(), 8);
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn what_waiting_does_not_mend_is_asked_once() {
    for (reply, code) in [
        (Reply::Quota, "insufficient_quota"),
        (Reply::InvalidKey, "embedding_key_invalid"),
        (Reply::Rejected, "embedding_rejected"),
        (Reply::Redirect, "embedding_rejected"),
        (Reply::WrongDimensions, "embedding_rejected"),
    ] {
        let fake = FakeOpenAi::start().await;
        fake.script([reply]);
        let error = embed(&fake, &["a secret text"]).await.unwrap_err();
        assert_eq!(error.failure_code().unwrap().as_str(), code, "{reply:?}");
        assert_eq!(fake.requests().len(), 1, "{reply:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn what_passes_is_asked_again_but_not_for_ever() {
    for reply in [
        Reply::ServerError,
        Reply::WrongCount,
        Reply::NotFinite,
        Reply::Garbage,
        Reply::Endless,
        Reply::RateLimited {
            retry_after_ms: None,
        },
    ] {
        let fake = FakeOpenAi::start().await;
        fake.script([reply; 3]);
        let error = embed(&fake, &["a"]).await.unwrap_err();
        assert!(error.retryable(), "{reply:?}: {error}");
        assert_eq!(fake.requests().len(), 3, "{reply:?}");
        assert!(embed(&fake, &["a"]).await.is_ok(), "{reply:?}");
    }
}

#[tokio::test]
async fn retry_after_is_never_undercut() {
    let fake = FakeOpenAi::start().await;
    fake.script([
        Reply::rate_limited(Duration::from_millis(300)),
        Reply::rate_limited(Duration::from_secs(1)),
    ]);
    assert!(embed(&fake, &["a"]).await.is_ok());
    let seen = fake.requests();
    assert_eq!(seen.len(), 3);
    assert_eq!(fake.early_calls(), 0);
    assert!(seen[1].at - seen[0].at >= Duration::from_millis(300));
    assert!(seen[2].at - seen[1].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_handed_back() {
    let fake = FakeOpenAi::start().await;
    fake.script([Reply::rate_limited(Duration::from_secs(3_600))]);
    let client = Client::new().unwrap();
    let provider = provider(&fake);
    let error = client
        .embed(&provider, InputType::Query, &["a"], far())
        .await
        .unwrap_err();
    assert_eq!(
        error,
        EmbedError::RateLimited {
            retry_after: Some(Duration::from_secs(3_600))
        }
    );
    // Another call of the process with the same key is not early either, and knows the remaining
    // wait.
    let again = client
        .embed(&provider, InputType::Query, &["b"], far())
        .await
        .unwrap_err();
    let left = again.retry_after().unwrap();
    assert!(left > Duration::from_secs(3_000) && left <= Duration::from_secs(3_600));
    assert_eq!(fake.requests().len(), 1);
    // Another tenant's key is not delayed.
    let other = provider.with_key("sk-other".into());
    assert!(
        client
            .embed(&other, InputType::Query, &["b"], far())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_call_waits_for_what_another_was_told() {
    let fake = FakeOpenAi::start().await;
    let client = Client::new().unwrap();
    let provider = provider(&fake);
    fake.script([Reply::rate_limited(Duration::from_secs(1))]);
    let error = client
        .embed(&provider, InputType::Query, &["a"], soon(900))
        .await
        .unwrap_err();
    assert!(error.retry_after().is_some(), "{error}");
    let (b, c) = tokio::join!(
        client.embed(&provider, InputType::Query, &["b"], far()),
        client.embed(&provider, InputType::Query, &["c"], far()),
    );
    assert!(b.is_ok() && c.is_ok());
    assert_eq!(fake.requests().len(), 3);
    assert_eq!(fake.early_calls(), 0);
}

#[tokio::test]
async fn a_hanging_provider_ends_with_the_deadline() {
    let fake = FakeOpenAi::start().await;
    fake.script([Reply::Hang; 3]);
    let client = Client::new().unwrap();
    let error = client
        .embed(&provider(&fake), InputType::Query, &["a"], soon(500))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        EmbedError::Unavailable {
            detail: "timeout".into(),
            retry_after: None
        }
    );
}

#[tokio::test]
async fn nobody_listening_is_unavailable() {
    let fake = FakeOpenAi::start().await;
    let provider = provider(&fake);
    drop(fake);
    let client = Client::new().unwrap();
    let error = client
        .embed(&provider, InputType::Query, &["a"], soon(1_000))
        .await
        .unwrap_err();
    assert!(error.retryable(), "{error}");
}

#[tokio::test]
async fn a_server_without_base64_is_asked_for_numbers() {
    let fake = FakeOpenAi::start().await;
    fake.script([Reply::OnlyFloats, Reply::OnlyFloats]);
    let embedded = embed(&fake, &["a b"]).await.unwrap();
    assert_eq!(embedded.vectors[0], word_vector("a b", DIMENSIONS));
    assert_eq!(fake.requests().len(), 2);
}

fn counts(texts: &[String]) -> Vec<u64> {
    texts.iter().map(|text| count_tokens(text)).collect()
}

#[tokio::test]
async fn batches_resume_without_paying_again() {
    let fake = FakeOpenAi::start().await;
    let texts: Vec<String> = (0..10).map(|i| format!("text number {i}")).collect();
    let client = Client::new().unwrap();
    let provider = provider(&fake);
    let limits = BatchLimits {
        inputs: 4,
        ..BatchLimits::default()
    };
    fake.script([Reply::Ok, Reply::InvalidKey]);

    // In a separate task, to prove that the future is Send.
    let (staged, error, client, provider, texts) = tokio::spawn(async move {
        let mut staged = Vec::new();
        let mut batches =
            Batches::new(&client, &provider, &texts, &counts(&texts), limits).unwrap();
        let error = loop {
            match batches.next(far()).await {
                Ok(Some(batch)) => staged.extend(batch.range.zip(batch.vectors)),
                Ok(None) => panic!("the second batch was to fail"),
                Err(error) => break error,
            }
        };
        assert_eq!(batches.remaining(), 2);
        (staged, error, client, provider, texts)
    })
    .await
    .unwrap();
    assert_eq!(error, EmbedError::InvalidKey);
    assert_eq!(staged.len(), 4);

    let rest = &texts[staged.len()..];
    let mut batches = Batches::new(&client, &provider, rest, &counts(rest), limits).unwrap();
    let mut all: Vec<Vec<f32>> = staged.into_iter().map(|(_, vector)| vector).collect();
    while let Some(batch) = batches.next(far()).await.unwrap() {
        assert_eq!(batch.prompt_tokens, 3 * batch.range.len() as u64);
        all.extend(batch.vectors);
    }
    assert_eq!(fake.inputs_embedded(), texts.len());
    let expected = texts.iter().map(|text| word_vector(text, DIMENSIONS));
    assert!(all.into_iter().eq(expected));
}

#[tokio::test]
async fn a_text_that_is_too_long_is_named_before_anything_is_sent() {
    let fake = FakeOpenAi::start().await;
    let client = Client::new().unwrap();
    let provider = provider(&fake);
    let texts = [String::from("short"), "word ".repeat(9_000)];
    let limits = BatchLimits::default();
    let error = Batches::new(&client, &provider, &texts, &counts(&texts), limits)
        .err()
        .unwrap();
    assert!(matches!(error, EmbedError::TextTooLong { index: 1, .. }));
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn thirty_percent_of_429_lose_nothing() {
    let fake = FakeOpenAi::start().await;
    fake.rule(dynrag_testing::openai::Rule {
        contains: None,
        key: None,
        percent: Some(30),
        reply: Reply::rate_limited(Duration::from_millis(20)),
    });
    let client = Client::new().unwrap();
    let provider = provider(&fake);
    for i in 0..100 {
        let text = format!("text {i}");
        // A caller retries when a call gives up, as the queue's message does.
        while client
            .embed(&provider, InputType::Query, &[&text], far())
            .await
            .is_err()
        {}
    }
    assert_eq!(fake.inputs_embedded(), 100);
    assert_eq!(fake.early_calls(), 0);
    assert!(fake.requests().len() > 130);
}

#[tokio::test]
async fn another_process_scripts_the_fake_over_http() {
    let fake = FakeOpenAi::start().await;
    let admin = fake.base_url().replace("/v1", "");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let script = r#"{"clear": true, "script": [{"reply": "quota"}],
        "rules": [{"contains": "poison", "reply": "invalidKey"}]}"#;
    let answer = http
        .post(format!("{admin}/_script"))
        .header("content-type", "application/json")
        .body(script)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
    let poisoned = embed(&fake, &["some poison"]).await.unwrap_err();
    assert_eq!(poisoned, EmbedError::InvalidKey);
    let scripted = embed(&fake, &["harmless"]).await.unwrap_err();
    assert_eq!(scripted, EmbedError::InsufficientQuota);
    assert!(embed(&fake, &["harmless"]).await.is_ok());
    let seen = http.get(format!("{admin}/_requests")).send().await.unwrap();
    let seen: serde_json::Value = seen.json().await.unwrap();
    assert_eq!(seen.as_array().unwrap().len(), 3);
    assert_eq!(seen[0]["inputs"][0], "some poison");
    assert_eq!(seen[1]["reply"]["reply"], "quota");
}
