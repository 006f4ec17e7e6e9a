//! `GET /api/documents/{id}/original`.

use serde_json::json;

use crate::support::stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word};

/// Downloads a link: the bytes, and the header with the file name.
async fn fetch(tenant: &Tenant, link: &serde_json::Value) -> (Vec<u8>, String) {
    let url = link["url"].as_str().unwrap();
    let answer = Answer::raw(tenant.stack.http.get(url)).await;
    assert_eq!(answer.status, 200, "{answer}");
    let name = answer.header("content-disposition").unwrap().to_owned();
    (answer.body, name)
}

#[tokio::test]
async fn the_original_of_every_version_can_be_downloaded() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let bytes = format!("A file {}.", word());
    let name = "\u{dc}bersicht 2026.txt";
    let id = a.add_file(name, "text/plain", bytes.as_bytes()).await;
    let path = format!("/api/documents/{id}/original");
    let link = a.get(&path).await.ok(200);
    assert_eq!(
        (&link["bytes"], &link["version"]),
        (&json!(bytes.len()), &json!(1))
    );
    assert_eq!(
        (&link["fileName"], &link["contentType"]),
        (&json!(name), &json!("text/plain"))
    );
    assert!(link["expiresAt"].as_str().unwrap().ends_with('Z'), "{link}");
    let (body, disposition) = fetch(&a, &link).await;
    assert_eq!(body, bytes.as_bytes());
    assert_eq!(
        disposition,
        "attachment; filename=\"_bersicht 2026.txt\"; filename*=UTF-8''%C3%9Cbersicht%202026.txt"
    );
    b.get(&path).await.problem(404, "not_found");
    a.get(&format!("{path}?version=2"))
        .await
        .problem(404, "no_original");
    let problem = a
        .get(&format!("{path}?version=0"))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["errors"][0]["pointer"], "/version");

    // New content has a new original; a version with only a new title has the same one.
    a.completed(&id).await;
    let other = format!("Another {}.", word());
    let put = async |body| {
        let request = a.call(reqwest::Method::PUT, &format!("/api/documents/{id}"));
        Answer::of(request.json(&body)).await.ok(202);
        a.completed(&id).await
    };
    put(json!({"content": other})).await;
    put(json!({"title": "Renamed"})).await;
    let link = async |version: u32| a.get(&format!("{path}?version={version}")).await.ok(200);
    assert_eq!(fetch(&a, &link(1).await).await.0, bytes.as_bytes());
    assert_eq!(fetch(&a, &link(3).await).await.0, other.as_bytes());

    let awaited = a.presign(&json!({"fileName": "b.txt"})).await.ok(200);
    let awaited = awaited["docId"].as_str().unwrap();
    let awaited = format!("/api/documents/{awaited}/original");
    a.get(&awaited).await.problem(404, "no_original");
}

#[tokio::test]
async fn downloading_from_a_bundle_returns_only_that_document() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mine, other) = (word(), word());
    let documents = json!({"documents": [
        {"title": "Other", "content": format!("Beside it {other}.")},
        {"title": "Mine", "content": format!("Itself {mine}."), "contentType": "text/markdown"},
    ]});
    let taken = a.post("/api/ingest/batch", &documents).await.ok(202);
    let (left, id) = (doc_id(&taken["results"][0]), doc_id(&taken["results"][1]));
    let path = format!("/api/documents/{id}/original");
    for _ in 0..2 {
        let link = a.get(&path).await.ok(200);
        assert_eq!(link["fileName"], "Mine.md");
        let (body, _) = fetch(&a, &link).await;
        assert_eq!(body, format!("Itself {mine}.").as_bytes());
    }
    a.completed(&left).await;
    a.completed(&id).await;
    a.delete(&id).await.ok(202);
    a.get(&path).await.problem(404, "not_found");
    eventually("nothing is left of it", async || {
        a.holding(&mine).await.is_empty().then_some(())
    })
    .await;
    let link = a
        .get(&format!("/api/documents/{left}/original"))
        .await
        .ok(200);
    assert_eq!(
        fetch(&a, &link).await.0,
        format!("Beside it {other}.").as_bytes()
    );
}
