//! Searches in the order of a customer's own reranker.

use dynrag_testing::reranker::{FakeReranker, Rerank};
use serde_json::{Value, json};

use crate::support::stack::{Stack, Tenant, reranker::PATH, word};

const CALLS: &str =
    "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND operation = 'reranking'";

/// Adds texts that have a word once, twice and so on; a search for it finds the last first.
async fn texts(tenant: &Tenant, mark: &str, count: usize) {
    for times in 1..=count {
        let filler = "and something else ".repeat(count - times);
        let text = format!(
            "{} {filler}in text {times}.",
            format!("{mark} ").repeat(times)
        );
        let id = tenant.add(&format!("T{times}"), &text).await;
        tenant.completed(&id).await;
    }
}

/// A search by words, with further fields.
async fn search(tenant: &Tenant, mark: &str, further: Value) -> Value {
    let mut body = json!({"query": mark, "mode": "text"});
    for (name, value) in further.as_object().unwrap() {
        body[name] = value.clone();
    }
    tenant.post("/search", &body).await.ok(200)
}

/// The members of the results.
fn all(found: &Value, member: &str) -> Vec<Value> {
    let results = found["results"].as_array().unwrap().iter();
    results.map(|hit| hit[member].clone()).collect()
}

#[tokio::test]
async fn several_queries_have_no_more_candidates_than_one() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (one, two) = (word(), word());
    texts(&a, &one, 2).await;
    texts(&a, &two, 2).await;
    let (fake, _) = a.own_reranker().await;
    let further = json!({"queries": [two], "rerank": {"candidates": 2}, "topK": 1});
    let found = search(&a, &one, further).await;
    assert_eq!(all(&found, "rerankScore").len(), 1, "{found}");
    assert_eq!(fake.asked()[0].texts().len(), 2);

    // Documents are reranked by their best chunk.
    let body = json!({"query": one, "mode": "text", "rerank": true});
    let found = a.post("/api/search/documents", &body).await.ok(200);
    assert_eq!(all(&found, "rerankScore").len(), 2, "{found}");
    assert!(found["results"][0]["rerankScore"].is_number(), "{found}");
    assert_eq!(found["usage"]["rerankCalls"], 1);
}

#[tokio::test]
async fn results_come_in_the_rerankers_order() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    texts(&a, &mark, 3).await;
    let (fake, key) = a.own_reranker().await;
    let plain = search(&a, &mark, json!({})).await;
    assert_eq!(all(&plain, "title"), ["T3", "T2", "T1"]);
    assert_eq!(plain["usage"]["rerankCalls"], 0);
    assert!(fake.asked().is_empty(), "asked without being told to");
    let off = search(&a, &mark, json!({"rerank": false})).await;
    assert_eq!(all(&off, "chunkId"), all(&plain, "chunkId"));

    // The fake scores the last of the texts best.
    let found = search(&a, &mark, json!({"rerank": true})).await;
    assert_eq!(all(&found, "title"), ["T1", "T2", "T3"]);
    assert_eq!(all(&found, "rerankScore"), [0.75, 0.5, 0.25]);
    let mut scores = all(&plain, "score");
    scores.reverse();
    assert_eq!(all(&found, "score"), scores);
    assert_eq!(
        (&found["warnings"], &found["nextCursor"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(found["usage"]["rerankCalls"], 1);
    assert_eq!(found["usage"]["rerankCostUsd"], "0.002");
    let asked = &fake.asked()[0];
    assert_eq!(json!(asked.texts()), json!(all(&plain, "text")));
    assert_eq!(
        (asked.key.as_ref(), &asked.body["query"]),
        (Some(&key), &json!(mark))
    );
    assert_eq!(asked.body["model"], "rerank-model");

    // Candidates beyond the page are ordered too; what minScore excludes is no candidate.
    let first = search(&a, &mark, json!({"rerank": {"candidates": 3}, "topK": 1})).await;
    assert_eq!(all(&first, "title"), ["T1"]);
    assert!(first["nextCursor"].is_null(), "{first}");
    let two = search(&a, &mark, json!({"rerank": {"candidates": 2}, "topK": 1})).await;
    assert_eq!(all(&two, "title"), ["T2"]);
    let page = search(&a, &mark, json!({"rerank": {"candidates": 1}, "topK": 3})).await;
    assert_eq!(all(&page, "title"), ["T1", "T2", "T3"]);
    let least = json!({"rerank": true, "minScore": plain["results"][1]["score"]});
    let least = search(&a, &mark, least).await;
    assert_eq!(all(&least, "title"), ["T2", "T3"]);
    let sent: Vec<usize> = fake
        .asked()
        .iter()
        .map(|asked| asked.texts().len())
        .collect();
    assert_eq!(sent, [3, 3, 2, 3, 2]);
    let nothing = search(&a, &word(), json!({"rerank": true})).await;
    assert_eq!(
        (&nothing["results"], &nothing["warnings"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(fake.asked().len(), 5, "nothing to order");

    // Paid by the customer's own key, and counted.
    assert_eq!(a.count(CALLS).await, 5);
    let paid = "SELECT sum(nano_usd)::bigint FROM provider_calls WHERE customer_id = $1 AND operation = 'reranking'
                AND paid_by = 'customer' AND outcome = 'ok' AND price_version = 'customer'";
    assert_eq!(a.count(paid).await, 10_000_000);
    let usage = a.get("/api/customers/usage").await.ok(200);
    let items = usage["items"].as_array().unwrap();
    let line = items.iter().find(|line| line["operation"] == "reranking");
    let line = line.unwrap_or_else(|| panic!("{usage}"));
    assert_eq!(
        (&line["requests"], &line["costUsd"]),
        (&json!(5), &json!("0.01"))
    );
}

#[tokio::test]
async fn a_search_whose_reranker_fails_keeps_its_order_and_says_so() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    texts(&a, &mark, 2).await;
    let (fake, key) = a.own_reranker().await;
    let plain = search(&a, &mark, json!({})).await;
    // Nothing but the guard is between the functions and this server.
    let inside = FakeReranker::start().await;
    let unchanged = async |what: &str, requests: u64, says: &str| {
        let found = search(&a, &mark, json!({"rerank": true})).await;
        assert_eq!(found["results"], plain["results"], "{what}");
        let warnings = found["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{what}: {found}");
        assert_eq!(warnings[0]["code"], "rerank_failed", "{what}");
        let detail = warnings[0]["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{what}: {detail}");
        assert_eq!(found["usage"]["rerankCalls"], requests, "{what}");
        assert_eq!(found["usage"]["rerankCostUsd"], "0", "{what}");
        assert!(!found.to_string().contains(&key), "{what}");
    };
    for (reply, says) in [
        (Rerank::Status(500, None), "status 500"),
        (Rerank::Status(429, None), "rate"),
        (Rerank::Status(401, None), "key"),
        (Rerank::Status(404, None), "status 404"),
        (Rerank::Redirect(inside.url()), "status 307"),
        (Rerank::Missing, "an index is missing"),
        (Rerank::Repeated, "an index is there twice"),
        (Rerank::OutOfRange, "an index is out of range"),
        (Rerank::NotFinite, "a score is not finite"),
        (Rerank::Garbage, "cannot be used"),
        (Rerank::Endless, "too large"),
        (Rerank::Hang, "in time"),
    ] {
        fake.script([reply.clone()]);
        unchanged(&format!("{reply:?}"), 1, says).await;
    }
    let asked = fake.asked().len();
    assert_eq!(a.count(CALLS).await, i64::try_from(asked).unwrap());
    // One more request where the reranker says when.
    fake.script([
        Rerank::Status(503, Some("0")),
        Rerank::Status(503, Some("0")),
    ]);
    unchanged("busy", 2, "status 503").await;
    fake.script([Rerank::Status(429, Some("0"))]);
    let found = search(&a, &mark, json!({"rerank": true})).await;
    assert_eq!(
        (&found["warnings"], &found["usage"]["rerankCalls"]),
        (&json!([]), &json!(2))
    );

    // An address that is not public: refused at the connection too, whatever is stored.
    let asked = fake.asked().len();
    let sql = stack.sql().await;
    let change = "UPDATE rerankers SET url = $2 WHERE customer_id = $1";
    for url in [
        inside.url(),
        "https://localhost/".to_owned(),
        "https://127.0.0.1/".to_owned(),
    ] {
        sql.execute(change, &[&a.id, &url]).await.unwrap();
        unchanged(&url, 1, "Only").await;
    }
    assert!(inside.asked().is_empty());

    // A spent budget, and an account whose address is not verified, send nothing.
    sql.execute(change, &[&a.id, &fake.url()]).await.unwrap();
    a.config("monthly_budget_usd = 0").await;
    unchanged("budget", 0, "budget").await;
    a.config("monthly_budget_usd = NULL").await;
    a.platform_key("NULL").await;
    unchanged("unverified", 0, "Verify").await;
    assert_eq!(fake.asked().len(), asked);
}

#[tokio::test]
async fn each_customer_is_reranked_by_its_own_alone() {
    let stack = Stack::load();
    let (a, b, c) = tokio::join!(stack.signup(), stack.signup(), stack.signup());
    let marks = [word(), word()];
    tokio::join!(texts(&a, &marks[0], 2), texts(&b, &marks[1], 2));
    let (of_a, key_a) = a.own_reranker().await;
    let (of_b, key_b) = b.own_reranker().await;
    for (tenant, mark, fake, key, other) in [
        (&a, &marks[0], &of_a, &key_a, &of_b),
        (&b, &marks[1], &of_b, &key_b, &of_a),
    ] {
        let before = other.asked().len();
        search(tenant, mark, json!({"rerank": true})).await;
        let asked = fake.asked().pop().unwrap();
        assert_eq!(asked.key.as_ref(), Some(key));
        assert!(
            asked
                .texts()
                .iter()
                .all(|text| text.contains(mark.as_str()))
        );
        assert_eq!(other.asked().len(), before);
    }
    // A customer without one is told where to set it.
    let body = json!({"query": marks[0], "rerank": true});
    let refused = c.post("/search", &body).await;
    refused.bad_fields(&["/rerank"]);
    assert!(
        refused.to_string().contains("PUT /api/customers/reranker"),
        "{refused}"
    );
    assert_eq!((of_a.asked().len(), of_b.asked().len()), (1, 1));
}

#[tokio::test]
async fn bad_fields_of_rerank_are_named() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let body = json!({"url": "https://rerank.example.com/", "model": "m"});
    assert_eq!(a.put(PATH, &body).await.status, 204);
    for (rerank, pointer) in [
        (json!({"candidates": 0}), "/rerank/candidates"),
        (json!({"candidates": 101}), "/rerank/candidates"),
        (json!({"candidates": "all"}), "/rerank/candidates"),
        (json!({"topN": 5}), "/rerank/topN"),
        (json!([50]), "/rerank"),
        (json!("true"), "/rerank"),
        (json!(50), "/rerank"),
    ] {
        let body = json!({"query": "a", "mode": "text", "rerank": rerank});
        a.post("/search", &body).await.bad_fields(&[pointer]);
    }
    let body = json!({"query": "a", "mode": "text", "rerank": true, "cursor": "x"});
    a.post("/search", &body).await.bad_fields(&["/cursor"]);
}
