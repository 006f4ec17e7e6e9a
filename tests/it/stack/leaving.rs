//! A customer exports its data, and its deletion leaves nothing behind.

use std::io::{Cursor, Read};

use chrono::{DateTime, FixedOffset};
use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::stack::{
    Answer, Stack, Tenant, eventually, exports::export, random, reranker, tenant::file_part, word,
};

async fn leave(tenant: &Tenant, password: &str) -> Answer {
    let url = tenant.stack.url("/api/customers");
    let request = tenant.stack.http.request(Method::DELETE, url);
    let request = request.bearer_auth(&tenant.access);
    Answer::of(request.json(&json!({"password": password}))).await
}

fn text(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    archive
        .by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn time(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}

#[tokio::test]
async fn an_export_has_all_data_of_its_customer_and_of_no_other() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mark, theirs) = (word(), word());
    let id = a.add("Note", &format!("A text {mark}.")).await;
    a.completed(&id).await;
    let hostile = a
        .upload(file_part("../../escape.txt", "text/plain", mark.as_bytes()))
        .await;
    let file = hostile.ok(202)["docId"].as_str().unwrap().to_owned();
    a.completed(&file).await;
    // Its text is kept in the bucket.
    let long: String = (0..9_000)
        .map(|n| format!("Part {n} of {}.\n\n", word()))
        .collect();
    let long = a.add_file("long.txt", "text/plain", long.as_bytes()).await;
    a.completed(&long).await;
    let of_b = b.add("Theirs", &format!("A text {theirs}.")).await;
    b.completed(&of_b).await;

    let reranker_key = format!("sk-own-{}", random(24));
    let reranker = json!({"url": "https://rerank.example.com/v1/rerank", "model": "m", "apiKey": reranker_key,
        "usdPerThousandSearches": "2.5"});
    assert_eq!(a.put(reranker::PATH, &reranker).await.status, 204);

    let job = export(&a).await;
    assert_eq!(job["files"].as_array().unwrap().len(), 1, "{job}");
    let link = job["files"][0]["url"].as_str().unwrap();
    let bytes = stack
        .http
        .get(link)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(json!(bytes.len()), job["files"][0]["bytes"]);
    let everything = String::from_utf8_lossy(&bytes).into_owned();
    assert!(!everything.contains(&theirs) && !everything.contains(&of_b));
    let mut archive = ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains("..") || name.contains("_..")),
        "{names:?}"
    );
    let documents = text(&mut archive, "documents.jsonl");
    assert_eq!(documents.lines().count(), 3);
    for line in documents.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["customerId"], json!(a.id));
        assert!(row.get("leaseToken").is_none());
        assert!(
            row.as_object()
                .unwrap()
                .keys()
                .all(|name| !name.contains('_')),
            "{row}"
        );
        // All fields that the API shows, under the same names.
        let id = row["id"].as_str().unwrap();
        let shown = a.get(&format!("/api/documents/{id}")).await.ok(200);
        for (name, value) in shown.as_object().unwrap() {
            match (time(&row[name]), time(value)) {
                // They differ in trailing zeros.
                (Some(ours), Some(theirs)) => assert_eq!(ours, theirs, "{name} of {row}"),
                _ => assert_eq!(&row[name], value, "{name} of {row}"),
            }
        }
        // And the text as it was read.
        let text = text(&mut archive, &format!("texts/{id}/1.txt"));
        let content = format!("/api/documents/{id}/content?limit=500000");
        let content = a.get(&content).await.ok(200);
        // Not printed: one of them is long.
        assert!(json!(text) == content["text"], "the text of {id}");
    }
    let large = text(&mut archive, &format!("texts/{long}/1.txt"));
    assert!(
        large.len() > 200_000 && large.contains("Part 8999 "),
        "{}",
        large.len()
    );
    let originals: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with("originals/"))
        .collect();
    assert_eq!(originals.len(), 3, "{names:?}");
    for name in originals.into_iter().filter(|name| !name.contains(&long)) {
        assert!(text(&mut archive, name).contains(&mark));
    }
    // Secrets are not exported, not even as hashes.
    for (file, column) in [
        ("users.jsonl", "passwordHash"),
        ("apiKeys.jsonl", "secretHash"),
        ("customers.jsonl", "wrappedDataKey"),
    ] {
        let rows = text(&mut archive, file);
        assert!(!rows.is_empty() && !rows.contains(column), "{file}: {rows}");
    }
    let exported: Value = serde_json::from_str(&text(&mut archive, "rerankers.jsonl")).unwrap();
    assert_eq!(exported["url"], reranker["url"]);
    assert_eq!(exported["usdPerThousandSearches"], "2.5", "{exported}");
    for name in &names {
        if name.ends_with(".jsonl") {
            assert!(!text(&mut archive, name).contains(&reranker_key), "{name}");
        }
    }
    assert!(text(&mut archive, "auditLog.jsonl").contains("export.requested"));
    let config: Value = serde_json::from_str(&text(&mut archive, "customerConfig.jsonl")).unwrap();
    let shown = a.get("/api/customers/config").await.ok(200);
    assert_eq!(config["maxFileBytes"], shown["maxFileBytes"]);

    // A link is valid only for its object, and a job only for its customer.
    let other = link.replace(&a.id.to_string(), &b.id.to_string());
    assert_ne!(stack.http.get(other).send().await.unwrap().status(), 200);
    let url = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    b.get(&url).await.problem(404, "not_found");
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    for tenant in [&a, &b] {
        let id = tenant
            .add(
                &format!("Canary {mark}"),
                &format!("The canary {mark} sings."),
            )
            .await;
        tenant.completed(&id).await;
        tenant
            .presign(&json!({"fileName": "never.txt"}))
            .await
            .ok(200);
    }
    let reranker = json!({"url": "https://rerank.example.com/", "model": "m", "apiKey": format!("sk-own-{}", random(24))});
    assert_eq!(a.put(reranker::PATH, &reranker).await.status, 204);
    export(&a).await;
    leave(&a, "not the password")
        .await
        .problem(403, "wrong_password");
    a.get("/api/documents").await.ok(200);
    leave(&a, &a.password).await.ok(202);
    // No credential works any more.
    a.get("/api/documents")
        .await
        .problem(401, "unauthenticated");
    a.login().await.problem(401, "invalid_credentials");
    let refresh = json!({"refreshToken": a.refresh});
    let refresh = stack
        .http
        .post(stack.url("/api/auth/refresh"))
        .json(&refresh);
    Answer::of(refresh)
        .await
        .problem(401, "invalid_refresh_token");
    // The key that sealed its secrets is removed before anything else, or with the row itself.
    let sealed = "SELECT count(*) FROM customer_secrets WHERE customer_id = $1";
    assert_eq!(a.count(sealed).await, 0);

    let customers = "SELECT count(*) FROM customers WHERE id = $1";
    eventually("the customer goes", async || {
        (a.count(customers).await == 0).then_some(())
    })
    .await;
    let owned = "SELECT c.oid::regclass::text AS name FROM pg_class c
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id'
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'";
    let tables = stack.sql().await.query(owned, &[]).await.unwrap();
    assert!(tables.len() >= 18);
    for table in tables {
        let rows = format!(
            "SELECT count(*) FROM {} WHERE customer_id = $1",
            table.get::<_, String>(0)
        );
        assert_eq!(a.count(&rows).await, 0, "{rows}");
    }
    for (bucket, prefixes) in [
        (
            stack.documents_bucket(),
            vec!["customers", "uploads", "exports"],
        ),
        (stack.vectors_bucket(), vec!["customers"]),
    ] {
        for prefix in prefixes {
            let keys = stack.keys(bucket, &format!("{prefix}/{}/", a.id)).await;
            assert!(keys.is_empty(), "{keys:?}");
        }
    }
    // The other customer keeps its data; the email address is free again.
    assert_eq!(b.search("text", &mark).await.len(), 1);
    let body = json!({"email": a.email, "password": a.password});
    let again = stack.http.post(stack.url("/api/auth/signup")).json(&body);
    Answer::of(again).await.ok(201);
}

#[tokio::test]
async fn a_customer_is_erased_only_after_its_running_work_has_ended() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("Held", "A text that somebody works on.").await;
    a.completed(&id).await;
    let held = "UPDATE documents SET status = 'processing', stage = 'storing', lease_expires_at = now() + interval '1 hour'
                WHERE customer_id = $1 AND id = $2";
    a.change(held, &id).await;
    leave(&a, &a.password).await.ok(202);
    // The task is retried while a worker may still write.
    let body = json!({"task": "erase", "v": 1, "customerId": a.id}).to_string();
    let event = json!({"Records": [{"messageId": "held", "receiptHandle": "none", "body": body,
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:tasks", "awsRegion": "us-east-1",
        "attributes": {}, "messageAttributes": {}}]});
    let answer = stack.invoke("Tasks", &event).await;
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "held"}]})
    );
    let customers = "SELECT count(*) FROM customers WHERE id = $1";
    assert_eq!(a.count(customers).await, 1);
    assert!(
        !stack
            .keys(stack.vectors_bucket(), &format!("customers/{}/", a.id))
            .await
            .is_empty()
    );
    a.change(
        "UPDATE documents SET lease_expires_at = now() WHERE customer_id = $1 AND id = $2",
        &id,
    )
    .await;
    // The same applies to a running export; and no export is started any more.
    let job = uuid::Uuid::now_v7();
    let running = "INSERT INTO jobs (customer_id, id, kind, status, resend_at) VALUES ($1, $2, 'export', 'running', now() + interval '1 hour')";
    stack
        .sql()
        .await
        .execute(running, &[&a.id, &job])
        .await
        .unwrap();
    assert_eq!(stack.invoke("Tasks", &event).await, answer);
    let mut export = event.clone();
    let body = json!({"task": "export", "v": 1, "customerId": a.id, "jobId": job});
    export["Records"][0]["body"] = body.to_string().into();
    assert_eq!(
        stack.invoke("Tasks", &export).await,
        json!({"batchItemFailures": []})
    );
    assert_eq!(
        a.count("SELECT sum(attempts) FROM jobs WHERE customer_id = $1")
            .await,
        0
    );
    assert!(
        stack
            .keys(stack.documents_bucket(), &format!("exports/{}/", a.id))
            .await
            .is_empty()
    );
    let ended = "UPDATE jobs SET status = 'failed', code = 'attempts_exhausted', finished_at = now(), resend_at = NULL WHERE customer_id = $1 AND id = $2";
    stack
        .sql()
        .await
        .execute(ended, &[&a.id, &job])
        .await
        .unwrap();
    let due = "UPDATE customers SET erase_at = now() WHERE id = $1";
    stack.sql().await.execute(due, &[&a.id]).await.unwrap();
    stack.sweep().await;
    eventually("the customer goes", async || {
        (a.count(customers).await == 0).then_some(())
    })
    .await;
}
