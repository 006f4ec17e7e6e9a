//! Compaction and pruning: nothing recorded is harmed, nothing deleted is left.

use chrono::TimeDelta;

use super::*;
use crate::Error;

/// A time after everything that was written so far.
fn soon() -> chrono::DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(2)
}

fn with_canary(id: DocumentId, canary: &str) -> Vec<Row> {
    (0..3)
        .map(|index| {
            let mut row = row(id, 1, index, &format!("{canary} number {index}"));
            row.metadata = Arc::new(json!({ "note": canary }).into());
            row.title = canary.into();
            row.chunk.heading_path = vec![canary.into()];
            row
        })
        .collect()
}

#[tokio::test]
async fn deleting_compacting_and_pruning_leave_no_byte() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let (gone, kept) = (DocumentId::generate(), DocumentId::generate());
    // Random, so that no encoding finds anything to share.
    let canary = DocumentId::generate().to_string();
    let witness = DocumentId::generate().to_string();
    let rows = [with_canary(gone, &canary), with_canary(kept, &witness)].concat();
    let recorded = vectors
        .store(customer, None, &append(rows))
        .await
        .unwrap()
        .version;
    let recorded = vectors
        .store(
            customer,
            recorded,
            &append(document(DocumentId::generate(), 1, 2)),
        )
        .await
        .unwrap()
        .version;
    // Leavings of a dead writer, with and without a version, hold it too.
    smuggle(&vectors, customer, with_canary(gone, &canary)).await;
    let table = folder
        .path()
        .join(format!("customers/{customer}/lancedb/chunks.lance"));
    std::fs::write(table.join("data/orphan.lance"), &canary).unwrap();
    assert!(files_with(folder.path(), &canary).len() >= 3);

    let recorded = vectors
        .store(customer, recorded, &delete(&[gone]))
        .await
        .unwrap()
        .version;
    assert!(!files_with(folder.path(), &canary).is_empty());
    let compacted = vectors.compact(customer, recorded.unwrap()).await.unwrap();
    assert_eq!(compacted.rows, 5);
    let before = live_ids(&vectors, customer, recorded).await;
    assert_eq!(
        live_ids(&vectors, customer, compacted.version).await,
        before
    );
    let pruned = vectors
        .prune_before(customer, compacted.version.unwrap(), soon())
        .await
        .unwrap();
    assert!(pruned.versions >= 4 && pruned.data_files >= 4, "{pruned:?}");

    assert_eq!(files_with(folder.path(), &canary), Vec::<String>::new());
    assert!(!files_with(folder.path(), &witness).is_empty());
    // A process without anything in memory still reads all the rest.
    let other = super::vectors(&folder, MEMORY);
    assert_eq!(live_ids(&other, customer, compacted.version).await, before);
    let recorded = compacted.version.unwrap();
    assert_eq!(other.files(customer, recorded).await.unwrap(), (1, 1));
}

#[tokio::test]
async fn an_old_reader_is_told_and_a_new_one_reads_on() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let old = vectors
        .store(customer, None, &append(document(id, 1, 2)))
        .await
        .unwrap()
        .version;
    let new = vectors
        .store(customer, old, &replace(id, 2, 2))
        .await
        .unwrap()
        .version;
    vectors.prune(customer, new.unwrap()).await.unwrap();
    let reader = super::vectors(&folder, MEMORY);
    let gone = reader.dataset(customer, old.unwrap()).await.err();
    assert!(matches!(gone, Some(Error::VersionGone)), "{gone:?}");
    assert_eq!(
        live_ids(&reader, customer, new).await,
        ids_of(&document(id, 2, 2))
    );
}

#[tokio::test]
async fn leavings_above_the_recorded_version_stop_the_pruning() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let rows = document(DocumentId::generate(), 1, 2);
    let recorded = vectors
        .store(customer, None, &append(rows.clone()))
        .await
        .unwrap()
        .version;
    smuggle(&vectors, customer, document(DocumentId::generate(), 1, 2)).await;
    let behind = vectors.prune(customer, recorded.unwrap()).await;
    assert!(matches!(behind, Err(Error::Behind)), "{behind:?}");
    let settled = vectors
        .store(customer, recorded, &Change::none(Utc::now()))
        .await
        .unwrap();
    vectors
        .prune(customer, settled.version.unwrap())
        .await
        .unwrap();
    assert_eq!(
        raw_ids(&vectors, customer, settled.version, None).await,
        ids_of(&rows)
    );
}

#[tokio::test]
async fn a_compaction_takes_in_no_foreign_rows() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let rows = [
        document(DocumentId::generate(), 1, 2),
        document(DocumentId::generate(), 1, 2),
    ];
    let recorded = vectors
        .store(customer, None, &append(rows[0].clone()))
        .await
        .unwrap()
        .version;
    let recorded = vectors
        .store(customer, recorded, &append(rows[1].clone()))
        .await
        .unwrap()
        .version;
    let process = super::vectors(&folder, MEMORY);
    vectors.hooks.once(Moment::Based, async move {
        smuggle(&process, customer, document(DocumentId::generate(), 1, 4)).await;
    });
    let compacted = vectors.compact(customer, recorded.unwrap()).await.unwrap();
    assert_eq!(
        raw_ids(&vectors, customer, compacted.version, None).await,
        ids_of(&rows.concat())
    );
}

#[tokio::test]
async fn a_pruner_that_lost_the_lock_harms_no_later_version() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let old = vectors
        .store(customer, None, &append(document(id, 1, 2)))
        .await
        .unwrap()
        .version;
    let recorded = vectors
        .store(customer, old, &replace(id, 2, 2))
        .await
        .unwrap()
        .version;
    let started = Utc::now();
    let process = super::vectors(&folder, MEMORY);
    let (published, later) = tokio::sync::oneshot::channel();
    vectors.hooks.once(Moment::Cleaned, async move {
        let stored = process
            .store(customer, recorded, &replace(id, 3, 2))
            .await
            .unwrap();
        published.send(stored.version).unwrap();
    });
    let pruned = vectors
        .prune_before(customer, recorded.unwrap(), started)
        .await;
    assert!(matches!(pruned, Err(Error::Behind)), "{pruned:?}");
    let reader = super::vectors(&folder, MEMORY);
    let live = live_ids(&reader, customer, later.await.unwrap()).await;
    assert_eq!(live, ids_of(&document(id, 3, 2)));
}

#[tokio::test]
async fn a_young_unnamed_file_survives_a_prune() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let change = append(document(DocumentId::generate(), 1, 2));
    let recorded = vectors
        .store(customer, None, &change)
        .await
        .unwrap()
        .version;
    let data = folder
        .path()
        .join(format!("customers/{customer}/lancedb/chunks.lance/data"));
    let written = data.join("being-written.lance");
    std::fs::write(&written, "rows").unwrap();
    vectors.prune(customer, recorded.unwrap()).await.unwrap();
    assert!(written.exists());
    vectors
        .prune_before(customer, recorded.unwrap(), soon())
        .await
        .unwrap();
    assert!(!written.exists());
}
