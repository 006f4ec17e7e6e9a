//! Concurrent writers of a tenant store each chunk once, and readers see what is published, all of it or
//! nothing. The lock, the fencing tokens and the recorded version are in PostgreSQL, the LanceDB tables in
//! a folder.

mod scene;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use dynrag_domain::{VersionNumber, documents::OnDuplicate};
use dynrag_store::{
    publication::Written,
    uploads::{Added, Target},
};
use dynrag_vectors::Change;
use uuid::Uuid;

use self::scene::{CHUNKS, LEASE, Process, chunk_ids, rows, scene};
use crate::support::{seed, size};

const WRITERS: usize = 8;

/// A writer: new versions of its own document and of one that all writers share. Every third store step dies between
/// its two commits and is repeated by any writer. Returns the number of versions it published.
async fn writer(process: Process, number: usize, rounds: usize) -> usize {
    let mut published = 0;
    for round in 0..rounds {
        for (external_id, text) in [
            (format!("own {number}"), format!("round {round}")),
            ("shared".to_owned(), format!("round {round} of {number}")),
        ] {
            let hash = seed::sha256(&text);
            let target = loop {
                let new = seed::new_document(&text, Some(&external_id));
                let target = process
                    .store
                    .resolve_upload(process.customer, &new, &hash, OnDuplicate::NewVersion)
                    .await
                    .unwrap();
                let added = process
                    .store
                    .add_document(process.customer, target, &new, Uuid::new_v4(), 1, &hash)
                    .await
                    .unwrap();
                if matches!(added, Added::Queued(_)) {
                    break target;
                }
            };
            let (document, version) = match target {
                Target::New { id } => (id, VersionNumber::FIRST),
                Target::Next { id, version } => (id, version),
                Target::Duplicate { .. } => unreachable!("new versions were asked for"),
            };
            let lease = process
                .store
                .claim(process.customer, document, version, LEASE)
                .await
                .unwrap();
            // If there is a later version meanwhile, the job is moot.
            let Some(claim) = lease else { continue };
            if (number + round).is_multiple_of(3) {
                // Dies after its Lance commit: the step is dropped, the transaction rolled back.
                drop(process.write(&claim).await);
            }
            if let Some((step, stored)) = process.write(&claim).await {
                process.publish(&claim, step, stored).await.unwrap();
                published += 1;
            }
        }
    }
    published
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_store_each_chunk_once_and_readers_see_only_what_is_published() {
    let scene = Arc::new(scene().await);
    let writing = Arc::new(AtomicBool::new(true));
    let reader = tokio::spawn({
        let (scene, writing) = (scene.clone(), writing.clone());
        async move {
            let process = scene.process();
            let mut read = BTreeSet::new();
            while writing.load(Ordering::Relaxed) {
                let (version, published) = scene.published().await;
                assert_eq!(
                    process.seen(version).await,
                    chunk_ids(&published),
                    "at version {version:?}"
                );
                read.extend(version);
            }
            read.len()
        }
    });
    let rounds = size(4, 50);
    let compactor = tokio::spawn({
        let (process, writing) = (scene.process(), writing.clone());
        async move {
            let mut compacted = 0;
            while writing.load(Ordering::Relaxed) {
                compacted += usize::from(process.compact().await);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            compacted
        }
    });
    let merger = tokio::spawn({
        let (process, writing) = (scene.process(), writing.clone());
        async move {
            let mut merged = 0;
            while writing.load(Ordering::Relaxed) {
                merged += usize::from(process.merge().await);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            merged
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| tokio::spawn(writer(scene.process(), number, rounds)))
        .collect();
    let mut published = 0;
    for writer in writers {
        published += writer.await.unwrap();
    }
    writing.store(false, Ordering::Relaxed);
    let versions_read = reader.await.unwrap();
    assert!(compactor.await.unwrap() > 0, "nothing was compacted");
    assert!(merger.await.unwrap() > 0, "nothing was merged");

    let (version, documents) = scene.published().await;
    assert_eq!(documents.len(), WRITERS + 1);
    assert_eq!(scene.process().seen(version).await, chunk_ids(&documents));
    // Every row, superseded or not, was published once: none was stored twice.
    assert_eq!(
        scene.row_count().await,
        (published * CHUNKS as usize) as i64
    );
    assert!(published >= WRITERS * rounds);
    assert!(
        versions_read > 2,
        "the reader read {versions_read} versions only"
    );
}

/// A writer that is frozen after its Lance commit, and continues when PostgreSQL has ended its transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_frozen_after_its_lance_commit_publishes_nothing() {
    let scene = scene().await;
    let (frozen, next) = (scene.process(), scene.process());
    let (first, _) = seed::add(&next.store, scene.customer, None, "first").await;
    let claim = next.claim(first, VersionNumber::FIRST).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();

    let (document, _) = seed::add(&next.store, scene.customer, None, "second").await;
    let stale = frozen.claim(document, VersionNumber::FIRST).await;
    let (step, leftover) = frozen.write(&stale).await.unwrap();
    scene.end_idle_transactions().await;
    // Its leftover is invisible, unless a reader uses Lance's latest version instead of the recorded one.
    let (recorded, published) = scene.published().await;
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_ne!(
        next.seen(Some(leftover.version)).await,
        chunk_ids(&published),
        "the negative control sees no difference"
    );
    assert_eq!(
        frozen
            .publish(&stale, step, leftover)
            .await
            .unwrap_err()
            .code(),
        "unavailable"
    );
    assert_eq!(scene.published().await, (recorded, published));

    // The document's next worker repeats the work, on a table without the leftover.
    scene.expire_lease(document).await;
    let claim = next.claim(document, VersionNumber::FIRST).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();
    let (recorded, published) = scene.published().await;
    assert_eq!(
        published,
        BTreeMap::from([first, document].map(|id| (id, VersionNumber::FIRST)))
    );
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_eq!(scene.row_count().await, i64::from(2 * CHUNKS));
    assert!(
        frozen.write(&stale).await.is_none(),
        "a stale token holds nothing"
    );
}

/// A writer that is frozen before its Lance commit, and makes it after another one has published.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_thaws_after_the_next_one_leaves_nothing_behind() {
    let scene = scene().await;
    let (frozen, next) = (scene.process(), scene.process());
    let (document, _) = seed::add(&next.store, scene.customer, None, "text").await;
    let stale = frozen.claim(document, VersionNumber::FIRST).await;
    let step = frozen.store.begin_store_step(scene.customer).await.unwrap();
    assert_eq!(step.lock(&[&stale]).await.unwrap().len(), 1);
    scene.end_idle_transactions().await;

    scene.expire_lease(document).await;
    let claim = next.claim(document, VersionNumber::FIRST).await;
    let (next_step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, next_step, stored).await.unwrap();
    let before = scene.published().await;

    // It thaws, unaware of that, and commits to Lance: even if that succeeds, it is not published.
    let change = Change {
        append: rows(&stale),
        ..Change::none(Utc::now())
    };
    if let Ok(leftover) = frozen
        .vectors
        .store(scene.customer.customer_id(), step.recorded, &change)
        .await
    {
        let leftover = Written {
            version: leftover.version.unwrap(),
            rows: leftover.rows,
            segment: None,
        };
        assert_eq!(
            frozen
                .publish(&stale, step, leftover)
                .await
                .unwrap_err()
                .code(),
            "unavailable"
        );
    }
    assert_eq!(scene.published().await, before);
    assert_eq!(next.seen(before.0).await, chunk_ids(&before.1));

    let (last, _) = seed::add(&next.store, scene.customer, None, "last").await;
    let claim = next.claim(last, VersionNumber::FIRST).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();
    let (recorded, published) = scene.published().await;
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_eq!(scene.row_count().await, i64::from(2 * CHUNKS));
}
