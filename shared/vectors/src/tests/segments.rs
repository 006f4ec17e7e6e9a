//! Segments beside the table: merged, built, cleaned and deleted.

use chrono::TimeDelta;
use dynrag_domain::segments::{Before, SegmentName, SegmentRef};

use super::*;
use crate::{Error, Orphans};

/// Three documents in three segments, the first of them replaced and the second deleted.
async fn history(vectors: &Vectors, customer: CustomerId) -> (Table, [DocumentId; 3]) {
    let ids = [(); 3].map(|()| DocumentId::generate());
    let mut table = Table::default();
    for id in ids {
        table = table
            .with(vectors, customer, &append(document(id, 1, 4)))
            .await;
    }
    table = table.with(vectors, customer, &replace(ids[0], 2, 3)).await;
    table = table.with(vectors, customer, &delete(&ids[1..2])).await;
    (table, ids)
}

async fn found(table: &Table, folder: &TempDir, customer: CustomerId) -> Vec<String> {
    let vector = embed("chunk");
    let q = Query {
        top_k: 100,
        ..query(Some(&vector), Some("chunk"), Mode::Hybrid)
    };
    let hits = table.find(folder, customer, &q).await;
    let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.chunk_id).collect();
    ids.sort();
    ids
}

fn names(segments: &[SegmentRef]) -> Vec<SegmentName> {
    segments.iter().map(|segment| segment.name).collect()
}

#[tokio::test]
async fn any_run_of_segments_can_be_merged() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let (table, ids) = history(&vectors, customer).await;
    let expected = ids_of(&[document(ids[0], 2, 3), document(ids[2], 1, 4)].concat());
    assert_eq!(found(&table, &folder, customer).await, expected);
    let count = table.segments.segments.len();
    for start in 0..count {
        for end in start + 1..=count {
            let run = &table.segments.segments[start..end];
            let before = table.segments.before(run[0].name);
            let merged = vectors.merge_segments(customer, run, before).await.unwrap();
            let segments = table
                .segments
                .replace(&names(run), &merged, before)
                .unwrap();
            let table = Table {
                segments,
                ..table.clone()
            };
            assert_eq!(
                found(&table, &folder, customer).await,
                expected,
                "{start}..{end}"
            );
        }
    }
    // Superseded rows are many: they are apart, and what was deleted is nowhere.
    let all = &table.segments.segments;
    let merged = vectors
        .merge_segments(customer, all, Before::Nothing)
        .await
        .unwrap();
    let rows: Vec<_> = merged
        .iter()
        .map(|segment| (segment.rows, segment.current))
        .collect();
    assert_eq!(rows, [(7, 7), (4, 0)]);
}

#[tokio::test]
async fn a_base_is_built_of_the_table_and_completes_what_was_published_meanwhile() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let (table, ids) = history(&vectors, customer).await;
    let version = table.recorded.unwrap();
    // The list is lost, and goes on with what is published from now on.
    let mut table = Table {
        segments: SegmentList::since(version),
        ..table
    };
    let base = vectors
        .build_segments(customer, version, MEMORY)
        .await
        .unwrap();
    let new = DocumentId::generate();
    table = table
        .with(&vectors, customer, &append(document(new, 1, 2)))
        .await;
    table = table.with(&vectors, customer, &replace(ids[2], 2, 2)).await;
    assert_eq!(table.segments.complete(table.recorded), None);
    table.segments = table.segments.with_base(version, base).unwrap();
    let expected = [
        document(ids[0], 2, 3),
        document(ids[2], 2, 2),
        document(new, 1, 2),
    ]
    .concat();
    assert_eq!(found(&table, &folder, customer).await, ids_of(&expected));

    // A table that does not fit is built in pieces.
    let pieces = vectors
        .build_segments(customer, version, 3_000)
        .await
        .unwrap();
    assert!(pieces.len() > 2, "{pieces:?}");
    let list = SegmentList::since(version)
        .with_base(version, pieces)
        .unwrap();
    let pieces = Table {
        recorded: Some(version),
        segments: list,
    };
    let expected = [document(ids[0], 2, 3), document(ids[2], 1, 4)].concat();
    assert_eq!(found(&pieces, &folder, customer).await, ids_of(&expected));
}

#[tokio::test]
async fn nothing_of_a_removed_document_is_left_in_a_cleaned_segment() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, [gone, stays]) = (
        CustomerId::generate(),
        [(); 2].map(|()| DocumentId::generate()),
    );
    let rows = [document(gone, 1, 3), document(stays, 1, 3)].concat();
    let table = Table::default()
        .with(&vectors, customer, &append(rows))
        .await;
    let canary = gone.to_string();
    let folder_of = folder.path().join(format!("customers/{customer}/segments"));
    assert_eq!(files_with(&folder_of, &canary).len(), 1);

    let removal = delete(&[gone]);
    let mut table = table.with(&vectors, customer, &removal).await;
    let segments = table.segments.segments.clone();
    let holding = vectors
        .segments_with(customer, &segments, &removal)
        .await
        .unwrap();
    assert_eq!(holding, segments[..1]);
    let cleaned = vectors
        .clean_segment(customer, holding[0], Before::Nothing, &removal)
        .await
        .unwrap();
    table.segments = table
        .segments
        .replace(&names(&holding), &cleaned, Before::Nothing)
        .unwrap();
    vectors
        .delete_segments(customer, names(&holding))
        .await
        .unwrap();
    assert_eq!(files_with(&folder_of, &canary), Vec::<String>::new());
    assert_eq!(
        found(&table, &folder, customer).await,
        ids_of(&document(stays, 1, 3))
    );
    let segments = table.segments.segments.clone();
    let holding = vectors
        .segments_with(customer, &segments, &removal)
        .await
        .unwrap();
    assert_eq!(holding, []);
    // Of a segment of which nothing is left there is none.
    let rest = vectors
        .clean_segment(customer, segments[0], Before::Nothing, &delete(&[stays]))
        .await;
    assert_eq!(rest.unwrap(), []);
}

#[tokio::test]
async fn only_old_objects_that_no_list_names_are_orphans() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let (table, _) = history(&vectors, customer).await;
    let orphan = vectors
        .write_segment(customer, &append(document(DocumentId::generate(), 1, 1)))
        .await;
    let mut named = names(&table.segments.segments).into_iter().collect();
    let (hour, none) = (TimeDelta::hours(1), TimeDelta::zero());
    let young = orphan.unwrap().unwrap().name;
    let orphans = |deleted, left: &[SegmentName]| Orphans {
        deleted,
        left: left.iter().copied().collect(),
    };
    let deleted = vectors
        .delete_orphans(customer, &named, hour)
        .await
        .unwrap();
    assert_eq!(deleted, orphans(0, &[young]));
    let deleted = vectors
        .delete_orphans(customer, &named, none)
        .await
        .unwrap();
    assert_eq!(deleted, orphans(1, &[]));
    found(&table, &folder, customer).await;
    named.insert(young);
    let deleted = vectors
        .delete_orphans(customer, &named, none)
        .await
        .unwrap();
    assert_eq!(deleted, orphans(0, &[]));
}

#[tokio::test]
async fn a_segment_that_is_missing_damaged_or_newer_is_told() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let change = append(document(DocumentId::generate(), 1, 3));
    let table = Table::default().with(&writer, customer, &change).await;
    let name = table.segments.segments[0].name;
    let path = folder
        .path()
        .join(format!("customers/{customer}/segments/{name}"));
    let bytes = std::fs::read(&path).unwrap();
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let mut newer = bytes.clone();
    newer[8] = 99;
    let q = query(None, Some("chunk"), Mode::Text);
    for (bytes, lost) in [(Some(damaged), true), (Some(newer), false), (None, true)] {
        match bytes {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let told = table.search(&vectors(&folder, MEMORY), customer, &q).await;
        match told {
            Err(Error::Segment(unreadable)) => {
                assert_eq!((unreadable.name, unreadable.is_lost), (name, lost));
            }
            other => panic!("{other:?}"),
        }
        // The table itself is whole.
        assert_eq!(
            table.scan(&writer, customer, &q).await.unwrap().hits.len(),
            3
        );
    }
}

#[tokio::test]
async fn a_large_segment_is_sent_in_parts_and_found_without_reading_all_of_it() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let long = "a long text of many words ".repeat(200);
    let rows: Vec<Row> = (0..2_500)
        .map(|index| {
            row(
                DocumentId::generate(),
                1,
                0,
                &format!("number n{index} {long}"),
            )
        })
        .collect();
    let vector = rows[7].vector.clone();
    let expected = ids_of(&rows[7..8]);
    let table = Table::default()
        .with(&writer, customer, &append(rows))
        .await;
    let segment = table.segments.segments[0];
    assert!(
        segment.size > 12 << 20 && segment.first < segment.size / 4,
        "{segment:?}"
    );
    for q in [
        query(Some(&vector), None, Mode::Vector),
        query(None, Some("n7"), Mode::Text),
        query(Some(&vector), Some("n7"), Mode::Hybrid),
    ] {
        let hits = table
            .search(&vectors(&folder, MEMORY), customer, &q)
            .await
            .unwrap()
            .hits;
        assert_eq!(hits[0].chunk_id, expected[0]);
    }
}
