//! A tenant whose tables are in a folder, and the processes that write and read them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::Utc;
use dynrag_domain::{
    DocumentId, VersionNumber,
    chunks::{Chunk, chunk_id},
    search::Mode,
    segments::SegmentRef,
    tables::TableVersion,
};
use dynrag_store::{
    Store, TenantId,
    ingestion::Claim,
    publication::{Committed, Publication, StoreStep, Table, Written},
};
use dynrag_vectors::{Change, Error, Location, Query, Recorded, Row, Vectors};
use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

pub(super) const LEASE: Duration = Duration::from_secs(60);
/// Of each version of a document.
pub(super) const CHUNKS: u32 = 3;
const VECTOR: [f32; 4] = [0.5, 0.5, 0.5, 0.5];

pub(super) struct Scene {
    pub(super) database: Database,
    pub(super) superuser: Client,
    pub(super) folder: TempDir,
    pub(super) customer: TenantId,
}

pub(super) async fn scene() -> Scene {
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

/// A separate process: pool, open tables, caches.
pub(super) struct Process {
    pub(super) store: Store,
    pub(super) vectors: Vectors,
    pub(super) customer: TenantId,
}

pub(super) fn rows(claim: &Claim) -> Vec<Row> {
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
                metadata: Arc::default(),
                chunk: Chunk {
                    index,
                    text_hash: hex::encode(seed::sha256(&text)),
                    text,
                    char_span: (0, 1),
                    page: None,
                    heading_path: Vec::new(),
                    parent: None,
                },
                vector: VECTOR.to_vec(),
                model: seed::MODEL.into(),
                language: None,
                published_at: None,
            }
        })
        .collect()
}

impl Scene {
    pub(super) fn process(&self) -> Process {
        let location = Location::Local(self.folder.path().to_owned());
        Process {
            store: self.database.store(2),
            vectors: Vectors::new(location, 64 << 20),
            customer: self.customer,
        }
    }

    /// Returns the state in PostgreSQL at one moment: the Lance version and each document's published version.
    pub(super) async fn published(&self) -> (Recorded, BTreeMap<DocumentId, VersionNumber>) {
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
        (TableVersion::recorded(row.get(0)), documents)
    }

    pub(super) async fn row_count(&self) -> i64 {
        let sql = "SELECT row_count FROM index_versions WHERE customer_id = $1";
        self.superuser
            .query_one(sql, &[&self.customer.as_uuid()])
            .await
            .unwrap()
            .get(0)
    }

    /// Ends the transaction with which a frozen writer holds its lock.
    pub(super) async fn end_idle_transactions(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND state = 'idle in transaction'";
        assert_eq!(self.superuser.query(sql, &[]).await.unwrap().len(), 1);
    }

    pub(super) async fn expire_lease(&self, document: DocumentId) {
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
    pub(super) async fn claim(&self, document: DocumentId, version: VersionNumber) -> Claim {
        self.store
            .claim(self.customer, document, version, LEASE)
            .await
            .unwrap()
            .unwrap()
    }

    /// The store step up to the Lance commit; none if the lease was lost.
    pub(super) async fn write(&self, claim: &Claim) -> Option<(StoreStep, Written)> {
        let step = self.store.begin_store_step(self.customer).await.unwrap();
        let held = step.lock(&[claim]).await.unwrap();
        let [held] = held.as_slice() else { return None };
        let mut change = Change {
            append: rows(claim),
            ..Change::none(Utc::now())
        };
        if held.published_version.is_some() {
            change.supersede.push((claim.document_id, claim.version));
        }
        let customer = self.customer.customer_id();
        let stored = self
            .vectors
            .store(customer, step.recorded, &change)
            .await
            .unwrap();
        let segment = self.vectors.write_segment(customer, &change).await.unwrap();
        let written = Written {
            version: stored.version.unwrap(),
            rows: stored.rows,
            segment,
        };
        Some((step, written))
    }

    pub(super) async fn publish(
        &self,
        claim: &Claim,
        step: StoreStep,
        written: Written,
    ) -> dynrag_domain::Result<()> {
        let committed = Committed {
            written,
            embedding_model: seed::MODEL,
            dimensions: VECTOR.len() as u32,
        };
        let publication = Publication {
            document_id: claim.document_id,
            version: claim.version,
            chunks: CHUNKS as i32,
            tokens: 1,
            chunk_tokens: 7,
        };
        step.publish(committed, Utc::now(), &[publication]).await
    }

    /// Compacts the recorded version, like a worker that finds many files. Returns whether there was something to do.
    pub(super) async fn compact(&self) -> bool {
        let step = self.store.begin_maintenance(self.customer).await.unwrap();
        let Some(recorded) = step.recorded else {
            step.end().await.unwrap();
            return false;
        };
        let compacted = self
            .vectors
            .compact(self.customer.customer_id(), recorded)
            .await
            .unwrap();
        let Some(version) = compacted.version else {
            step.end().await.unwrap();
            return false;
        };
        let written = Written {
            version,
            rows: compacted.rows,
            segment: None,
        };
        step.publish_version(written).await.unwrap();
        true
    }

    /// Merges segments, like maintenance. Returns whether it recorded a merge.
    pub(super) async fn merge(&self) -> bool {
        let customer = self.customer.customer_id();
        let step = self.store.begin_maintenance(self.customer).await.unwrap();
        let list = step.list(Table::Present).clone();
        step.end().await.unwrap();
        let Some(run) = list.to_merge(u64::MAX) else {
            return false;
        };
        let before = list.before(run[0].name);
        let merged = self.vectors.merge_segments(customer, run, before).await;
        let merged = merged.unwrap();
        let names: Vec<_> = run.iter().map(|segment| segment.name).collect();
        let step = self.store.begin_maintenance(self.customer).await.unwrap();
        let replaced = step
            .list(Table::Present)
            .replace(&names, &merged, before)
            .unwrap();
        let recorded = step.record_segments(Table::Present, &replaced);
        recorded.await.unwrap();
        let deleted = self.vectors.delete_segments(customer, names).await;
        deleted.unwrap();
        true
    }

    /// All chunk ids that a reader sees at a version.
    pub(super) async fn seen(&self, version: Recorded) -> Vec<String> {
        let query = Query {
            vector: Some(&VECTOR),
            mode: Mode::Vector,
            top_k: 10_000,
            ..Query::default()
        };
        let search = async |segments: Option<&[SegmentRef]>| {
            let customer = self.customer.customer_id();
            let found = self
                .vectors
                .search(customer, version, segments, &query)
                .await?;
            let hits = found.hits.into_iter();
            let mut ids: Vec<String> = hits.map(|hit| hit.chunk_id).collect();
            ids.sort();
            Ok::<_, Error>(ids)
        };
        let ids = search(None).await.unwrap();
        loop {
            let present = self.store.present_index(self.customer).await.unwrap();
            if present.recorded != version {
                return ids;
            }
            let segments = present.segments.complete(version);
            match search(Some(segments.unwrap())).await {
                Ok(found) => {
                    assert_eq!(found, ids);
                    return ids;
                }
                // Merged meanwhile: what is recorded now is as good.
                Err(Error::Segment(gone)) => {
                    let now = self.store.present_index(self.customer).await.unwrap();
                    assert_ne!(now, present, "{gone}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

pub(super) fn chunk_ids(published: &BTreeMap<DocumentId, VersionNumber>) -> Vec<String> {
    let mut ids: Vec<String> = published
        .iter()
        .flat_map(|(document, version)| {
            (0..CHUNKS).map(|index| chunk_id(*document, *version, index))
        })
        .collect();
    ids.sort();
    ids
}
