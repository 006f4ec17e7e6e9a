//! Passwords of documents: accepted with a PDF or by a retry, and never shown.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    files,
    stack::{
        Answer, Stack,
        tenant::{doc_id, file_part},
        word,
    },
};

fn locked(mark: &str) -> Vec<u8> {
    files::made_unique(files::LOCKED_PDF, mark)
}

#[tokio::test]
async fn a_locked_pdf_is_opened_with_its_password() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    // With the file.
    let form = file_part("a.pdf", "application/pdf", &locked(&word()));
    let accepted = tenant
        .upload(form.text("password", files::LOCKED_PDF_PASSWORD))
        .await;
    tenant.completed(&doc_id(&accepted.ok(202))).await;

    // Later: none, a wrong one, the right one.
    let id = tenant
        .add_file("b.pdf", "application/pdf", &locked(&word()))
        .await;
    let wants = async || {
        tenant
            .ended(&id, "needs_action", "password_protected")
            .await
    };
    wants().await;
    let path = format!("/api/documents/{id}/retry");
    tenant
        .post(&path, &json!({"password": word()}))
        .await
        .ok(202);
    wants().await;
    let right = json!({"password": files::LOCKED_PDF_PASSWORD});
    tenant.post(&path, &right).await.ok(202);
    tenant.completed(&id).await;

    // A later version is opened with it, too.
    let again = tenant.call(Method::PUT, &format!("/api/documents/{id}"));
    let again = again.json(&json!({"reprocess": true}));
    Answer::of(again).await.ok(202);
    assert_eq!(tenant.completed(&id).await["latestVersion"], 2);

    // Uploaded to S3.
    let file = locked(&word());
    let wanted = json!({"fileName": "c.pdf", "password": files::LOCKED_PDF_PASSWORD});
    let form = tenant.presign(&wanted).await.ok(200);
    assert_eq!(tenant.post_to_s3(&form, &file).await.status, 204);
    tenant.completed(form["docId"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_password_is_only_for_pdfs_and_limited_in_length() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let text = |password: &str| {
        let form = file_part(
            "a.txt",
            "text/plain",
            format!("A text {}.", word()).as_bytes(),
        );
        form.text("password", password.to_owned())
    };
    tenant.upload(text("x")).await.bad_fields(&["/password"]);
    let pdf = file_part("a.pdf", "application/pdf", &locked(&word()));
    let long = pdf.text("password", "p".repeat(128));
    tenant.upload(long).await.bad_fields(&["/password"]);
    for body in [
        json!({"fileName": "a.txt", "password": "x"}),
        json!({"fileName": "a.pdf", "password": ""}),
        json!({"fileName": "a.pdf", "password": "a\u{0}b"}),
        json!({"fileName": "a.pdf", "password": "p".repeat(128)}),
    ] {
        tenant.presign(&body).await.bad_fields(&["/password"]);
    }
    let query = "/api/ingest/presigned-url?fileName=a.pdf&password=x";
    tenant.get(query).await.bad_fields(&["/password"]);
    let id = tenant.add("Text", &format!("A text {}.", word())).await;
    tenant.completed(&id).await;
    let path = format!("/api/documents/{id}/retry");
    let answer = tenant.post(&path, &json!({"password": "x"})).await;
    answer.problem(409, "not_retryable");
    // Routes for texts do not take a password.
    let ingest = json!({"title": "T", "content": "C", "password": "x"});
    tenant
        .post("/api/ingest/document", &ingest)
        .await
        .bad_fields(&["/password"]);
}

#[tokio::test]
async fn a_password_is_stored_only_sealed() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let password = word();
    let id = tenant
        .add_file("a.pdf", "application/pdf", &locked(&word()))
        .await;
    tenant
        .ended(&id, "needs_action", "password_protected")
        .await;
    let retry = |key: &str, password: &str| {
        let request = tenant.call(Method::POST, &format!("/api/documents/{id}/retry"));
        request
            .header("idempotency-key", key.to_owned())
            .json(&json!({"password": password}))
    };
    let first = Answer::of(retry("k", &password)).await.ok(202);
    assert!(!first.to_string().contains(&password), "{first}");
    // The stored hash of a request does not depend on its password.
    let again = Answer::of(retry("k", &word())).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    tenant
        .ended(&id, "needs_action", "password_protected")
        .await;

    let sql = stack.sql().await;
    let tables = "SELECT relname::text FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')";
    let needle = [password.clone(), hex::encode(&password)];
    let mut read = 0;
    for table in sql.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        for needle in &needle {
            let found =
                format!("SELECT count(*) FROM \"{table}\" t WHERE to_jsonb(t)::text LIKE $1");
            let found = sql.query_one(&found, &[&format!("%{needle}%")]).await;
            assert_eq!(found.unwrap().get::<_, i64>(0), 0, "{table}");
        }
        read += 1;
    }
    assert!(read > 20, "{read}");
    let kept = "SELECT count(*) FROM document_passwords WHERE customer_id = $1";
    assert_eq!(tenant.count(kept).await, 1);
    for file in std::fs::read_dir(&stack.env.function_logs).unwrap() {
        let file = file.unwrap().path();
        let log = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!log.contains(&password), "{}", file.display());
    }
    tenant.delete(&id).await.ok(202);
    crate::support::stack::eventually("the password is gone", async || {
        (tenant.count(kept).await == 0).then_some(())
    })
    .await;
}
