//! Queries of `sweep` across tenants: each due row is returned once, postponed, and never returned while its lease is
//! valid.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use dynrag_domain::{
    VersionNumber,
    audit::Actor,
    documents::{FailureCode, Status},
    jobs::Job,
    queues::Message,
};
use dynrag_store::{holds::Waiting, outbox::Outgoing, sweep::Awaited};
use tokio::time::timeout;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

/// Longest wait for a sweep that has no reason to wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two sweeps at the same time: what the first took, whose transaction is still open, and what the
/// second took meanwhile. The second must neither wait nor take the same rows.
async fn two_at_once<T>(
    superuser: &Client,
    first: &str,
    second: impl Future<Output = Vec<T>>,
) -> (Vec<Row>, Vec<T>) {
    superuser.batch_execute("BEGIN").await.unwrap();
    let taken = superuser.query(first, &[]).await.unwrap();
    let second = timeout(PATIENCE, second).await;
    superuser.batch_execute("COMMIT").await.unwrap();
    (taken, second.expect("a sweep waits for another one"))
}

#[tokio::test]
async fn concurrent_sweeps_return_a_due_job_once_and_postpone_it() {
    const JOBS: usize = 30;
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    for _ in 0..2 {
        let customer = seed::customer(&store).await.id;
        for number in 0..JOBS {
            seed::add(&store, customer, None, &format!("text {number}")).await;
        }
    }
    // Just written: the function that wrote them is about to send them.
    assert!(store.sweep_outbox(100).await.unwrap().is_empty());
    superuser
        .batch_execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'")
        .await
        .unwrap();
    let sweep = async { store.sweep_outbox(100).await.unwrap() };
    let (first, second) = two_at_once(&superuser, "SELECT id FROM sweep_outbox(25)", sweep).await;
    assert_eq!((first.len(), second.len()), (25, 2 * JOBS - 25));
    let ids = first.iter().map(|row| row.get(0));
    let ids: BTreeSet<i64> = ids.chain(second.iter().map(|pending| pending.id)).collect();
    assert_eq!(ids.len(), 2 * JOBS);
    assert!(store.sweep_outbox(100).await.unwrap().is_empty());
    let deferred = "SELECT count(*) FROM outbox WHERE attempts = 1 AND next_attempt_at > now() + interval '20 seconds'";
    let deferred: i64 = superuser.query_one(deferred, &[]).await.unwrap().get(0);
    assert_eq!(deferred, 2 * JOBS as i64);
    // The tenth wait is several minutes, and at most ten.
    superuser
        .batch_execute("UPDATE outbox SET attempts = 9, next_attempt_at = now()")
        .await
        .unwrap();
    store.sweep_outbox(1).await.unwrap();
    let wait = "SELECT max(next_attempt_at) BETWEEN now() + interval '9 minutes' AND now() + interval '10 minutes' FROM outbox";
    assert!(
        superuser
            .query_one(wait, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );
}

#[tokio::test]
async fn a_sent_job_is_removed_only_by_its_own_customer() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let (_, pending) = seed::try_add(&store, ours, None, "text").await;
    let pending = pending.unwrap();
    let left = "SELECT count(*) FROM outbox";
    let forged = dynrag_store::outbox::Pending {
        tenant: theirs,
        ..pending
    };
    store.outbox_sent(&forged).await.unwrap();
    assert_eq!(
        superuser
            .query_one(left, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        1
    );
    store.outbox_sent(&pending).await.unwrap();
    assert_eq!(
        superuser
            .query_one(left, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        0
    );
}

#[tokio::test]
async fn only_documents_with_an_expired_lease_are_queued_again() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let mut lapsed = Vec::new();
    let mut alive = Vec::new();
    for _ in 0..2 {
        let customer = seed::customer(&store).await.id;
        for number in 0..10 {
            let (document, version) =
                seed::add(&store, customer, None, &format!("text {number}")).await;
            store
                .claim(customer, document, version, LEASE)
                .await
                .unwrap()
                .unwrap();
            if number % 2 == 0 {
                lapsed.push((customer, document));
            } else {
                alive.push((customer, document));
            }
        }
    }
    assert!(store.sweep_documents(100).await.unwrap().is_empty());
    let lapse = "UPDATE documents SET lease_expires_at = now() - interval '1 second', resend_at = lease_expires_at - interval '61 seconds' WHERE id = $1";
    for (_, document) in &lapsed {
        superuser
            .execute(lapse, &[&document.as_uuid()])
            .await
            .unwrap();
    }
    let sweep = async { store.sweep_documents(100).await.unwrap() };
    let (first, second) = two_at_once(&superuser, "SELECT id FROM sweep_documents(4)", sweep).await;
    assert_eq!((first.len(), second.len()), (4, lapsed.len() - 4));
    let ids = first.iter().map(|row| row.get(0));
    let handed_out: BTreeSet<Uuid> = ids
        .chain(second.iter().map(|job| match job {
            Outgoing::Job(job) => job.document_id().unwrap().as_uuid(),
            other => panic!("{other:?}"),
        }))
        .collect();
    assert_eq!(handed_out.len(), lapsed.len());
    for (customer, document) in lapsed {
        assert_eq!(
            store.get_document(customer, document).await.unwrap().status,
            Status::Queued
        );
        let claim = store
            .claim(customer, document, VersionNumber::FIRST, LEASE)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(claim.attempts, 2);
    }
    for (customer, document) in alive {
        assert!(!handed_out.contains(&document.as_uuid()));
        assert_eq!(
            store.get_document(customer, document).await.unwrap().status,
            Status::Processing
        );
        assert!(
            store
                .claim(customer, document, VersionNumber::FIRST, LEASE)
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn unfinished_deletions_and_lost_messages_are_sent_again() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let (deleted, _) = seed::add(&store, ours, None, "deleted").await;
    store
        .delete_document(ours, Actor::System, deleted, false)
        .await
        .unwrap();
    let (lost, _) = seed::add(&store, theirs, None, "lost").await;
    superuser
        .batch_execute("UPDATE documents SET resend_at = now() - interval '1 second'")
        .await
        .unwrap();
    let mut jobs = store.sweep_documents(100).await.unwrap();
    jobs.sort_by_key(Message::customer);
    assert_eq!(
        jobs,
        [
            Job::delete(ours.customer_id(), deleted),
            Job::process(theirs.customer_id(), lost, VersionNumber::FIRST)
        ]
        .map(Outgoing::Job)
    );
    assert!(store.sweep_documents(100).await.unwrap().is_empty());
    // Nothing is sent for a document that has ended.
    let claim = store
        .claim(theirs, lost, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    assert!(
        store
            .fail(&claim, FailureCode::CorruptFile)
            .await
            .unwrap()
            .is_held()
    );
    let due = "SELECT count(*) FROM documents WHERE status = 'failed' AND resend_at IS NOT NULL";
    assert_eq!(
        superuser
            .query_one(due, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        0
    );
}

#[tokio::test]
async fn overdue_uploads_are_returned_until_they_end() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let yesterday = Utc::now() - chrono::TimeDelta::days(1);
    let just_now = Utc::now() - chrono::TimeDelta::minutes(1);
    let expired = seed::add_awaited(&store, ours, yesterday).await;
    let deleted = seed::add_awaited(&store, ours, yesterday).await;
    store
        .delete_document(ours, Actor::System, deleted, false)
        .await
        .unwrap();
    let arrived = seed::add_awaited(&store, theirs, just_now).await;
    seed::add_awaited(&store, theirs, seed::in_an_hour()).await;
    let found = store.sweep_uploads(100).await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let awaited = |tenant, id, overdue| Awaited {
        tenant,
        id,
        overdue,
    };
    assert!(found.contains(&awaited(ours, expired, true)), "{found:?}");
    assert!(
        found.contains(&awaited(theirs, arrived, false)),
        "{found:?}"
    );
    // A returned upload is postponed, so that one that keeps failing does not block others.
    let next = seed::add_awaited(&store, theirs, just_now).await;
    let found = store.sweep_uploads(1).await.unwrap();
    assert_eq!(found, [awaited(theirs, next, false)]);
    assert!(store.sweep_uploads(100).await.unwrap().is_empty());
    store
        .upload_failed(ours, expired, FailureCode::UploadExpired)
        .await
        .unwrap();
    assert!(
        store
            .upload_arrived(theirs, arrived, 5)
            .await
            .unwrap()
            .is_some()
    );
    let later = "UPDATE documents SET upload_swept_at = now() - interval '11 minutes' WHERE upload_expires_at IS NOT NULL";
    database
        .superuser()
        .await
        .execute(later, &[])
        .await
        .unwrap();
    let found = store.sweep_uploads(100).await.unwrap();
    assert_eq!(found, [awaited(theirs, next, false)]);
    let failed = store.get_document(ours, expired).await.unwrap();
    assert_eq!(
        (failed.status, failed.code),
        (Status::Failed, Some(FailureCode::UploadExpired))
    );
    // Too late, and by the wrong tenant.
    assert!(
        store
            .upload_arrived(ours, expired, 5)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .upload_arrived(ours, arrived, 5)
            .await
            .unwrap()
            .is_none()
    );
    store
        .upload_failed(ours, arrived, FailureCode::UploadExpired)
        .await
        .unwrap();
    assert_eq!(
        store.get_document(theirs, arrived).await.unwrap().status,
        Status::Queued
    );
}

#[tokio::test]
async fn staged_vectors_are_removed_after_a_week() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let customer = seed::customer(&store).await.id;
    let hash = |text: &str| hex::encode(seed::sha256(text));
    let (document, _) = seed::add(&store, customer, None, "text").await;
    let claim = store
        .claim(customer, document, VersionNumber::FIRST, LEASE)
        .await
        .unwrap()
        .unwrap();
    store
        .stage(
            customer,
            &claim.embedding_model,
            &[(document, &hash("old")), (document, &hash("new"))],
            &[vec![1.0], vec![-2.5]],
            &[],
        )
        .await
        .unwrap();
    let age =
        "UPDATE staged_embeddings SET created_at = now() - interval '8 days' WHERE text_hash = $1";
    superuser.execute(age, &[&hash("old")]).await.unwrap();
    assert_eq!(store.sweep_staged().await.unwrap(), 1);
    let left = store
        .read_staged(
            customer,
            &claim.embedding_model,
            &[hash("old"), hash("new")],
        )
        .await
        .unwrap();
    assert_eq!(left, HashMap::from([(hash("new"), vec![-2.5])]));
}

#[tokio::test]
async fn only_received_documents_are_held_for_an_early_resend() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let mut waiting = Vec::new();
    // Of different customers, as a batch may be.
    for number in 0..6 {
        let tenant = seed::customer(&store).await.id;
        let (document_id, _) = seed::add(&store, tenant, None, &format!("text {number}")).await;
        waiting.push(Waiting {
            tenant,
            document_id,
            version: VersionNumber::FIRST,
        });
    }
    let [received, overtaken, claimed, deleted, locked, queued] = waiting[..] else {
        panic!("six documents")
    };
    let id = |document: Waiting| document.document_id.as_uuid();
    store
        .claim(
            claimed.tenant,
            claimed.document_id,
            VersionNumber::FIRST,
            LEASE,
        )
        .await
        .unwrap()
        .expect("a claim");
    for (change, document) in [
        ("latest_version = 2", overtaken),
        ("deleted_at = now()", deleted),
    ] {
        let change = format!("UPDATE documents SET {change} WHERE id = $1");
        superuser.execute(&change, &[&id(document)]).await.unwrap();
    }
    let times = "SELECT id, resend_at FROM documents";
    let times = async || -> HashMap<Uuid, Option<DateTime<Utc>>> {
        let rows = superuser.query(times, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let before = times().await;
    superuser.batch_execute("BEGIN").await.unwrap();
    let lock = "SELECT 1 FROM documents WHERE id = $1 FOR UPDATE";
    superuser.query(lock, &[&id(locked)]).await.unwrap();
    // All but the last have been received.
    let hold = store.hold_documents(&waiting[..5], LEASE);
    let held = timeout(PATIENCE, hold).await.expect("it waits for a lock");
    superuser.batch_execute("COMMIT").await.unwrap();
    assert_eq!(held.unwrap(), 1);
    let after = times().await;
    for (document, time) in &after {
        let changed = *time != before[document];
        assert_eq!(changed, *document == id(received), "{document}");
    }
    let time = after[&id(received)].unwrap();
    assert!(time < before[&id(received)].unwrap() && time > Utc::now());
    assert!(after[&id(queued)].unwrap() > Utc::now() + LEASE * 2);
    // The hold expires, and its message is sent again, once.
    let late = "UPDATE documents SET resend_at = now() WHERE id = $1";
    superuser.execute(late, &[&id(received)]).await.unwrap();
    let job = Job::process(
        received.tenant.customer_id(),
        received.document_id,
        VersionNumber::FIRST,
    );
    assert_eq!(
        store.sweep_documents(100).await.unwrap(),
        [Outgoing::Job(job)]
    );
    assert!(store.sweep_documents(100).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_job_of_an_unknown_kind_blocks_no_other() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let customer = seed::customer(&store).await;
    let superuser = database.superuser().await;
    let newer = "ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check";
    superuser.batch_execute(newer).await.unwrap();
    for kind in ["reindex", "crawl"] {
        let insert = "INSERT INTO jobs (customer_id, id, kind, resend_at) VALUES ($1, gen_random_uuid(), $2, now() - interval '1 minute')";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&customer.id.as_uuid(), &kind];
        superuser.execute(insert, &values).await.unwrap();
    }
    let tasks = store.sweep_tasks(10).await.unwrap();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
}
