//! Limits on the load of receivers: an outcome is sent to a URL once, and requests to a host take turns.

use std::time::Duration;

use dynrag_domain::{
    WebhookId,
    audit::Actor,
    documents::FailureCode,
    queues::Message,
    webhooks::{DeliveryStatus, Event, Trigger},
};
use dynrag_store::webhooks::{self, WebhookFields};
use futures::future::join_all;
use serde_json::Value;

use super::{Scene, add, failure, secret, wanted};
use crate::support::seed;

#[tokio::test]
async fn a_url_is_notified_once_even_if_several_webhooks_use_it() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (store, customer) = (&scene.store, scene.customer);
    let id = WebhookId::generate();
    let tx = store.tenant(customer).await.unwrap();
    let again = wanted(&[Event::Failed, Event::Deleted]);
    let version = Some(secret(&tx).await);
    let refused = webhooks::insert(&tx, id, Trigger::Event, &again, version, None).await;
    assert_eq!(refused.unwrap_err().code(), "webhook_exists");
    drop(tx);
    let elsewhere = WebhookFields {
        url: Some("https://example.com/other"),
        ..again.clone()
    };
    let other = add(store, customer, Trigger::Event, &elsewhere, None).await;
    let tx = store.tenant(customer).await.unwrap();
    webhooks::lock(&tx, other).await.unwrap();
    let moved = webhooks::update(&tx, other, &again).await;
    assert_eq!(moved.unwrap_err().code(), "webhook_exists");
    drop(tx);

    // Webhooks from before this rule may share a URL.
    scene
        .execute("UPDATE webhooks SET url = 'https://example.com/'")
        .await;
    let document = seed::add_awaited(store, customer, seed::in_an_hour()).await;
    scene
        .execute(
            "UPDATE documents SET source_url = 'https://example.org/page', file_name = 'page.html'",
        )
        .await;
    let code = FailureCode::UploadExpired;
    store.upload_failed(customer, document, code).await.unwrap();
    assert_eq!(
        scene.notices().await.len(),
        1,
        "only the oldest webhook notifies"
    );
    let theirs = store
        .list_deliveries(customer, other, None, None, 100)
        .await;
    assert!(theirs.unwrap().is_empty());
    // It contains the source of the document.
    let claimed = scene.claim(scene.notices().await[0].id).await.unwrap();
    let payload: Value = serde_json::from_str(claimed.payload.get()).unwrap();
    assert_eq!(payload["data"]["sourceUrl"], "https://example.org/page");
    assert_eq!(payload["data"]["fileName"], "page.html");
    // An event that only the other webhook subscribes to is delivered by that one.
    store
        .delete_document(customer, Actor::System, document, false)
        .await
        .unwrap();
    let theirs = store
        .list_deliveries(customer, other, None, None, 100)
        .await;
    assert_eq!(theirs.unwrap().len(), 1);
}

#[tokio::test]
async fn waiting_for_a_turn_does_not_count_as_an_attempt() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (store, host) = (&scene.store, [5; 32]);
    let gap = Duration::from_secs(10);
    let turn = async |burst| {
        store
            .take_turn(&host, gap, burst)
            .await
            .unwrap()
            .as_secs_f64()
    };
    // Three at once, then one after the other, each with a separate turn.
    let turns = join_all((0..6).map(|_| turn(3))).await;
    let mut turns: Vec<i64> = turns
        .into_iter()
        .map(|wait| (wait / 10.0).ceil() as i64)
        .collect();
    turns.sort_unstable();
    assert_eq!(turns, [0, 0, 0, 1, 2, 3]);
    // Over time, turns become available again, up to the burst.
    scene
        .execute("UPDATE host_turns SET next_at = now() - interval '1 hour'")
        .await;
    let mut again = Vec::new();
    for _ in 0..4 {
        again.push(turn(3).await > 0.0);
    }
    assert_eq!(again, [false, false, false, true]);

    let id = scene.test_notice().await;
    let claimed = scene.claim(id).await.unwrap();
    assert!(!claimed.has_turn);
    let hour = Duration::from_secs(3600);
    assert!(store.await_turn(&claimed, hour).await.unwrap().is_held());
    assert!(scene.claim(id).await.is_none(), "before its turn");
    let rows = scene.notices().await;
    assert_eq!(
        (rows[0].attempts, rows[0].status),
        (0, DeliveryStatus::Pending)
    );
    scene
        .execute(
            "UPDATE webhook_deliveries SET due_at = now(), turn_at = now() - interval '1 second'",
        )
        .await;
    let claimed = scene.claim(id).await.unwrap();
    assert!(claimed.has_turn && claimed.attempts == 1);
    // After a failed attempt it needs another turn.
    let wait = Some(Duration::ZERO);
    assert!(
        store
            .delivery_failed(&claimed, &failure(503), wait)
            .await
            .unwrap()
    );
    assert!(!scene.claim(id).await.unwrap().has_turn);
}

#[tokio::test]
async fn a_backlog_of_one_customer_does_not_delay_others() {
    let scene = Scene::new(&[Event::Failed]).await;
    let store = &scene.store;
    for _ in 0..120 {
        scene.test_notice().await;
    }
    let theirs = seed::customer(store).await.id;
    let hook = add(
        store,
        theirs,
        Trigger::Event,
        &wanted(&[Event::Failed]),
        None,
    )
    .await;
    let late = store.test_delivery(theirs, hook).await.unwrap();
    // The backlog has waited for long, the other notification has just arrived.
    scene
        .execute("UPDATE webhook_deliveries SET resend_at = now() - interval '1 hour'")
        .await;
    let sql = format!(
        "UPDATE webhook_deliveries SET resend_at = now() - interval '1 second' WHERE id = '{late}'"
    );
    scene.execute(&sql).await;
    let first = store.sweep_deliveries(10).await.unwrap();
    assert_eq!(first.len(), 10);
    assert!(
        first
            .iter()
            .any(|one| one.customer() == Some(theirs.customer_id()))
    );
    // All are sent in the end, each once, and at most fifty of a customer at a time.
    let mut sent = 10;
    loop {
        let some = store.sweep_deliveries(100).await.unwrap().len();
        assert!(some <= 50);
        if some == 0 {
            break;
        }
        sent += some;
    }
    assert_eq!(sent, 121);
}
