//! `POST /api/documents/regenerate`.

use serde_json::json;

use crate::support::stack::{
    Stack, eventually,
    regeneration::{NEW, start},
    word,
};

#[tokio::test]
async fn only_one_regeneration_runs_and_only_within_the_budget() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &format!("Some words about {}.", word())).await;
    a.completed(&id).await;
    for bad in ["", "two words", "-dash"] {
        let body = json!({"embeddingModel": bad, "dryRun": true});
        a.post("/api/documents/regenerate", &body)
            .await
            .bad_fields(&["/embeddingModel"]);
    }
    a.config("monthly_budget_usd = 0.00000001").await;
    let body = json!({"embeddingModel": NEW});
    a.post("/api/documents/regenerate", &body)
        .await
        .problem(402, "budget_exceeded");
    a.config("monthly_budget_usd = NULL").await;
    // This one has to wait for its provider.
    let key = a.own_key().await;
    let limited = dynrag_testing::openai::Reply::rate_limited(std::time::Duration::from_secs(3));
    stack.reply_to_key(&key, limited).await;
    start(&a).await;
    a.post("/api/documents/regenerate", &body)
        .await
        .problem(409, "regeneration_under_way");
    // A document that is deleted meanwhile is in neither table.
    a.delete(&id).await.ok(202);
    eventually("the document is gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (a.count(rows).await == 0).then_some(())
    })
    .await;
}
