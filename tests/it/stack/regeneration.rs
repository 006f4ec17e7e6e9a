//! A change of the embedding model: vectors are built beside the current ones, then switched in one step.

use serde_json::{Value, json};

use crate::support::stack::{
    Stack, Tenant, eventually,
    regeneration::{NEW, start},
    word,
};

/// Waits until the job has ended, calling `look` meanwhile.
async fn ended(tenant: &Tenant, status_url: &str, mut look: impl AsyncFnMut()) -> Value {
    eventually("the job ends", async || {
        look().await;
        let job = tenant.get(status_url).await.ok(200);
        job.get("finishedAt").is_some().then_some(job)
    })
    .await
}

/// The customer's tables in the vectors bucket.
async fn tables(tenant: &Tenant) -> Vec<String> {
    let stack = &tenant.stack;
    let prefix = format!("customers/{}/lancedb/", tenant.id);
    let keys = stack.keys(stack.vectors_bucket(), &prefix).await;
    let mut tables: Vec<String> = keys
        .iter()
        .filter_map(|key| key.strip_prefix(&prefix)?.split('/').next())
        .map(str::to_owned)
        .collect();
    tables.dedup();
    tables
}

#[tokio::test]
async fn a_model_change_leaves_no_gap_in_search() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let marks: Vec<String> = (0..4).map(|_| word()).collect();
    let mut ids = Vec::new();
    let told = |mark: &str| format!("What is told of {mark} is told once.");
    for mark in &marks {
        ids.push(a.add("T", &told(mark)).await);
    }
    for id in &ids {
        a.completed(id).await;
    }
    // A superseded version is not embedded.
    let old = word();
    let add = |mark: &str| json!({"title": "V", "content": format!("A version about {mark}."), "externalId": "v", "onDuplicate": "newVersion"});
    for mark in [&old, &word()] {
        a.post("/api/ingest/document?wait=25", &add(mark))
            .await
            .ok(200);
    }

    let dry = json!({"embeddingModel": NEW, "dryRun": true});
    let estimate = a.post("/api/documents/regenerate", &dry).await.ok(200);
    assert_eq!(
        (&estimate["documents"], &estimate["counted"]),
        (&json!(5), &json!(true))
    );
    let tokens = estimate["tokens"].as_u64().unwrap();
    assert!((30..400).contains(&tokens), "{estimate}");
    let cost: f64 = estimate["costUsd"].as_str().unwrap().parse().unwrap();
    assert!(
        (cost - tokens as f64 * 0.13 / 1e6).abs() < 1e-12,
        "{estimate}"
    );
    assert_eq!(
        a.get("/api/customers/config").await.ok(200)["embeddingModel"],
        estimate["currentModel"]
    );

    let job = start(&a).await;
    let ended = ended(&a, &job, async || {
        for (mark, id) in marks.iter().zip(&ids) {
            for mode in ["text", "vector"] {
                let hits = a.search(mode, &format!("told of {mark}")).await;
                let ours = hits.iter().filter(|hit| hit["documentId"] == id.as_str());
                assert_eq!(ours.count(), 1, "{mode} {hits:?}");
            }
        }
    })
    .await;
    assert_eq!(
        (&ended["status"], &ended["kind"]),
        (&json!("completed"), &json!("regenerate"))
    );
    let progress = &ended["embeddings"];
    assert_eq!(
        (&progress["done"], &progress["switched"]),
        (&json!(5), &json!(true)),
        "{ended}"
    );
    assert_eq!(tables(&a).await, ["chunks_1.lance"]);

    // Each text was requested once, and the superseded one not at all.
    let by = async |mark: &str| {
        let seen = stack.seen_with(mark).await.into_iter();
        seen.filter(|seen| {
            seen.model == NEW && seen.inputs.iter().any(|text| text.contains("told once"))
        })
        .count()
    };
    for mark in &marks {
        assert_eq!(by(mark).await, 1, "{mark}");
    }
    assert_eq!(
        stack
            .seen_with(&old)
            .await
            .iter()
            .filter(|seen| seen.model == NEW)
            .count(),
        0
    );

    // New documents are embedded with it, deleted ones are removed, and it can be repeated.
    let config = a.get("/api/customers/config").await.ok(200);
    assert_eq!(config["embeddingModel"], NEW);
    let mark = word();
    let added = a
        .add("New", &format!("Added after the change: {mark}."))
        .await;
    a.completed(&added).await;
    assert_eq!(stack.seen_with(&mark).await[0].model, NEW);
    a.delete(&ids[0]).await.ok(202);
    eventually("the deleted document is gone", async || {
        a.holding(&marks[0]).await.is_empty().then_some(())
    })
    .await;
    let job = start(&a).await;
    let again = ended_quietly(&a, &job).await;
    assert_eq!(again["status"], "completed", "{again}");
    assert_eq!(tables(&a).await, ["chunks_2.lance"]);
    // Of a single word the fake's vector can be nearer to another text: words share dimensions.
    assert_eq!(
        a.search("vector", &told(&marks[1])).await[0]["documentId"],
        ids[1].as_str()
    );
}

async fn ended_quietly(tenant: &Tenant, job: &str) -> Value {
    ended(tenant, job, async || {}).await
}

#[tokio::test]
async fn a_failed_model_change_changes_nothing() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a.add("T", &format!("It stays searchable: {mark}.")).await;
    a.completed(&id).await;
    a.search("vector", &mark).await;
    let key = a.own_key().await;
    stack
        .reply_to_key(&key, dynrag_testing::openai::Reply::InvalidKey)
        .await;
    let before = a.get("/api/customers/config").await.ok(200);
    let job = start(&a).await;
    let ended = ended_quietly(&a, &job).await;
    assert_eq!(
        (&ended["status"], &ended["code"]),
        (&json!("failed"), &json!("embedding_key_invalid")),
        "{ended}"
    );
    assert_eq!(tables(&a).await, ["chunks.lance"]);
    assert_eq!(a.get("/api/customers/config").await.ok(200), before);
    assert_eq!(a.search("text", &mark).await.len(), 1);
    assert_eq!(
        a.count("SELECT count(*) FROM index_versions WHERE customer_id = $1")
            .await,
        1
    );
}

#[tokio::test]
async fn a_version_replaced_during_a_model_change_is_not_in_the_new_table() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // More chunks than a round takes, so that the other document is built in the next one.
    a.config("chunk_size = 150, chunk_overlap = 0").await;
    let (old, new, slow) = (word(), word(), word());
    let parts: Vec<String> = (0..1010)
        .map(|part| format!("Part {part} {old} {:x<60}", word()))
        .collect();
    let first = a.add("First", &parts.join("\n\n")).await;
    a.completed(&first).await;
    let second = a.add("Second", &format!("Slowly {slow}.")).await;
    a.completed(&second).await;
    let before = stack.seen_with(&slow).await.len();
    let reply = dynrag_testing::openai::Reply::Slow { ms: 10_000 };
    stack.reply_to(&slow, reply).await;

    let job = start(&a).await;
    eventually("the second round is under way", async || {
        (stack.seen_with(&slow).await.len() > before).then_some(())
    })
    .await;
    let body = json!({"content": format!("Nothing but {new}.")});
    let path = format!("/api/documents/{first}?wait=25");
    let replaced = a.call(reqwest::Method::PUT, &path).json(&body);
    let replaced = crate::support::stack::Answer::of(replaced).await.ok(200);
    assert_eq!(replaced["status"], "completed", "{replaced}");
    // The control: the new table still has the replaced version.
    let built =
        "SELECT row_count FROM index_versions WHERE customer_id = $1 AND table_name = 'building'";
    assert!(a.count(built).await >= 1010);
    let ended = ended(&a, &job, async || {}).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    let rows =
        "SELECT row_count FROM index_versions WHERE customer_id = $1 AND table_name = 'chunks'";
    assert_eq!(a.count(rows).await, 2);
    assert_eq!(a.search("text", &old).await.len(), 0);
    assert_eq!(a.search("text", &new).await.len(), 1);
}

/// Rows that the test has locked.
struct Held(tokio_postgres::Client);

impl Held {
    /// Locks the row that a query with this customer ($1) selects.
    async fn take(tenant: &Tenant, query: &str) -> Self {
        let client = tenant.stack.own_sql().await;
        client.batch_execute("BEGIN").await.unwrap();
        let query = format!("{query} FOR UPDATE");
        let rows = client.query(&query, &[&tenant.id]).await.unwrap();
        assert_eq!(rows.len(), 1);
        Self(client)
    }

    /// Waits until another transaction waits for the locks.
    async fn waited_for(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))";
        eventually("a transaction waits for the lock", async || {
            let count: i64 = self.0.query_one(waiting, &[]).await.unwrap().get(0);
            (count > 0).then_some(())
        })
        .await;
    }

    async fn let_go(self) {
        self.0.batch_execute("COMMIT").await.unwrap();
    }
}

/// The last check before the switch: the previous round found everything built, and then a document is added.
#[tokio::test]
async fn a_document_added_just_before_the_switch_is_in_the_new_table() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (first, late) = (word(), word());
    let id = a.add("First", &format!("Slowly {first}.")).await;
    a.completed(&id).await;
    let before = stack.seen_with(&first).await.len();
    let reply = dynrag_testing::openai::Reply::Slow { ms: 2_000 };
    stack.reply_to(&first, reply).await;
    let job = start(&a).await;
    eventually("the only round asks for its vectors", async || {
        (stack.seen_with(&first).await.len() > before).then_some(())
    })
    .await;

    // The round is held before it appends, so that the next lock holds the check after it.
    let tenant = "SELECT 1 FROM index_versions WHERE customer_id = $1 AND table_name = 'chunks'";
    let appending = Held::take(&a, tenant).await;
    appending.waited_for().await;
    let job_row = "SELECT 1 FROM jobs WHERE customer_id = $1 AND kind = 'regenerate'";
    let renewing = Held::take(&a, job_row).await;
    appending.let_go().await;
    renewing.waited_for().await;
    let added = a
        .add("Late", &format!("Just before the switch: {late}."))
        .await;
    a.completed(&added).await;
    renewing.let_go().await;

    let ended = ended_quietly(&a, &job).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(tables(&a).await, ["chunks_1.lance"]);
    for (mark, id) in [(&first, &id), (&late, &added)] {
        let hits = a.search("vector", mark).await;
        assert!(
            hits.iter().any(|hit| hit["documentId"] == id.as_str()),
            "{hits:?}"
        );
    }
}

/// Both models' results are compared before the switch is decided about.
#[tokio::test]
async fn a_table_that_waits_is_searched_by_its_model_and_switched_on_request() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (kept, removed) = (word(), word());
    let kept_id = a.add("Kept", &format!("It is told of {kept}.")).await;
    let removed_id = a.add("Removed", &format!("It is told of {removed}.")).await;
    for id in [&kept_id, &removed_id] {
        a.completed(id).await;
    }
    let current = a.get("/api/customers/config").await.ok(200)["embeddingModel"].clone();
    let regenerate = async |model: &Value, switch: &str| {
        let body = json!({"embeddingModel": model, "switch": switch});
        a.post("/api/documents/regenerate", &body).await
    };
    let new = json!(NEW);
    regenerate(&current, "manual")
        .await
        .bad_fields(&["/switch"]);
    regenerate(&new, "discard")
        .await
        .problem(409, "no_regeneration");
    let search = json!({"query": format!("told of {kept}"), "mode": "vector", "model": NEW});
    a.post("/search", &search).await.bad_fields(&["/model"]);

    let build = async || {
        let started = regenerate(&new, "manual").await.ok(202);
        let url = started["statusUrl"].as_str().unwrap().to_owned();
        let job = eventually("the new table is complete", async || {
            let job = a.get(&url).await.ok(200);
            (job["embeddings"]["ready"] == true).then_some(job)
        })
        .await;
        assert_eq!(job["embeddings"]["switched"], false, "{job}");
        url
    };
    let url = build().await;
    let diff = json!({"before": {"query": kept, "mode": "vector"}, "after": search});
    let diff = a.post("/api/search/diff", &diff).await.ok(200);
    let both =
        diff["unchanged"].as_u64().unwrap() as usize + diff["moved"].as_array().unwrap().len();
    assert_eq!(both, 2, "{diff}");
    assert!(
        stack
            .seen_with(&format!("told of {kept}"))
            .await
            .iter()
            .any(|seen| seen.model == NEW && seen.inputs == [format!("told of {kept}")]),
        "the query was embedded with the other model"
    );
    a.delete(&removed_id).await.ok(202);
    eventually("the deleted document is nowhere", async || {
        a.holding(&removed).await.is_empty().then_some(())
    })
    .await;
    let results = a.search_with(search.clone()).await;
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(results[0]["documentId"], kept_id.as_str());
    regenerate(&new, "manual")
        .await
        .problem(409, "regeneration_under_way");

    regenerate(&new, "discard").await.ok(202);
    let ended = ended_quietly(&a, &url).await;
    assert_eq!(
        (&ended["status"], &ended["code"]),
        (&json!("failed"), &json!("discarded"))
    );
    assert_eq!(tables(&a).await, ["chunks.lance"]);
    a.post("/search", &search).await.bad_fields(&["/model"]);

    // What was published before can be searched as of then, after the switch too.
    let then = chrono::Utc::now();
    let url = build().await;
    regenerate(&new, "automatic").await.ok(202);
    let ended = ended_quietly(&a, &url).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(
        a.get("/api/customers/config").await.ok(200)["embeddingModel"],
        new
    );
    for body in [
        search,
        json!({"query": kept, "mode": "text", "asOf": then.to_rfc3339()}),
    ] {
        let results = a.search_with(body.clone()).await;
        assert_eq!(results.len(), 1, "{body} {results:?}");
        assert_eq!(results[0]["documentId"], kept_id.as_str());
    }
}
