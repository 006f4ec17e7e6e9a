//! `POST /api/customers/export`.

use serde_json::json;

use crate::support::stack::{Stack, Tenant, eventually, exports::export};

#[tokio::test]
async fn only_one_export_runs_and_a_lost_task_is_sent_again() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // A job whose task was lost.
    let lost = "INSERT INTO jobs (customer_id, id, kind, resend_at) VALUES ($1, gen_random_uuid(), 'export', now())";
    stack.sql().await.execute(lost, &[&a.id]).await.unwrap();
    let first = a.post("/api/customers/export", &json!({})).await.ok(202);
    let second = a.post("/api/customers/export", &json!({})).await.ok(202);
    assert_eq!(first["jobId"], second["jobId"]);
    stack.sweep().await;
    let url = first["statusUrl"].as_str().unwrap().to_owned();
    eventually("the export ends", async || {
        (a.get(&url).await.ok(200)["status"] == "completed").then_some(())
    })
    .await;
    let third = a.post("/api/customers/export", &json!({})).await.ok(202);
    assert_ne!(first["jobId"], third["jobId"]);
}

#[tokio::test]
async fn only_the_latest_export_is_kept() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let kept = async |tenant: &Tenant| {
        let prefix = format!("exports/{}/", tenant.id);
        stack.keys(stack.documents_bucket(), &prefix).await
    };
    let theirs = export(&b).await;
    let first = export(&a).await;
    let second = export(&a).await;
    assert_ne!(first["id"], second["id"]);
    eventually("the first export is gone", async || {
        (kept(&a).await.len() == 1).then_some(())
    })
    .await;
    for (tenant, job) in [(&a, &second), (&b, &theirs)] {
        let keys = kept(tenant).await;
        let id = job["id"].as_str().unwrap();
        assert!(keys.len() == 1 && keys[0].contains(id), "{keys:?}");
        let link = job["files"][0]["url"].as_str().unwrap();
        assert_eq!(stack.http.get(link).send().await.unwrap().status(), 200);
    }
}
