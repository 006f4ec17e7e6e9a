//! `GET /api/jobs/{id}`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_job_is_shown_to_its_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let started = a.post("/api/customers/export", &json!({})).await.ok(202);
    let path = format!("/api/jobs/{}", started["jobId"].as_str().unwrap());
    let job = a.get(&path).await.ok(200);
    assert_eq!(
        (&job["id"], &job["kind"]),
        (&started["jobId"], &json!("export"))
    );
    b.get(&path).await.problem(404, "not_found");
    a.get("/api/jobs/none").await.problem(404, "not_found");
}
