//! Promise 3: concurrent writers of a tenant keep one copy, and readers see what is published, all of
//! it or nothing. The lock, the fencing tokens and the recorded version are PostgreSQL's, the tables
//! are LanceDB's in a folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use dynrag_domain::{
    CustomerId, DocumentId,
    chunks::{Chunk, chunk_id},
    documents::OnDuplicate,
    search::Mode,
};
use dynrag_store::{
    Store,
    ingestion::Claim,
    publication::{Committed, Publication, StoreStep},
    uploads::Target,
};
use dynrag_vectors::{Change, Location, Query, Recorded, Row, Stored, Vectors};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);
const WRITERS: usize = 8;
const ROUNDS: usize = 4;
const CHUNKS: u32 = 3;
const VECTOR: [f32; 4] = [0.5, 0.5, 0.5, 0.5];

struct Scene {
    database: Database,
    superuser: Client,
    folder: TempDir,
    customer: CustomerId,
}

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let superuser = database.superuser().await;
    let customer = seed::customer(&database.store(1)).await.id;
    Scene {
        database,
        superuser,
        folder: tempfile::tempdir().unwrap(),
        customer,
    }
}

/// A process of its own: pool, open tables, caches.
struct Process {
    store: Store,
    vectors: Vectors,
    customer: CustomerId,
}

fn rows(claim: &Claim) -> Vec<Row> {
    (0..CHUNKS)
        .map(|index| {
            let text = format!(
                "chunk {index} of version {} of {}",
                claim.version, claim.document_id
            );
            Row {
                document: claim.document_id,
                version: claim.version,
                title: "a title".into(),
                metadata: Arc::new(json!({})),
                chunk: Chunk {
                    index,
                    text_hash: hex::encode(seed::sha256(&text)),
                    text,
                    char_span: (0, 1),
                    page: None,
                    heading_path: Vec::new(),
                },
                vector: VECTOR.to_vec(),
                model: seed::MODEL.into(),
                language: None,
            }
        })
        .collect()
}

impl Scene {
    fn process(&self) -> Process {
        let location = Location::Local(self.folder.path().to_owned());
        Process {
            store: self.database.store(2),
            vectors: Vectors::new(location, 64 << 20),
            customer: self.customer,
        }
    }

    /// What PostgreSQL says at one moment: the Lance version and each document's published version.
    async fn published(&self) -> (Recorded, BTreeMap<DocumentId, i32>) {
        let sql =
            "SELECT lance_version, (SELECT jsonb_object_agg(id, published_version) FROM documents d
                       WHERE d.customer_id = i.customer_id AND published_version IS NOT NULL)
                   FROM index_versions i WHERE customer_id = $1";
        let row = self
            .superuser
            .query_one(sql, &[&self.customer.as_uuid()])
            .await
            .unwrap();
        let documents: Option<Value> = row.get(1);
        let documents = documents
            .map(|map| serde_json::from_value(map).unwrap())
            .unwrap_or_default();
        (
            u64::try_from(row.get::<_, i64>(0))
                .ok()
                .filter(|version| *version > 0),
            documents,
        )
    }

    async fn row_count(&self) -> i64 {
        let sql = "SELECT row_count FROM index_versions WHERE customer_id = $1";
        self.superuser
            .query_one(sql, &[&self.customer.as_uuid()])
            .await
            .unwrap()
            .get(0)
    }

    /// Ends the transaction a frozen writer holds its lock with.
    async fn end_idle_transactions(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND state = 'idle in transaction'";
        assert_eq!(self.superuser.query(sql, &[]).await.unwrap().len(), 1);
    }

    async fn lapse(&self, document: DocumentId) {
        let sql =
            "UPDATE documents SET lease_expires_at = now() - interval '1 second' WHERE id = $1";
        assert_eq!(
            self.superuser
                .execute(sql, &[&document.as_uuid()])
                .await
                .unwrap(),
            1
        );
    }
}

impl Process {
    async fn claim(&self, document: DocumentId, version: i32) -> Claim {
        self.store
            .claim(self.customer, document, version, LEASE)
            .await
            .unwrap()
            .unwrap()
    }

    /// The store step up to the Lance commit; none where the lease was lost.
    async fn write(&self, claim: &Claim) -> Option<(StoreStep, Stored)> {
        let step = self.store.begin_store_step(self.customer).await.unwrap();
        let held = step.hold(&[claim]).await.unwrap();
        let [held] = held.as_slice() else { return None };
        let mut change = Change {
            append: rows(claim),
            ..Change::none(Utc::now())
        };
        if held.published_version.is_some() {
            change.supersede.push((claim.document_id, claim.version));
        }
        let stored = self
            .vectors
            .store(self.customer, step.recorded, &change)
            .await
            .unwrap();
        Some((step, stored))
    }

    async fn publish(
        &self,
        claim: &Claim,
        step: StoreStep,
        stored: Stored,
    ) -> dynrag_domain::Result<()> {
        let committed = Committed {
            version: stored.version.unwrap(),
            rows: stored.rows,
            embedding_model: seed::MODEL,
            dimensions: VECTOR.len() as u32,
        };
        let publication = Publication {
            document_id: claim.document_id,
            version: claim.version,
            chunks: CHUNKS as i32,
            tokens: 1,
        };
        step.publish(committed, Utc::now(), &[publication]).await
    }

    /// All chunk ids a reader sees at a version.
    async fn seen(&self, version: Recorded) -> Vec<String> {
        let query = Query {
            vector: Some(&VECTOR),
            text: None,
            mode: Mode::Vector,
            top_k: 10_000,
            document_ids: None,
            exclude: &[],
            min_score: None,
        };
        let hits = self
            .vectors
            .search(self.customer, version, &query)
            .await
            .unwrap();
        let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.chunk_id).collect();
        ids.sort();
        ids
    }
}

fn chunk_ids(published: &BTreeMap<DocumentId, i32>) -> Vec<String> {
    let mut ids: Vec<String> = published
        .iter()
        .flat_map(|(document, version)| {
            (0..CHUNKS).map(|index| chunk_id(*document, *version, index))
        })
        .collect();
    ids.sort();
    ids
}

/// A writer: new versions of its own document and of one that all of them share. Every third store
/// step dies between its two commits and is done again by somebody. The versions it published.
async fn writer(process: Process, number: usize) -> usize {
    let mut published = 0;
    for round in 0..ROUNDS {
        for (external_id, text) in [
            (format!("own {number}"), format!("round {round}")),
            ("shared".to_owned(), format!("round {round} of {number}")),
        ] {
            let hash = seed::sha256(&text);
            let target = loop {
                let target = process
                    .store
                    .resolve_upload(
                        process.customer,
                        Some(&external_id),
                        &hash,
                        OnDuplicate::NewVersion,
                    )
                    .await
                    .unwrap();
                let new = seed::new_document(&text, Some(&external_id));
                let added = process
                    .store
                    .add_document(process.customer, target, &new, Uuid::new_v4(), 1, &hash)
                    .await
                    .unwrap();
                if matches!(added, dynrag_store::uploads::Added::Queued(_)) {
                    break target;
                }
            };
            let (document, version) = match target {
                Target::New { id } => (id, 1),
                Target::Next { id, version } => (id, version),
                Target::Duplicate { .. } => unreachable!("new versions were asked for"),
            };
            let lease = process
                .store
                .claim(process.customer, document, version, LEASE)
                .await
                .unwrap();
            // A later version may have come meanwhile: then the job is moot.
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
async fn eight_writers_keep_one_copy_and_readers_see_what_is_published() {
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
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| tokio::spawn(writer(scene.process(), number)))
        .collect();
    let mut published = 0;
    for writer in writers {
        published += writer.await.unwrap();
    }
    writing.store(false, Ordering::Relaxed);
    let versions_read = reader.await.unwrap();

    let (version, documents) = scene.published().await;
    assert_eq!(documents.len(), WRITERS + 1);
    assert_eq!(scene.process().seen(version).await, chunk_ids(&documents));
    // Every row there is, superseded ones too, was published once: none was stored twice.
    assert_eq!(
        scene.row_count().await,
        (published * CHUNKS as usize) as i64
    );
    assert!(published >= WRITERS * ROUNDS);
    assert!(
        versions_read > 2,
        "the reader read {versions_read} versions only"
    );
}

/// A writer that was frozen after its Lance commit, whose transaction PostgreSQL ended, and that goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_freezes_after_its_lance_commit_publishes_nothing() {
    let scene = scene().await;
    let (frozen, next) = (scene.process(), scene.process());
    let (first, _) = seed::add(&next.store, scene.customer, None, "first").await;
    let claim = next.claim(first, 1).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();

    let (document, _) = seed::add(&next.store, scene.customer, None, "second").await;
    let stale = frozen.claim(document, 1).await;
    let (step, leavings) = frozen.write(&stale).await.unwrap();
    scene.end_idle_transactions().await;
    // Nobody sees what it left, unless they read Lance's latest version instead of the recorded one.
    let (recorded, published) = scene.published().await;
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_ne!(
        next.seen(leavings.version).await,
        chunk_ids(&published),
        "the negative control shows nothing"
    );
    assert_eq!(
        frozen
            .publish(&stale, step, leavings)
            .await
            .unwrap_err()
            .code(),
        "unavailable"
    );
    assert_eq!(scene.published().await, (recorded, published));

    // The document's next worker does the work again, on a table without the leavings.
    scene.lapse(document).await;
    let claim = next.claim(document, 1).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();
    let (recorded, published) = scene.published().await;
    assert_eq!(published, BTreeMap::from([(first, 1), (document, 1)]));
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_eq!(scene.row_count().await, i64::from(2 * CHUNKS));
    assert!(
        frozen.write(&stale).await.is_none(),
        "a stale token holds nothing"
    );
}

/// A writer that was frozen before its Lance commit, and makes it after somebody else has published.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_wakes_after_the_next_one_leaves_nothing_behind() {
    let scene = scene().await;
    let (frozen, next) = (scene.process(), scene.process());
    let (document, _) = seed::add(&next.store, scene.customer, None, "text").await;
    let stale = frozen.claim(document, 1).await;
    let step = frozen.store.begin_store_step(scene.customer).await.unwrap();
    assert_eq!(step.hold(&[&stale]).await.unwrap().len(), 1);
    scene.end_idle_transactions().await;

    scene.lapse(document).await;
    let claim = next.claim(document, 1).await;
    let (next_step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, next_step, stored).await.unwrap();
    let before = scene.published().await;

    // It wakes, knows nothing of that, and commits to Lance: if that succeeds it is not published.
    let change = Change {
        append: rows(&stale),
        ..Change::none(Utc::now())
    };
    if let Ok(leavings) = frozen
        .vectors
        .store(scene.customer, step.recorded, &change)
        .await
    {
        assert_eq!(
            frozen
                .publish(&stale, step, leavings)
                .await
                .unwrap_err()
                .code(),
            "unavailable"
        );
    }
    assert_eq!(scene.published().await, before);
    assert_eq!(next.seen(before.0).await, chunk_ids(&before.1));

    let (last, _) = seed::add(&next.store, scene.customer, None, "last").await;
    let claim = next.claim(last, 1).await;
    let (step, stored) = next.write(&claim).await.unwrap();
    next.publish(&claim, step, stored).await.unwrap();
    let (recorded, published) = scene.published().await;
    assert_eq!(next.seen(recorded).await, chunk_ids(&published));
    assert_eq!(scene.row_count().await, i64::from(2 * CHUNKS));
}
