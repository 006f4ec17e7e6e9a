//! An operator queues failed documents and dead letters again (`make redrive`), through the sweep's function.

use dynrag_testing::openai::Reply;
use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn failed_documents_are_redriven() {
    let stack = Stack::load();
    let (tenant, other) = tokio::join!(stack.signup(), stack.signup());
    let (bad, also) = (word(), word());
    let refused = tenant.own_key().await;
    stack.reply_to_key(&refused, Reply::Rejected).await;
    stack.reply_to(&also, Reply::Rejected).await;
    let id = tenant.add("Bad", &format!("The text {bad}.")).await;
    let theirs = other.add("Bad", &format!("The text {also}.")).await;
    tenant.ended(&id, "failed", "embedding_rejected").await;
    other.ended(&theirs, "failed", "embedding_rejected").await;

    let codes = json!(["embedding_rejected"]);
    let request = json!({"redrive": {"codes": codes, "customerId": tenant.id}});
    let counted = stack.invoke("Sweep", &request).await;
    assert_eq!(counted["found"], json!({"embedding_rejected": 1}));
    assert_eq!(
        (&counted["queued"], &counted["more"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(tenant.status(&id).await["status"], "failed");
    // Without codes, only transient failures are selected.
    let passing = json!({"redrive": {"customerId": tenant.id}});
    assert_eq!(stack.invoke("Sweep", &passing).await["found"], json!({}));

    // A provider key that is not refused.
    tenant.own_key().await;
    let request = json!({"redrive": {"codes": codes, "customerId": tenant.id, "dryRun": false,
                                     "before": counted["before"]}});
    let done = stack.invoke("Sweep", &request).await;
    assert_eq!((&done["queued"], &done["more"]), (&json!(1), &json!(false)));
    stack.sweep().await;
    let status = tenant.completed(&id).await;
    assert_eq!(status["attempts"], 1, "{status}");
    assert_eq!(other.status(&theirs).await["status"], "failed");
    let log = tenant.get("/api/customers/audit").await.ok(200);
    let lines = log["items"].as_array().unwrap();
    let told = lines.iter().filter(|line| line["targetId"] == json!(id));
    let told: Vec<_> = told
        .filter(|line| line["action"] == "document.retried")
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert_eq!(told[0]["actor"]["kind"], "system");
    assert_eq!(told[0]["details"]["code"], "embedding_rejected");
}
