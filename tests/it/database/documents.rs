//! Documents in the database: exact limits, races, deletion, the timeline, paging.

use std::collections::BTreeSet;

use dynrag_domain::{
    DocumentId, Kind, VersionNumber,
    audit::Actor,
    documents::{
        OnDuplicate, Status,
        filter::{Filter, Sort},
    },
};
use dynrag_store::{
    Store, TenantId,
    document_list::Position,
    uploads::{Added, Target},
};
use uuid::Uuid;

use crate::support::{database::Database, seed};

const WRITERS: usize = 16;

async fn ids(store: &Store, customer: TenantId) -> Vec<DocumentId> {
    store
        .list_documents(customer, &Filter::default(), Sort::default(), None, 1000)
        .await
        .unwrap()
        .into_iter()
        .map(|d| d.id)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_inserts_do_not_exceed_the_document_limit() {
    const LIMIT: usize = 5;
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let limit = "UPDATE customer_config SET max_documents = $2 WHERE customer_id = $1";
    database
        .superuser()
        .await
        .execute(limit, &[&ours.as_uuid(), &(LIMIT as i32)])
        .await
        .unwrap();
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = database.store(1);
            tokio::spawn(async move {
                let text = format!("text of writer {writer}");
                let hash = seed::sha256(&text);
                if writer % 2 == 0 {
                    let target = Target::New {
                        id: DocumentId::generate(),
                    };
                    let new = seed::new_document(&text, None);
                    store
                        .add_document(ours, target, &new, Uuid::new_v4(), 1, &hash)
                        .await
                        .map(drop)
                } else {
                    // Awaited uploads count too.
                    let new = seed::new_document(&text, None);
                    let id = DocumentId::generate();
                    store
                        .add_awaited_document(ours, id, &new, Uuid::new_v4(), seed::in_an_hour())
                        .await
                }
            })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => added += 1,
            Err(error) => assert_eq!(
                (error.kind(), error.code()),
                (Kind::Conflict, "document_limit")
            ),
        }
    }
    assert_eq!(added, LIMIT);
    assert_eq!(ids(&store, ours).await.len(), LIMIT);
    seed::add(&store, theirs, None, "somebody else's").await;
    // A deleted document makes room for one, not for two.
    store
        .delete_document(ours, Actor::System, ids(&store, ours).await[0], false)
        .await
        .unwrap();
    seed::add(&store, ours, None, "one more").await;
    let target = Target::New {
        id: DocumentId::generate(),
    };
    let new = seed::new_document("too many", None);
    let refused = store
        .add_document(
            ours,
            target,
            &new,
            Uuid::new_v4(),
            1,
            &seed::sha256("too many"),
        )
        .await;
    assert_eq!(refused.err().unwrap().code(), "document_limit");
}

/// Sixteen uploads that all find nothing and then add a document: how many were queued, and the documents.
async fn race(
    external_id: Option<&'static str>,
    text: fn(usize) -> String,
) -> (usize, Vec<DocumentId>) {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = database.store(1);
            tokio::spawn(async move {
                let (text, target) = (
                    text(writer),
                    Target::New {
                        id: DocumentId::generate(),
                    },
                );
                let new = seed::new_document(&text, external_id);
                let added = store
                    .add_document(
                        customer,
                        target,
                        &new,
                        Uuid::new_v4(),
                        1,
                        &seed::sha256(&text),
                    )
                    .await;
                matches!(added.unwrap(), Added::Queued(_))
            })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += usize::from(task.await.unwrap());
    }
    (added, ids(&store, customer).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_for_an_external_id_make_one_document() {
    let (added, ids) = race(Some("kb-17"), |writer| format!("text of writer {writer}")).await;
    assert_eq!((added, ids.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_of_the_same_content_make_one_document() {
    let (added, ids) = race(None, |_| "the same text".to_owned()).await;
    assert_eq!((added, ids.len()), (1, 1));
}

#[tokio::test]
async fn content_and_external_ids_are_per_tenant() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let (document, _) = seed::add(&store, ours, Some("kb-17"), "the text").await;
    for external_id in [None, Some("kb-17")] {
        let target = store
            .resolve_upload(
                theirs,
                &seed::new_document("T", external_id),
                &seed::sha256("the text"),
                OnDuplicate::Skip,
            )
            .await;
        assert!(
            matches!(target.unwrap(), Target::New { .. }),
            "{external_id:?}"
        );
    }
    let same = store
        .resolve_upload(
            ours,
            &seed::new_document("T", None),
            &seed::sha256("the text"),
            OnDuplicate::Skip,
        )
        .await
        .unwrap();
    assert_eq!(
        same,
        Target::Duplicate {
            id: document,
            status: Status::Queued
        }
    );
    assert_eq!(
        store
            .get_document(theirs, document)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert_eq!(
        store
            .document_status(theirs, document)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert_eq!(
        store
            .delete_document(theirs, Actor::System, document, false)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert!(ids(&store, theirs).await.is_empty());
}

#[tokio::test]
async fn a_deleted_document_is_hidden_and_frees_its_external_id() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let (kept, _) = seed::add(&store, customer, None, "kept").await;
    let (gone, version) = seed::add(&store, customer, Some("kb-17"), "gone").await;
    store
        .delete_document(customer, Actor::System, gone, false)
        .await
        .unwrap();
    assert_eq!(ids(&store, customer).await, [kept]);
    assert_eq!(
        store.get_document(customer, gone).await.unwrap_err().kind(),
        Kind::NotFound
    );
    assert_eq!(
        store
            .document_status(customer, gone)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert_eq!(
        store
            .delete_document(customer, Actor::System, gone, false)
            .await
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    let lease = std::time::Duration::from_secs(60);
    assert!(
        store
            .claim(customer, gone, version, lease)
            .await
            .unwrap()
            .is_none()
    );
    let (again, version) = seed::add(&store, customer, Some("kb-17"), "gone").await;
    assert_ne!(again, gone);
    assert_eq!(version, VersionNumber::FIRST);
}

#[tokio::test]
async fn the_timeline_records_every_step() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await.id;
    let lease = std::time::Duration::from_secs(60);
    let (document, _) = seed::add(&store, customer, Some("kb-17"), "first").await;
    let claim = store
        .claim(customer, document, VersionNumber::FIRST, lease)
        .await
        .unwrap()
        .unwrap();
    use dynrag_domain::documents::{FailureCode, Stage};
    assert!(
        store
            .progress(&claim, Some(Stage::Embedding), lease)
            .await
            .unwrap()
            .is_held()
    );
    // A renewal is not a step.
    assert!(store.progress(&claim, None, lease).await.unwrap().is_held());
    assert!(
        store
            .fail(&claim, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    seed::add(&store, customer, Some("kb-17"), "second").await;
    let (_, steps) = store.document_status(customer, document).await.unwrap();
    let told: Vec<_> = steps
        .iter()
        .map(|e| (e.version.get(), e.status, e.stage, e.code, e.attempt))
        .collect();
    let expected = [
        (1, Status::Queued, None, None, 0),
        (1, Status::Processing, Some(Stage::Extracting), None, 1),
        (1, Status::Processing, Some(Stage::Embedding), None, 1),
        (1, Status::Failed, None, Some(FailureCode::CorruptFile), 1),
        (2, Status::Queued, None, None, 0),
    ];
    assert_eq!(told, expected);
    assert!(steps.iter().map(|step| step.number).eq(1..=5));
    for pair in steps.windows(2) {
        assert_eq!(pair[0].ended_at, Some(pair[1].started_at));
        assert!(pair[0].started_at <= pair[1].started_at);
    }
    assert_eq!(steps[4].ended_at, None);

    let standing = store.document_steps(customer, document, 3).await.unwrap();
    assert_eq!((standing.status, standing.code), (Status::Queued, None));
    assert!(standing.steps.iter().map(|step| step.number).eq(4..=5));
    assert_eq!(standing.steps[0].ended_at, Some(steps[4].started_at));
    let standing = store.document_steps(customer, document, 5).await.unwrap();
    assert_eq!((standing.status, standing.steps.len()), (Status::Queued, 0));
    let theirs = seed::customer(&store).await.id;
    let refused = store.document_steps(theirs, document, 0).await.unwrap_err();
    assert_eq!(refused.code(), "not_found");
}

#[tokio::test]
async fn paging_shows_each_document_once_even_with_equal_times() {
    const DOCUMENTS: usize = 23;
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    for number in 0..DOCUMENTS {
        seed::add(&store, ours, None, &format!("text {number}")).await;
        seed::add(&store, theirs, None, &format!("text {number}")).await;
    }
    let superuser = database.superuser().await;
    superuser
        .batch_execute("UPDATE documents SET created_at = '2026-11-21T09:30:00.123456Z'")
        .await
        .unwrap();
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = store
            .list_documents(ours, &Filter::default(), Sort::default(), after.as_ref(), 5)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Position::behind(last, Sort::default()));
        seen.extend(page.into_iter().map(|d| d.id));
    }
    assert_eq!(seen.len(), DOCUMENTS);
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
    let distinct: BTreeSet<_> = seen.into_iter().collect();
    assert_eq!(distinct, ids(&store, ours).await.into_iter().collect());
}
