//! A model provider that limits, refuses and fails.

use std::time::Duration;

use dynrag_testing::openai::{Reply, Rule};
use serde_json::json;

use crate::support::{
    size,
    stack::{Stack, Tenant, eventually, tenant::doc_id, word},
};

/// Makes the next attempt of a waiting document due now.
async fn retry_now(tenant: &Tenant) {
    let due = "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND status = 'queued'";
    tenant
        .stack
        .sql()
        .await
        .execute(due, &[&tenant.id])
        .await
        .unwrap();
    tenant.stack.sweep().await;
}

#[tokio::test]
async fn documents_wait_out_a_rate_limit() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let limited = a.own_key().await;
    stack
        .reply_to_key(&limited, Reply::rate_limited(Duration::from_secs(2)))
        .await;
    let mark = word();
    let waiting = a
        .add("Waits", &format!("This one has to wait {mark}."))
        .await;
    let passing = b.add("Passes", "This one is another customer's.").await;
    b.completed(&passing).await;
    // It is requested repeatedly, each time only after the wait is over.
    eventually("the provider is asked several times", async || {
        stack.sweep().await;
        (stack.seen_with(&mark).await.len() >= 4).then_some(())
    })
    .await;
    let seen = stack.seen_with(&mark).await;
    assert!(
        seen.iter().all(|seen| seen.key.as_ref() == Some(&limited)),
        "{seen:?}"
    );
    assert!(seen.iter().all(|seen| !seen.early), "{seen:?}");
    let status = a.status(&waiting).await;
    assert!(
        ["queued", "processing"].contains(&status["status"].as_str().unwrap()),
        "{status}"
    );

    // The limit is lifted: a key that is not limited.
    a.own_key().await;
    eventually("the document completes", async || {
        stack.sweep().await;
        (a.status(&waiting).await["status"] == "completed").then_some(())
    })
    .await;
    let status = a.status(&waiting).await;
    assert!(
        status["attempts"].as_i64().unwrap() <= 1,
        "waiting counted as failing: {status}"
    );
    assert!(stack.seen_with(&mark).await.iter().all(|seen| !seen.early));
    assert_eq!(stack.embedded(&mark).await, 1);
    assert_eq!(a.search("text", &mark).await.len(), 1);
}

#[tokio::test]
async fn an_exhausted_quota_parks_only_its_own_customers_documents() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let broke = a.own_key().await;
    stack.reply_to_key(&broke, Reply::Quota).await;
    let mut parked = Vec::new();
    for n in 0..3 {
        parked.push((word(), n));
    }
    let mut ids = Vec::new();
    for (mark, n) in &parked {
        ids.push(
            a.add("T", &format!("Nobody pays for {mark}, number {n}."))
                .await,
        );
    }
    let payable = b.add("T", "This one is paid for.").await;
    for id in &ids {
        let status = a.ended(id, "needs_action", "insufficient_quota").await;
        assert_eq!(status["attempts"], 1, "{status}");
    }
    b.completed(&payable).await;
    for (mark, _) in &parked {
        assert_eq!(
            stack.seen_with(mark).await.len(),
            1,
            "an account without quota is not asked again"
        );
    }
    // A vector search fails the same way; a text search works without the provider.
    let good = a.own_key().await;
    let done = a.add("T", "A text that was paid for.").await;
    a.completed(&done).await;
    stack.reply_to_key(&good, Reply::Quota).await;
    let body = json!({"query": format!("not asked before {}", word()), "mode": "vector"});
    a.post("/search", &body)
        .await
        .problem(402, "insufficient_quota");
    assert_eq!(a.search("text", "paid").await.len(), 1);
}

#[tokio::test]
async fn an_invalid_provider_key_parks_the_document() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let refused = a.own_key().await;
    stack.reply_to_key(&refused, Reply::InvalidKey).await;
    let mark = word();
    let id = a.add("T", &format!("A text {mark} with a bad key.")).await;
    let theirs = b.add("T", &format!("A text {mark} with a good key.")).await;
    a.ended(&id, "needs_action", "embedding_key_invalid").await;
    b.completed(&theirs).await;
}

#[tokio::test]
async fn a_text_the_model_refuses_fails_alone() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    stack.reply_to(&mark, Reply::Rejected).await;
    let bad = tenant
        .add("T", &format!("The model does not like {mark}."))
        .await;
    let good = tenant.add("T", "The model has nothing against this.").await;
    tenant.ended(&bad, "failed", "embedding_rejected").await;
    tenant.completed(&good).await;
}

/// If three in ten requests are refused, all documents still get their vectors, and no request is repeated before the
/// time that the refusal named.
#[tokio::test]
async fn frequent_rate_limits_lose_and_repeat_nothing() {
    let stack = Stack::load();
    let (tenant, broke) = tokio::join!(stack.signup(), stack.signup());
    let (key, empty) = tokio::join!(tenant.own_key(), broke.own_key());
    let limited = Rule {
        contains: None,
        key: Some(key.clone()),
        percent: Some(30),
        reply: Reply::rate_limited(Duration::from_millis(700)),
    };
    stack.rule(limited).await;
    stack.reply_to_key(&empty, Reply::Quota).await;
    let count = size(24, 400);
    let mark = word();
    let mut ids = Vec::new();
    let mut parked = Vec::new();
    for n in 0..count {
        ids.push(tenant.add("T", &format!("{mark} number {n}.")).await);
        if n % 8 == 0 {
            parked.push(broke.add("T", &format!("Unpaid number {n}.")).await);
        }
    }
    let open = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status <> 'completed'";
    eventually("all documents with quota complete", async || {
        stack.sweep().await;
        (tenant.count(open).await == 0).then_some(())
    })
    .await;
    for id in &parked {
        broke.ended(id, "needs_action", "insufficient_quota").await;
    }
    let seen = stack.seen().await;
    let ours = seen.iter().filter(|seen| seen.key.as_ref() == Some(&key));
    let refused = ours.clone().filter(|seen| !seen.reply.embeds()).count();
    println!(
        "{refused} of {} requests were refused",
        ours.clone().count()
    );
    assert!(refused > 0);
    assert_eq!(stack.embedded(&mark).await, count, "each text once");
}

/// Adds a batch of small texts and returns their ids.
async fn batch(tenant: &Tenant, texts: impl Iterator<Item = String>) -> Vec<String> {
    let documents: Vec<_> = texts
        .map(|text| json!({"title": "T", "content": text}))
        .collect();
    let body = json!({"documents": documents});
    let answer = tenant.post("/api/ingest/batch", &body).await.ok(202);
    let results = answer["results"].as_array().unwrap();
    results.iter().map(doc_id).collect()
}

#[tokio::test]
async fn documents_of_a_batch_share_requests_but_not_ledger_lines() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let key = tenant.own_key().await;
    let mark = word();
    let texts = (0..60).map(|n| format!("Number {n} of {mark}, {} words more.", n % 7));
    for id in batch(&tenant, texts).await {
        tenant.completed(&id).await;
    }
    let seen = stack.seen().await;
    let seen: Vec<_> = seen
        .iter()
        .filter(|seen| seen.key.as_ref() == Some(&key))
        .collect();
    // The queue decides how many messages arrive together.
    assert!(seen.len() <= 30, "{} requests", seen.len());
    let lines =
        "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND document_id IS NOT NULL";
    assert_eq!(tenant.count(lines).await, 60);
    let requests = "SELECT sum(requests)::bigint FROM usage_metrics WHERE customer_id = $1 AND operation = 'embeddings'";
    assert_eq!(
        tenant.count(requests).await,
        i64::try_from(seen.len()).unwrap()
    );
    let reported: u64 = seen.iter().map(|seen| seen.tokens).sum();
    let tokens = "SELECT sum(tokens)::bigint FROM provider_calls WHERE customer_id = $1";
    assert_eq!(tenant.count(tokens).await, i64::try_from(reported).unwrap());
}

#[tokio::test]
async fn a_refused_document_does_not_affect_its_batch() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let (rejected, failing) = (word(), word());
    stack.reply_to(&rejected, Reply::Rejected).await;
    stack.reply_to(&failing, Reply::ServerError).await;
    let texts = (0..20).map(|n| match n {
        7 => format!("The model does not like {rejected}."),
        11 => format!("The model falls over {failing}."),
        n => format!("Number {n} is like any other."),
    });
    let ids = batch(&tenant, texts).await;
    for (n, id) in ids.iter().enumerate() {
        match n {
            7 => drop(tenant.ended(id, "failed", "embedding_rejected").await),
            11 => {}
            _ => {
                eventually("its neighbours are completed", async || {
                    retry_now(&tenant).await;
                    (tenant.status(id).await["status"] == "completed").then_some(())
                })
                .await;
            }
        }
    }
    eventually("the one that always fails is given up", async || {
        retry_now(&tenant).await;
        (tenant.status(&ids[11]).await["status"] == "failed").then_some(())
    })
    .await;
    tenant.ended(&ids[11], "failed", "attempts_exhausted").await;
}

/// The second attempt of a whole batch, in one event. Sent together, all would fail because one always does.
#[tokio::test]
async fn documents_tried_before_are_sent_to_the_provider_alone() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let key = tenant.own_key().await;
    stack.reply_to_key(&key, Reply::ServerError).await;
    let failing = word();
    let texts = (0..4).map(|n| match n {
        1 => format!("The model falls over {failing}."),
        n => format!("Number {n} is like any other."),
    });
    let ids = batch(&tenant, texts).await;
    eventually("the first attempt of all has failed", async || {
        let waiting = "SELECT count(*) FROM documents
            WHERE customer_id = $1 AND status = 'queued' AND attempts = 1";
        (tenant.count(waiting).await == 4).then_some(())
    })
    .await;
    // With another key, all but one succeed.
    tenant.own_key().await;
    stack.reply_to(&failing, Reply::ServerError).await;
    let records: Vec<_> = ids
        .iter()
        .map(|id| {
            let job = json!({"job": "processDocument", "v": 1, "customerId": tenant.id, "documentId": id, "version": 1});
            json!({"messageId": id, "receiptHandle": "none", "body": job.to_string(), "attributes": {},
                "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q"})
        })
        .collect();
    let answer = stack
        .invoke("EmbedBulk", &json!({"Records": records}))
        .await;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    for (n, id) in ids.iter().enumerate() {
        let expected = if n == 1 { "queued" } else { "completed" };
        assert_eq!(tenant.status(id).await["status"], expected, "{n}");
    }
}

#[tokio::test]
async fn invalid_provider_responses_are_retried_then_given_up_and_never_stored() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let replies = [
        Reply::WrongCount,
        Reply::Garbage,
        Reply::NotFinite,
        Reply::ServerError,
    ];
    let mut ids = Vec::new();
    for (n, reply) in replies.into_iter().enumerate() {
        let mark = word();
        stack.reply_to(&mark, reply).await;
        ids.push((
            tenant
                .add("T", &format!("Number {n} is answered badly {mark}."))
                .await,
            mark,
            reply,
        ));
    }
    for (id, mark, reply) in &ids {
        eventually(&format!("{reply:?} is given up"), async || {
            retry_now(&tenant).await;
            let status = tenant.status(id).await["status"].clone();
            (status == "failed" || status == "completed").then_some(())
        })
        .await;
        let status = tenant.ended(id, "failed", "attempts_exhausted").await;
        assert_eq!(status["attempts"], 6, "{reply:?}: {status}");
        let seen = stack.seen_with(mark).await;
        assert!(seen.len() >= 6, "{reply:?} was asked {} times", seen.len());
        assert_eq!(tenant.search("text", mark).await.len(), 0, "{reply:?}");
    }
    let rows = "SELECT count(*) FROM staged_embeddings WHERE customer_id = $1";
    assert_eq!(
        tenant.count(rows).await,
        0,
        "an invalid response was staged"
    );
}

#[tokio::test]
async fn a_document_recovers_from_a_temporary_provider_failure() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    // The provider answers this key with 500, until the key is replaced.
    let failing = tenant.own_key().await;
    stack.reply_to_key(&failing, Reply::ServerError).await;
    let id = tenant
        .add("T", &format!("The provider is down {mark}."))
        .await;
    eventually("the provider is asked", async || {
        (!stack.seen_with(&mark).await.is_empty()).then_some(())
    })
    .await;
    tenant.own_key().await;
    eventually("the document completes", async || {
        retry_now(&tenant).await;
        (tenant.status(&id).await["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(stack.embedded(&mark).await, 1);
    assert_eq!(tenant.search("text", &mark).await.len(), 1);
}
