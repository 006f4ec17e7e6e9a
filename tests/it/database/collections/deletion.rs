//! Documents and webhooks when their collection is deleted, also while others add documents to it.

use dynrag_domain::VersionNumber;

use super::*;

#[tokio::test]
async fn a_deletion_must_say_what_happens_to_the_documents() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    let document = scene.add("kept", Some(scene.collection)).await;
    let refused = scene.delete(None).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Conflict, "collection_not_empty")
    );
    assert_eq!(scene.collection_of(document).await, Some(scene.collection));
    let kept = scene.delete(Some(DocumentsOnDelete::Keep)).await;
    assert_eq!(kept.unwrap(), 0);
    assert_eq!(scene.collection_of(document).await, None);
    assert_eq!(scene.holds().await, None);
    let again = scene.delete(Some(DocumentsOnDelete::Keep)).await;
    assert_eq!(again.unwrap_err().kind(), Kind::NotFound);
    // Its name is free again, and an empty collection needs no such choice: documents under deletion do
    // not count.
    let second = seed::collection(store, customer, "Handbook").await;
    let gone = scene.add("gone", Some(second)).await;
    store
        .delete_document(customer, Actor::System, gone, false)
        .await
        .unwrap();
    let deleted = store
        .delete_collection(customer, Actor::System, second, None, false)
        .await;
    assert!(deleted.unwrap().0.is_empty());
}

#[tokio::test]
async fn documents_deleted_with_their_collection_are_hidden_and_audited() {
    let scene = scene().await;
    let (store, customer, id) = (&scene.store, scene.customer, scene.collection);
    let outside = scene.add("outside", None).await;
    let mut inside = HashSet::new();
    for n in 0..3 {
        inside.insert(scene.add(&format!("inside {n}"), Some(id)).await);
    }
    let busy = *inside.iter().next().unwrap();
    let claim = store
        .claim(customer, busy, VersionNumber::FIRST, LEASE)
        .await
        .unwrap();
    let claim = claim.unwrap();
    let awaited = DocumentId::generate();
    let new = placed("awaited", None, In(id));
    store
        .add_awaited_document(customer, awaited, &new, Uuid::new_v4(), seed::in_an_hour())
        .await
        .unwrap();
    inside.insert(awaited);
    scene
        .superuser
        .batch_execute("DELETE FROM outbox")
        .await
        .unwrap();

    assert_eq!(
        scene.delete(Some(DocumentsOnDelete::Delete)).await.unwrap(),
        4
    );
    let left = seed::list(store, customer, None).await;
    let left: Vec<_> = left.iter().map(|d| d.id).collect();
    assert_eq!(left, [outside]);
    assert!(
        !store.progress(&claim, None, LEASE).await.unwrap().is_held(),
        "its worker has lost the lease"
    );
    let told = "SELECT count(*) FROM audit_log WHERE action = 'document.deleted'";
    assert_eq!(scene.count(told).await, 4);
    let jobs = "SELECT count(DISTINCT job ->> 'documentId') FROM outbox WHERE job ->> 'job' = 'deleteDocument'";
    assert_eq!(scene.count(jobs).await, 4);
    let unseen =
        "SELECT count(*) FROM documents WHERE deleted_at IS NOT NULL AND resend_at IS NULL";
    assert_eq!(scene.count(unseen).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_added_during_a_deletion_is_included_or_refused() {
    for round in 0..8 {
        let scene = scene().await;
        let (customer, id) = (scene.customer, scene.collection);
        let adding: Vec<_> = (0..8)
            .map(|n| {
                let store = scene.database.store(1);
                tokio::spawn(async move {
                    let text = format!("text {n}");
                    add(&store, customer, &placed(&text, None, In(id))).await
                })
            })
            .collect();
        let store = scene.database.store(1);
        let documents = [DocumentsOnDelete::Delete, DocumentsOnDelete::Keep][round % 2];
        let deleting = tokio::spawn(async move {
            store
                .delete_collection(customer, Actor::System, id, Some(documents), false)
                .await
        });
        let mut added = HashSet::new();
        for outcome in join_all(adding).await {
            match outcome.unwrap() {
                Ok(document) => drop(added.insert(document)),
                Err(error) => unknown(&error),
            }
        }
        let jobs = deleting.await.unwrap().unwrap().1.len();
        let left = seed::list(&scene.store, customer, None).await;
        let all: HashSet<_> = left.iter().map(|d| d.id).collect();
        match documents {
            DocumentsOnDelete::Delete => assert_eq!((jobs, all.len()), (added.len(), 0)),
            DocumentsOnDelete::Keep => assert_eq!((jobs, all), (0, added)),
        }
        assert!(left.iter().all(|d| d.collection.is_none()));
    }
}

#[tokio::test]
async fn a_webhook_keeps_its_collection_until_that_is_deleted() {
    let scene = scene().await;
    let (store, customer, id) = (&scene.store, scene.customer, scene.collection);
    let hourly = WebhookFields {
        name: "hourly",
        status: WebhookStatus::Active,
        url: Some("https://example.com/"),
        schedule: Some("rate(1 hour)"),
        time_zone: None,
        events: &[],
        next_run_at: Some(chrono::Utc::now()),
        collection: Some(id),
    };
    let manual = WebhookFields {
        name: "in",
        url: None,
        schedule: None,
        next_run_at: None,
        ..hourly
    };
    let mut made = Vec::new();
    for (trigger, wanted) in [(Trigger::Scheduled, &hourly), (Trigger::Manual, &manual)] {
        let webhook = dynrag_domain::WebhookId::generate();
        let tx = store.tenant(customer).await.unwrap();
        webhooks::insert(&tx, webhook, trigger, wanted, None, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        made.push(webhook);
    }
    let due = store.sweep_schedules(10).await.unwrap();
    assert_eq!(due[0].collection, Some(id));
    let found = store.find_webhook(made[1]).await.unwrap().unwrap();
    assert_eq!(found.collection, Some(id));
    scene.delete(None).await.unwrap();
    let found = store.find_webhook(made[1]).await.unwrap().unwrap();
    assert_eq!(found.collection, None);
    for webhook in made {
        let row = store.get_webhook(customer, webhook).await.unwrap();
        assert_eq!(row.collection, None);
    }
}

#[tokio::test]
async fn erasing_a_customer_erases_its_collections() {
    let scene = scene().await;
    let (store, customer) = (&scene.store, scene.customer);
    scene.add("inside", Some(scene.collection)).await;
    let exported = store.export_rows(customer, "collections", 0).await.unwrap();
    assert!(exported[0].contains("Handbook"), "{exported:?}");
    let tx = store.tenant(customer).await.unwrap();
    dynrag_store::erasure::begin(&tx).await.unwrap();
    tx.commit().await.unwrap();
    store.end_erasure(customer).await.unwrap();
    for table in ["collections", "documents", "customers"] {
        let rows = scene.count(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
}
