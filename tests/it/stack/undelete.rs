//! Deletions can be undone during the customer's retention, and not afterwards.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word};

/// A customer that keeps deleted documents for a week.
async fn customer(stack: &Arc<Stack>) -> Tenant {
    let tenant = stack.signup().await;
    let config = json!({"deletionRetentionDays": 7});
    let changed = tenant
        .call(Method::PUT, "/api/customers/config")
        .json(&config);
    assert_eq!(
        Answer::of(changed).await.ok(200)["deletionRetentionDays"],
        7
    );
    tenant
}

async fn undelete(tenant: &Tenant, id: &str) -> Answer {
    let path = format!("/api/documents/{id}/undelete");
    tenant.post(&path, &json!({})).await
}

async fn found(tenant: &Tenant, mode: &str, query: &str) -> Vec<String> {
    let hits = tenant.search(mode, query).await;
    let ids = hits.iter().map(|hit| hit["documentId"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_deleted_document_is_hidden_until_it_is_undeleted() {
    let stack = Stack::load();
    let tenant = customer(&stack).await;
    let mark = word();
    let mut ids = Vec::new();
    for number in 0..3 {
        let text = format!("Text {number} of {mark} is about the refund of goods.");
        ids.push(tenant.add(&format!("T{number}"), &text).await);
    }
    for id in &ids {
        tenant.completed(id).await;
    }
    let spent =
        "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND document_id IS NOT NULL";
    let calls = tenant.count(spent).await;

    let deleted = tenant.delete(&ids[0]).await.ok(202);
    assert_eq!(deleted["status"], "deleted");
    let purge_at = deleted["purgeAt"].as_str().unwrap();
    tenant.delete(&ids[1]).await.ok(202);
    let path = format!("/api/documents/{}", ids[0]);
    tenant.get(&path).await.problem(404, "not_found");
    assert_eq!(tenant.list().await, ids[2..]);
    let listed = tenant
        .get("/api/documents?deleted=true&sort=createdAt&total=true")
        .await
        .ok(200);
    assert_eq!(listed["total"], 2);
    assert_eq!(listed["items"][0]["id"], ids[0]);
    assert_eq!(listed["items"][0]["purgeAt"], purge_at);
    // Its chunks are still in the table, but take no places among the hits.
    for mode in ["vector", "text", "hybrid"] {
        let one = json!({"query": mark, "mode": mode, "topK": 1});
        let hits = tenant.search_with(one).await;
        assert_eq!(hits.len(), 1, "{mode}");
        assert_eq!(hits[0]["documentId"], ids[2], "{mode}");
        let body = json!({"query": mark, "mode": mode, "documentIds": ids[..2]});
        assert_eq!(tenant.search_with(body).await, [] as [Value; 0], "{mode}");
    }

    let back = undelete(&tenant, &ids[0]).await.ok(200);
    assert_eq!(
        (&back["docId"], &back["status"], &back["title"]),
        (&json!(ids[0]), &json!("completed"), &Value::Null)
    );
    for mode in ["vector", "text", "hybrid"] {
        let mut hits = found(&tenant, mode, &mark).await;
        hits.sort_unstable();
        let mut both = [ids[0].clone(), ids[2].clone()];
        both.sort_unstable();
        assert_eq!(hits, both, "{mode}");
    }
    assert_eq!(
        tenant.count(spent).await,
        calls,
        "nothing is embedded again"
    );
    undelete(&tenant, &ids[0]).await.problem(404, "not_found");
    let actions = tenant.get("/api/customers/audit").await.ok(200).to_string();
    assert!(actions.contains("document.undeleted"), "{actions}");
}

#[tokio::test]
async fn an_expired_or_permanent_deletion_leaves_nothing_behind() {
    let stack = Stack::load();
    let tenant = customer(&stack).await;
    let (over, permanent) = (word(), word());
    let mut ids = Vec::new();
    for mark in [&over, &permanent] {
        let id = tenant.add("T", &format!("The canary {mark} sings.")).await;
        tenant.completed(&id).await;
        tenant.delete(&id).await.ok(202);
        ids.push(id);
    }
    assert!(!tenant.holding(&over).await.is_empty());
    tenant
        .change(
            "UPDATE documents SET purge_at = now(), resend_at = now() WHERE customer_id = $1 AND id = $2",
            &ids[0],
        )
        .await;
    stack.sweep().await;
    let path = format!("/api/documents/{}?permanent=true", ids[1]);
    let gone = Answer::of(tenant.call(Method::DELETE, &path)).await.ok(202);
    assert_eq!(gone["status"], "deleting");
    for id in &ids {
        undelete(&tenant, id).await.problem(404, "not_found");
    }
    eventually("both are gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (tenant.count(rows).await == 0).then_some(())
    })
    .await;
    for mark in [&over, &permanent] {
        assert_eq!(tenant.holding(mark).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_permanent_deletion_by_external_id_includes_deleted_documents() {
    let stack = Stack::load();
    let tenant = customer(&stack).await;
    let by_id = async |method: Method, query: &str| {
        let path = format!("/api/documents/by-external-id?externalId=p%2F1{query}");
        Answer::of(tenant.call(method, &path)).await
    };
    for text in ["First.", "Second.", "Third."] {
        let body = json!({"title": "T", "content": text, "externalId": "p/1"});
        let added = tenant.post("/api/ingest/document", &body).await.ok(202);
        tenant.completed(&doc_id(&added)).await;
        if text != "Third." {
            let deleted = by_id(Method::DELETE, "").await.ok(202);
            assert_eq!(deleted["status"], "deleted");
        }
    }
    assert_eq!(by_id(Method::GET, "").await.ok(200)["title"], "T");
    let gone = by_id(Method::DELETE, "&permanent=true").await.ok(202);
    assert_eq!(gone["status"], "deleting");
    eventually("all three are gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (tenant.count(rows).await == 0).then_some(())
    })
    .await;
    by_id(Method::DELETE, "&permanent=true")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_model_change_includes_documents_that_can_be_undeleted() {
    let stack = Stack::load();
    let tenant = customer(&stack).await;
    let mark = word();
    let id = tenant.add("T", &format!("The canary {mark} sings.")).await;
    tenant.completed(&id).await;
    tenant.delete(&id).await.ok(202);
    let body = json!({"embeddingModel": "text-embedding-3-large"});
    let started = tenant
        .post("/api/documents/regenerate", &body)
        .await
        .ok(202);
    let url = started["statusUrl"].as_str().unwrap().to_owned();
    eventually("the model is changed", async || {
        let job = tenant.get(&url).await.ok(200);
        (job["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(found(&tenant, "vector", &mark).await, [""; 0]);
    undelete(&tenant, &id).await.ok(200);
    for mode in ["vector", "text", "hybrid"] {
        assert_eq!(found(&tenant, mode, &mark).await, [id.as_str()], "{mode}");
    }
}

#[tokio::test]
async fn documents_are_undeleted_in_bulk_by_a_filter() {
    let stack = Stack::load();
    let tenant = customer(&stack).await;
    let mark = word();
    let documents: Vec<Value> = (0..4)
        .map(|n| json!({"title": format!("T{n}"), "content": format!("Text {n} {mark}."), "metadata": {"of": mark}}))
        .collect();
    let batch = json!({"documents": documents});
    let taken = tenant.post("/api/ingest/batch", &batch).await.ok(202);
    for result in taken["results"].as_array().unwrap() {
        tenant.completed(result["docId"].as_str().unwrap()).await;
    }
    let act = async |mut body: Value| {
        body["filter"]["metadata"] = json!({"of": mark});
        let started = tenant.post("/api/documents/bulk", &body).await;
        if body["dryRun"] == true {
            return started.ok(200);
        }
        let started = started.ok(202);
        let url = started["statusUrl"].as_str().unwrap();
        eventually("the job ends", async || {
            let job = tenant.get(url).await.ok(200);
            (job["status"] == "completed").then_some(job)
        })
        .await
    };
    act(json!({"action": "delete", "filter": {}})).await;
    assert_eq!(tenant.list().await, [""; 0]);
    assert_eq!(found(&tenant, "text", &mark).await, [""; 0]);
    let shown = act(json!({"action": "undelete", "filter": {}, "dryRun": true})).await;
    assert_eq!(shown["documents"], 4);
    act(json!({"action": "undelete", "filter": {}})).await;
    assert_eq!(tenant.list().await.len(), 4);
    assert_eq!(found(&tenant, "text", &mark).await.len(), 4);
    act(json!({"action": "delete", "filter": {}})).await;
    act(json!({"action": "delete", "filter": {"deleted": true}, "permanent": true})).await;
    eventually("all are gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (tenant.count(rows).await == 0).then_some(())
    })
    .await;
}
