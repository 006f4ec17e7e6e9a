//! Webhooks that accept documents are found by their URL, and accept a message once.

use super::*;

#[tokio::test]
async fn a_webhook_is_found_only_while_it_accepts_documents() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (store, customer) = (&scene.store, scene.customer);
    let manual = add(store, customer, Trigger::Manual, &wanted(&[]), Some("old")).await;
    let found = store.find_webhook(manual).await.unwrap().unwrap();
    assert_eq!(
        (found.customer_id, found.name.as_str()),
        (customer.customer_id(), "hook")
    );
    assert_eq!(found.token_hashes, [token_hash("old").to_vec()]);
    let versions = |found: &webhooks::FoundWebhook| -> Vec<i32> {
        found.sealed.secrets.iter().map(|s| s.version).collect()
    };
    // Its own secret, not the other webhook's.
    assert_eq!(versions(&found), [2]);

    let rotate = async |token: &str| {
        let tx = store.tenant(customer).await.unwrap();
        let version = secret(&tx).await;
        let hash = token_hash(token);
        webhooks::rotate(&tx, manual, version, Some(&hash))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    rotate("new").await;
    let found = store.find_webhook(manual).await.unwrap().unwrap();
    assert_eq!(versions(&found), [3, 2]);
    assert_eq!(
        found.token_hashes,
        [token_hash("new"), token_hash("old")].map(Vec::from)
    );
    // Rotated again: the first is no longer valid, although its day is not over.
    rotate("newest").await;
    let found = store.find_webhook(manual).await.unwrap().unwrap();
    assert_eq!(versions(&found), [4, 3]);
    scene
        .execute("UPDATE webhooks SET previous_until = now()")
        .await;
    let found = store.find_webhook(manual).await.unwrap().unwrap();
    assert_eq!(versions(&found), [4]);
    assert_eq!(found.token_hashes, [token_hash("newest").to_vec()]);

    let endpoint = seed::endpoint("ingest-webhook-receive");
    let admitted = store
        .admit_webhook(customer.customer_id(), manual, endpoint)
        .await
        .unwrap();
    assert_eq!(admitted.principal, Principal::Webhook(manual));
    assert_eq!(admitted.customer_id, customer.customer_id());
    let theirs = seed::customer(store).await.id;
    assert!(
        store
            .admit_webhook(theirs.customer_id(), manual, endpoint)
            .await
            .is_err()
    );
    assert!(
        store
            .admit_webhook(customer.customer_id(), scene.webhook, endpoint)
            .await
            .is_err()
    );
    assert!(store.find_webhook(scene.webhook).await.unwrap().is_none());
    assert!(
        store
            .find_webhook(WebhookId::generate())
            .await
            .unwrap()
            .is_none()
    );
    scene.execute("UPDATE webhooks SET status = 'paused'").await;
    assert!(store.find_webhook(manual).await.unwrap().is_none());
    assert!(
        store
            .admit_webhook(customer.customer_id(), manual, endpoint)
            .await
            .is_err()
    );
    scene
        .execute("UPDATE webhooks SET status = 'active'; UPDATE customers SET status = 'suspended'")
        .await;
    let refused = store
        .admit_webhook(customer.customer_id(), manual, endpoint)
        .await
        .unwrap_err();
    assert_eq!(refused.error.code(), "customer_suspended");

    let tx = store.tenant(customer).await.unwrap();
    webhooks::delete(&tx, manual).await.unwrap();
    tx.commit().await.unwrap();
    let left = "SELECT count(*) FROM customer_secrets WHERE purpose = 'webhook'";
    let left: i64 = scene.superuser.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 1, "the other webhook's");
}

#[tokio::test]
async fn a_message_is_accepted_once() {
    let scene = Scene::new(&[Event::Failed]).await;
    let message = |webhook| Repeatable {
        tenant: scene.customer,
        principal: Principal::Webhook(webhook),
        route: "ingest-webhook-receive",
        key: "msg_1".to_owned(),
        request_hash: [1; 32],
    };
    let (ours, other) = (message(scene.webhook), message(WebhookId::generate()));
    let begun = join_all((0..8).map(|_| scene.store.begin_request(&ours))).await;
    let first = begun
        .iter()
        .filter(|found| matches!(found, Ok(Found::First)));
    assert_eq!(first.count(), 1);
    scene
        .store
        .keep_answer(&ours, 202, Some(b"{}"))
        .await
        .unwrap();
    let again = scene.store.begin_request(&ours).await.unwrap();
    assert!(matches!(again, Found::Answered { status: 202, .. }));
    let elsewhere = scene.store.begin_request(&other).await.unwrap();
    assert_eq!(elsewhere, Found::First, "another webhook's ids are its own");
}
