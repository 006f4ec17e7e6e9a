//! Old versions are retired while new ones are made from them: one of the two gives way, whichever is first.

use std::time::Duration;

use dynrag_domain::{DocumentId, Result, VersionNumber, audit::Actor};
use dynrag_store::{Store, TenantId, outbox::Pending, versions::Change};
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

struct Scene {
    store: Store,
    superuser: Client,
    customer: TenantId,
    document: DocumentId,
    /// Kept so that the database is not dropped.
    database: Database,
}

/// A document whose first version is past its retention.
async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(4), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let (document, _) = seed::add(&store, customer, Some("a"), "first").await;
    seed::add(&store, customer, Some("a"), "second").await;
    superuser
        .batch_execute(
            "UPDATE document_versions SET status = 'superseded', superseded_at = now() - interval '1 day' WHERE version = 1;
             UPDATE document_versions SET status = 'published' WHERE version = 2;
             UPDATE documents SET status = 'completed', published_version = 2;
             UPDATE customer_config SET retention_days = 0",
        )
        .await
        .unwrap();
    Scene {
        store,
        superuser,
        customer,
        document,
        database,
    }
}

async fn retire(store: Store, customer: TenantId) -> Vec<(DocumentId, VersionNumber)> {
    let step = store.begin_maintenance(customer).await.unwrap();
    let retired = step.retire(100).await.unwrap();
    step.end().await.unwrap();
    retired
}

async fn reuse_first(
    store: Store,
    customer: TenantId,
    document: DocumentId,
) -> Result<Option<(VersionNumber, Pending)>> {
    let change = Change::default();
    let made = store.process_again(
        customer,
        Actor::System,
        document,
        Some(VersionNumber::FIRST),
        &change,
    );
    made.await
}

/// Returns when this many sessions wait for a lock.
async fn until_waiting(superuser: &Client, sessions: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let seen = async || -> i64 { superuser.query_one(waiting, &[]).await.unwrap().get(0) };
    while seen().await < sessions {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Locks the first version, so that both have to wait.
async fn hold(database: &Database) -> Client {
    let holder = database.superuser().await;
    let hold = "BEGIN; SELECT FROM document_versions WHERE version = 1 FOR UPDATE";
    holder.batch_execute(hold).await.unwrap();
    holder
}

#[tokio::test]
async fn a_version_reused_meanwhile_is_not_retired() {
    let scene = scene().await;
    let holder = hold(&scene.database).await;
    let again = reuse_first(scene.store.clone(), scene.customer, scene.document);
    let again = tokio::spawn(again);
    until_waiting(&scene.superuser, 1).await;
    let retire = tokio::spawn(retire(scene.store.clone(), scene.customer));
    until_waiting(&scene.superuser, 2).await;
    holder.batch_execute("COMMIT").await.unwrap();

    let (version, _) = again.await.unwrap().unwrap().unwrap();
    assert_eq!(version, seed::version(3));
    assert_eq!(retire.await.unwrap(), []);
}

#[tokio::test]
async fn a_version_retired_meanwhile_cannot_be_reused() {
    let scene = scene().await;
    let holder = hold(&scene.database).await;
    let retire = tokio::spawn(retire(scene.store.clone(), scene.customer));
    until_waiting(&scene.superuser, 1).await;
    let again = reuse_first(scene.store.clone(), scene.customer, scene.document);
    let again = tokio::spawn(again);
    until_waiting(&scene.superuser, 2).await;
    holder.batch_execute("COMMIT").await.unwrap();

    assert_eq!(
        retire.await.unwrap(),
        [(scene.document, VersionNumber::FIRST)]
    );
    // Its next attempt sees the reason.
    assert!(again.await.unwrap().unwrap().is_none());
    let refused = reuse_first(scene.store.clone(), scene.customer, scene.document).await;
    assert_eq!(refused.unwrap_err().code(), "no_original");
    let left = scene
        .store
        .get_document(scene.customer, scene.document)
        .await;
    assert_eq!(left.unwrap().latest_version, seed::version(2));
}
