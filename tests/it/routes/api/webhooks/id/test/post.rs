//! `POST /api/webhooks/{id}/test`.

use serde_json::json;

use crate::support::{
    site::{Page, Site},
    stack::{Stack, answer::text, eventually, webhooks::make, word},
};

#[tokio::test]
async fn testing_a_schedule_starts_a_run() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let site = Site::open(2).await;
    let mark = word();
    site.set(
        "/page",
        Page::html(format!("<main><h1>Hours</h1><p>Open {mark}.</p></main>")),
    );
    let body = json!({"name": "s", "triggerType": "scheduled", "url": site.url("/page"), "schedule": "rate(1 day)"});
    let hook = make(&a, body).await;
    let path = format!("/api/webhooks/{}", text(&hook["id"]));
    let mut runs = Vec::new();
    for (status, expected) in [(200, "completed"), (200, "completed"), (404, "failed")] {
        if status == 404 {
            site.set("/page", Page::status(404));
        }
        let tested = a.post(&format!("{path}/test"), &json!({})).await.ok(202);
        let deliveries = text(&tested["deliveriesUrl"]);
        assert_eq!(deliveries, stack.url(&format!("{path}/deliveries")));
        stack.sweep().await;
        let run = eventually("the run ends", async || {
            let listed = a.get(&deliveries).await.ok(200);
            let run = listed["items"][0].clone();
            assert_eq!(run["id"], tested["runId"], "{listed}");
            (run["status"] == expected).then_some(run)
        })
        .await;
        assert!(
            run["plannedAt"].is_string() && run["startedAt"].is_string(),
            "{run}"
        );
        runs.push(run);
    }
    let document = a
        .get(&format!("/api/documents/{}", text(&runs[0]["docId"])))
        .await
        .ok(200);
    assert_eq!(document["sourceUrl"], site.url("/page"));
    assert!(
        runs.iter().all(|run| run["docId"] == runs[0]["docId"]),
        "{runs:?}"
    );
    assert_eq!(
        (&runs[0]["version"], &runs[2]["code"]),
        (&json!(1), &json!("http_status"))
    );
    let failed = a
        .get(&format!("{path}/deliveries?status=failed"))
        .await
        .ok(200);
    assert_eq!(failed["items"], json!([runs[2]]));
    a.get(&format!("{path}/deliveries?status=delivered"))
        .await
        .bad_fields(&["/status"]);
    b.get(&format!("{path}/deliveries"))
        .await
        .problem(404, "not_found");
}
