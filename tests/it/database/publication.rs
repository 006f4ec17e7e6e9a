//! Publication: at most one published version of a document, and versions that end unpublished.

use std::time::Duration;

use chrono::Utc;
use dynrag_domain::{
    DocumentId, VersionNumber,
    documents::{FailureCode, Status},
    tables::TableVersion,
};
use dynrag_store::{
    Store, TenantId,
    ingestion::Claim,
    publication::{Committed, Publication, Written},
};
use tokio_postgres::{Client, error::SqlState};

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

async fn claim(store: &Store, customer: TenantId, document: DocumentId, version: i32) -> Claim {
    store
        .claim(customer, document, seed::version(version), LEASE)
        .await
        .unwrap()
        .unwrap()
}

async fn publish(store: &Store, claim: &Claim, lance_version: u64) {
    let step = store.begin_store_step(claim.tenant).await.unwrap();
    assert_eq!(step.lock(&[claim]).await.unwrap().len(), 1);
    let committed = Committed {
        written: Written {
            version: TableVersion::new(0, lance_version),
            rows: 3,
            segment: None,
        },
        embedding_model: seed::MODEL,
        dimensions: 2,
    };
    let publication = Publication {
        document_id: claim.document_id,
        version: claim.version,
        chunks: 3,
        tokens: 30,
        chunk_tokens: 7,
    };
    step.publish(committed, Utc::now(), &[publication])
        .await
        .unwrap();
}

async fn statuses(superuser: &Client, document: DocumentId) -> Vec<String> {
    let sql = "SELECT status FROM document_versions WHERE document_id = $1 ORDER BY version";
    superuser
        .query(sql, &[&document.as_uuid()])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn a_publication_supersedes_exactly_the_previous_version() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let (document, _) = seed::add(&store, ours, Some("kb-17"), "first").await;
    let (neighbour, _) = seed::add(&store, ours, None, "neighbour").await;
    let (foreign, _) = seed::add(&store, theirs, None, "first").await;
    for (customer, document, lance_version) in [
        (ours, document, 1),
        (ours, neighbour, 2),
        (theirs, foreign, 9),
    ] {
        publish(
            &store,
            &claim(&store, customer, document, 1).await,
            lance_version,
        )
        .await;
    }
    seed::add(&store, ours, Some("kb-17"), "second").await;
    let second = claim(&store, ours, document, 2).await;
    assert_eq!(
        second.published_hash.as_deref(),
        Some(seed::sha256("first").as_slice())
    );
    // Until it is published, the first version stays.
    let meanwhile = store.get_document(ours, document).await.unwrap();
    assert_eq!(
        (meanwhile.status, meanwhile.published_version),
        (Status::Processing, Some(VersionNumber::FIRST))
    );
    publish(&store, &second, 3).await;

    assert_eq!(
        statuses(&superuser, document).await,
        ["superseded", "published"]
    );
    assert_eq!(statuses(&superuser, neighbour).await, ["published"]);
    assert_eq!(statuses(&superuser, foreign).await, ["published"]);
    let done = store.get_document(ours, document).await.unwrap();
    assert_eq!(
        (done.status, done.published_version, done.chunks),
        (Status::Completed, Some(seed::version(2)), Some(3))
    );
    assert_eq!(
        store.recorded_version(ours).await.unwrap(),
        Some(TableVersion::new(0, 3))
    );
    assert_eq!(
        store.recorded_version(theirs).await.unwrap(),
        Some(TableVersion::new(0, 9))
    );

    // The database itself refuses a second published version.
    let both = "UPDATE document_versions SET status = 'published' WHERE document_id = $1";
    let error = superuser
        .execute(both, &[&document.as_uuid()])
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION));
}

#[tokio::test]
async fn a_version_that_ends_unpublished_keeps_the_published_one() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let (document, _) = seed::add(&store, customer, Some("kb-17"), "first").await;
    publish(&store, &claim(&store, customer, document, 1).await, 1).await;

    seed::add(&store, customer, Some("kb-17"), "damaged").await;
    let failing = claim(&store, customer, document, 2).await;
    assert!(
        store
            .fail(&failing, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    let failed = store.get_document(customer, document).await.unwrap();
    assert_eq!(
        (failed.status, failed.published_version),
        (Status::Failed, Some(VersionNumber::FIRST))
    );

    seed::add(&store, customer, Some("kb-17"), "first").await;
    let same = claim(&store, customer, document, 3).await;
    assert!(store.unchanged(&same).await.unwrap().is_held());
    let unchanged = store.get_document(customer, document).await.unwrap();
    assert_eq!(
        (unchanged.status, unchanged.published_version),
        (Status::Completed, Some(VersionNumber::FIRST))
    );
    assert_eq!(
        statuses(&superuser, document).await,
        ["published", "failed", "superseded"]
    );
    assert_eq!(
        store.recorded_version(customer).await.unwrap(),
        Some(TableVersion::new(0, 1))
    );
}

#[tokio::test]
async fn a_dropped_step_publishes_nothing_and_releases_the_lock() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let (document, _) = seed::add(&store, ours, None, "text").await;
    let claim = claim(&store, ours, document, 1).await;
    let step = store.begin_store_step(ours).await.unwrap();
    step.lock(&[&claim]).await.unwrap();
    // The lock of another tenant is separate.
    store
        .begin_store_step(theirs)
        .await
        .unwrap()
        .end()
        .await
        .unwrap();
    drop(step);
    assert_eq!(store.recorded_version(ours).await.unwrap(), None);
    publish(&store, &claim, 1).await;
    assert_eq!(
        store.recorded_version(ours).await.unwrap(),
        Some(TableVersion::new(0, 1))
    );
}

#[tokio::test]
async fn no_vectors_are_staged_after_the_publication() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(1), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let (document, _) = seed::add(&store, customer, None, "text").await;
    let hash = "a".repeat(64);
    let stage = async || {
        let (texts, vectors) = ([(document, hash.as_str())], [vec![1.0, 2.0]]);
        store
            .stage(customer, seed::MODEL, &texts, &vectors, &[])
            .await
            .unwrap();
        let rows = "SELECT count(*) FROM staged_embeddings";
        let row = superuser.query_one(rows, &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    let claimed = claim(&store, customer, document, 1).await;
    assert_eq!(stage().await, 1);
    publish(&store, &claimed, 1).await;
    assert_eq!(stage().await, 0);
}
