//! The migrations: applied once, whoever else applies them at the same time.

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
async fn two_runs_at_once_both_succeed_and_share_the_work() {
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
