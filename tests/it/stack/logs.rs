//! Secrets and texts are not logged.

use std::{fs, path::Path};

use dynrag_testing::{openai::Reply, reranker::Rerank};
use serde_json::json;

use crate::support::{
    files,
    stack::{
        Answer, Stack, random,
        tenant::{doc_id, file_part},
        word,
    },
};

/// Log files that contain a text.
fn holding(logs: &Path, text: &str) -> Vec<String> {
    let files = fs::read_dir(logs)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|file| {
            let bytes = fs::read(file).unwrap();
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
        .map(|file| file.display().to_string())
        .collect()
}

#[tokio::test]
async fn no_secrets_or_texts_are_logged() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let logs = stack.env.function_logs.clone();
    let mut canaries: Vec<(&str, String)> = vec![
        ("password", tenant.password.clone()),
        ("e-mail", tenant.email.clone()),
        (
            "access token",
            tenant.access.rsplit('.').next().unwrap().to_owned(),
        ),
        (
            "refresh token",
            tenant.refresh.rsplit('.').next().unwrap().to_owned(),
        ),
        ("api key", tenant.key.rsplit('_').next().unwrap().to_owned()),
    ];
    let mut canary = |what: &'static str| {
        let word = word();
        canaries.push((what, word.clone()));
        word
    };
    let post = async |path: &str, body: serde_json::Value| {
        Answer::of(stack.http.post(stack.url(path)).json(&body)).await
    };

    // Logins, right and wrong.
    let right = json!({"email": tenant.email, "password": tenant.password});
    post("/api/auth/login", right).await.ok(200);
    let wrong = json!({"email": tenant.email, "password": canary("wrong password")});
    post("/api/auth/login", wrong)
        .await
        .problem(401, "invalid_credentials");
    let short = json!({"email": "nobody", "password": canary("refused password")});
    post("/api/auth/signup", short)
        .await
        .problem(422, "invalid_fields");
    let broken = format!(
        "{{\"password\": \"{}\", ",
        canary("password in broken JSON")
    );
    let request = stack
        .http
        .post(stack.url("/api/auth/login"))
        .header("content-type", "application/json");
    Answer::of(request.body(broken))
        .await
        .problem(400, "invalid_json");
    let typed = json!({"email": canary("e-mail of the wrong type"), "password": [canary("password of the wrong type")]});
    post("/api/auth/login", typed)
        .await
        .problem(422, "invalid_fields");
    let forged = format!(
        "{}.{}",
        tenant.access.rsplit_once('.').unwrap().0,
        canary("forged signature")
    );
    let request = stack
        .http
        .get(stack.url("/api/auth/me"))
        .bearer_auth(forged);
    Answer::of(request).await.problem(401, "unauthenticated");
    let key = format!("drk_{}_{}", random(16), canary("forged key"));
    Answer::of(
        stack
            .http
            .get(stack.url("/api/auth/me"))
            .header("x-api-key", key),
    )
    .await
    .problem(401, "unauthenticated");

    // Documents that succeed, and documents that fail in every stage.
    let provider_key = canary("provider key");
    stack
        .seal_secret(tenant.id, "openai_key", provider_key.as_bytes())
        .await;
    let (reranker, reranker_key) = tenant.own_reranker().await;
    let (text, title) = (canary("text"), canary("title"));
    let body = json!({"title": title, "content": format!("A text about {text}."), "metadata": {"note": canary("metadata")}});
    let good = doc_id(&tenant.post("/api/ingest/document", &body).await.ok(202));
    tenant.completed(&good).await;
    for (what, reply) in [
        ("text refused by the model", Reply::Rejected),
        ("text without quota", Reply::Quota),
    ] {
        let mark = canary(what);
        stack.reply_to(&mark, reply).await;
        let id = tenant.add("T", &format!("The model refuses {mark}.")).await;
        tenant.settled(&id).await;
    }
    let page = files::pdf(&[&format!("A page about {}.", canary("text of a PDF"))]);
    let pdf = tenant.add_file("a.pdf", "application/pdf", &page).await;
    tenant.completed(&pdf).await;
    let half = files::made_unique(&page[..page.len() - 300], &canary("bytes of a broken PDF"));
    let form = file_part(
        &format!("{}.pdf", canary("file name")),
        "application/pdf",
        &half,
    );
    let broken = doc_id(
        &tenant
            .upload(form.text("externalId", canary("external id")))
            .await
            .ok(202),
    );
    tenant.settled(&broken).await;
    let bad = [
        format!("Half a character after {} ", canary("invalid text")).as_bytes(),
        b"\xc3",
    ]
    .concat();
    let bad = tenant.add_file("a.txt", "text/plain", &bad).await;
    tenant.settled(&bad).await;

    // Searches, and requests that are refused.
    for mode in ["vector", "text", "hybrid"] {
        tenant
            .search(mode, &format!("{} {text}", canary("query")))
            .await;
    }
    // A reranker that quotes what it was sent, and refuses the key.
    for reply in [
        Rerank::Ok,
        Rerank::Status(401, None),
        Rerank::Status(400, None),
    ] {
        reranker.script([reply]);
        let query = format!("{} {text}", canary("reranked query"));
        let body = json!({"query": query, "mode": "text", "rerank": true});
        tenant.post("/search", &body).await.ok(200);
    }
    assert_eq!(reranker.asked().len(), 3);
    assert_eq!(reranker.asked()[0].key.as_ref(), Some(&reranker_key));
    assert_eq!(holding(&logs, &reranker_key), [] as [String; 0]);
    let refused = json!({"query": canary("refused query"), "topK": 0});
    tenant
        .post("/search", &refused)
        .await
        .problem(422, "invalid_fields");
    let refused = json!({"title": "", "content": canary("refused content")});
    tenant
        .post("/api/ingest/document", &refused)
        .await
        .problem(422, "invalid_fields");
    tenant
        .get(&format!("/api/documents?cursor={}", canary("cursor")))
        .await
        .problem(422, "invalid_cursor");
    tenant.delete(&good).await.ok(202);

    // The control: these are the logs of these requests.
    assert!(
        holding(&logs, &tenant.id.to_string()).len() >= 4,
        "not the logs of this stack: {}",
        logs.display()
    );
    assert!(!holding(&logs, &pdf).is_empty());
    for (what, canary) in &canaries {
        assert_eq!(
            holding(&logs, canary),
            [] as [String; 0],
            "{what} is logged"
        );
    }
    // Secrets of the deployment.
    for url in [&stack.env.postgres_app_url, &stack.env.postgres_owner_url] {
        let url: url::Url = url.parse().unwrap();
        let password = url.password().unwrap();
        assert_eq!(holding(&logs, password), [] as [String; 0]);
    }
    for purpose in ["access_token", "refresh_token"] {
        let secret = stack.open_secret(tenant.id, purpose).await;
        let secret = String::from_utf8(secret).unwrap();
        assert_eq!(holding(&logs, &secret), [] as [String; 0], "{purpose}");
    }
}
