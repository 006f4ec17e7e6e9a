//! The migrations: applied once, even if several processes apply them at the same time.

use crate::support::database::{ClusterLock, Database, migrate_database};

#[tokio::test]
async fn a_second_run_applies_nothing() {
    let _lock = ClusterLock::take().await;
    let database = Database::without_schema().await;
    let first = migrate_database(&database.name).await;
    let second = migrate_database(&database.name).await;
    assert!(first.applied.len() >= 7, "{first:?}");
    assert_eq!(second.applied, Vec::<String>::new());
    assert_eq!(first.version, second.version);
    // The app can log in with the password it was given.
    database.store(1).ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_concurrent_runs_succeed_and_share_the_work() {
    let _lock = ClusterLock::take().await;
    let database = Database::without_schema().await;
    let (one, other) = futures::join!(
        migrate_database(&database.name),
        migrate_database(&database.name)
    );
    assert_eq!(one.version, other.version);
    assert_eq!(
        one.applied.len() + other.applied.len(),
        usize::try_from(one.version.unwrap()).unwrap()
    );
}

/// The text of `payer_of`, one of the functions that every run replaces.
async fn payer_of(owner: &tokio_postgres::Client) -> String {
    let sql = "SELECT prosrc FROM pg_proc WHERE proname = 'payer_of'";
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn functions_are_replaced_unless_the_schema_is_newer() {
    let _lock = ClusterLock::take().await;
    let database = Database::without_schema().await;
    let migrated = migrate_database(&database.name).await;
    let owner = database.superuser().await;
    let ours = payer_of(&owner).await;
    let another = "CREATE OR REPLACE FUNCTION payer_of(tenant uuid) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'another' $$";
    owner.batch_execute(another).await.unwrap();
    assert!(migrate_database(&database.name).await.functions_replaced);
    assert_eq!(payer_of(&owner).await, ours);

    // A release that was rolled back had replaced it, and migrated the schema.
    owner.batch_execute(another).await.unwrap();
    let newer = format!(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
         SELECT {}, 'newer', applied_on, checksum FROM refinery_schema_history LIMIT 1",
        migrated.version.unwrap() + 1
    );
    owner.batch_execute(&newer).await.unwrap();
    assert!(!migrate_database(&database.name).await.functions_replaced);
    assert_ne!(payer_of(&owner).await, ours);
}
