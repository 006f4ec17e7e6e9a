//! Maintenance of the search index: merged, completed and rebuilt beside publications and searches.

use serde_json::{Value, json};

use crate::support::stack::{Stack, Tenant, eventually, word};

async fn health(tenant: &Tenant) -> Value {
    tenant.get("/api/metrics/index-health").await.ok(200)
}

/// Sends what is due, and waits until the index is in a state.
async fn maintained(tenant: &Tenant, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        tenant.stack.sweep().await;
        let health = health(tenant).await;
        is(&health).then_some(health)
    })
    .await
}

fn is_done(health: &Value) -> bool {
    health["maintainedAt"].is_string()
}

/// Publishes documents one after the other, each in a segment of its own.
async fn published(tenant: &Tenant, marks: &[String]) -> Vec<String> {
    let mut ids = Vec::new();
    for mark in marks {
        let id = tenant
            .add("T", &format!("What is told of {mark} is told once."))
            .await;
        tenant.completed(&id).await;
        ids.push(id);
    }
    ids
}

/// The documents that a search for words finds.
async fn found(tenant: &Tenant, words: &str) -> Vec<String> {
    let body = json!({"query": words, "mode": "text", "topK": 50});
    let answer = tenant.post("/api/search", &body).await.ok(200);
    let hits = answer["results"].as_array().unwrap().iter();
    let mut ids: Vec<String> = hits
        .map(|hit| hit["documentId"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// Keys of the customer's segments.
async fn segments(tenant: &Tenant) -> Vec<String> {
    let prefix = format!("customers/{}/segments/", tenant.id);
    tenant
        .stack
        .keys(tenant.stack.vectors_bucket(), &prefix)
        .await
}

#[tokio::test]
async fn many_publications_are_merged_and_found_before_meanwhile_and_after() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let marks: Vec<String> = (0..9).map(|_| word()).collect();
    let mut ids = published(&a, &marks).await;
    let before = health(&a).await;
    assert_eq!(
        (
            &before["rows"],
            &before["liveRows"],
            &before["unindexedRows"]
        ),
        (&json!(9), &json!(9), &json!(0))
    );
    ids.sort();
    let after = maintained(&a, "the segments are merged", |health| {
        // The last ones may have been published after eight were merged.
        is_done(health) && health["segments"].as_u64() <= Some(2)
    })
    .await;
    assert_eq!(after["verdict"], "good", "{after}");
    assert!(segments(&a).await.len() <= 3);
    assert_eq!(found(&a, "told").await, ids);
    // What is published next follows the merged segment, and what is deleted is nowhere.
    let new = published(&a, &[word()]).await;
    a.delete(&ids[0]).await.ok(202);
    eventually("nothing of it is left", async || {
        a.holding(&ids[0]).await.is_empty().then_some(())
    })
    .await;
    let mut expected = [&ids[1..], &new].concat();
    expected.sort();
    assert_eq!(found(&a, "told").await, expected);
}

#[tokio::test]
async fn a_segment_that_is_lost_or_damaged_is_searched_around_and_rebuilt() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let ids = published(&a, std::slice::from_ref(&mark)).await;
    for damage in [Some(b"not a segment".to_vec()), None] {
        let keys = segments(&a).await;
        for key in &keys {
            match &damage {
                Some(bytes) => stack.put(stack.vectors_bucket(), key, bytes.clone()).await,
                None => {
                    let delete = stack.s3().delete_object().bucket(stack.vectors_bucket());
                    delete.key(key).send().await.unwrap();
                }
            }
        }
        let before = health(&a).await;
        // No process has these segments in memory: nothing was searched since they were written.
        assert_eq!(found(&a, &mark).await, ids);
        let told = health(&a).await;
        // The search asked for maintenance, which may have ended by now.
        if told["maintainedAt"] == before["maintainedAt"] {
            assert_eq!(
                (&told["verdict"], &told["unindexedRows"]),
                (&json!("poor"), &json!(1)),
                "{told}"
            );
        }
        let rebuilt = maintained(&a, "the index is rebuilt", |health| {
            is_done(health) && health["unindexedRows"] == 0
        })
        .await;
        assert_eq!(rebuilt["verdict"], "good", "{rebuilt}");
        // The rest is deleted when it is an hour old.
        let now = segments(&a).await;
        assert!(now.iter().any(|key| !keys.contains(key)), "{now:?}");
    }
    assert_eq!(found(&a, &mark).await, ids);
}

#[tokio::test]
async fn a_table_of_an_earlier_release_gets_its_index() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let ids = published(&a, std::slice::from_ref(&mark)).await;
    let forget = "UPDATE index_versions SET segments = DEFAULT WHERE customer_id = $1";
    let forgotten = stack.sql().await.execute(forget, &[&a.id]).await;
    assert_eq!(forgotten.unwrap(), 1);
    assert_eq!(found(&a, &mark).await, ids);
    // That search asked for maintenance.
    maintained(&a, "the index is built", |health| {
        is_done(health) && health["unindexedRows"] == 0 && health["segments"] == 1
    })
    .await;
    assert_eq!(found(&a, &mark).await, ids);
}

#[tokio::test]
async fn maintenance_of_a_customer_that_is_gone_is_moot() {
    let stack = Stack::load();
    let job = json!({"job": "maintain", "v": 1, "customerId": uuid::Uuid::now_v7()});
    let record = json!({
        "messageId": "1", "receiptHandle": "1", "body": job.to_string(), "attributes": {},
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "", "awsRegion": "",
    });
    let answer = stack
        .invoke("Maintain", &json!({"Records": [record]}))
        .await;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
}
