//! The store step alone: what it writes, restores and refuses.

use super::*;
use crate::Error;

#[tokio::test]
async fn the_first_document_makes_the_table_and_declares_its_key() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let rows = document(id, 1, 3);
    let stored = vectors
        .store(customer, None, &append(rows.clone()))
        .await
        .unwrap();
    assert_eq!((stored.rows, stored.commits), (3, 1));
    assert_eq!(
        live_ids(&vectors, customer, stored.version).await,
        ids_of(&rows)
    );

    let dataset = vectors
        .dataset(customer, stored.version.unwrap())
        .await
        .unwrap();
    let schema = arrow_schema::Schema::from(dataset.schema());
    let key = schema.field_with_name("id").unwrap().metadata();
    assert_eq!(key["lance-schema:unenforced-primary-key"], "true");
    let space = rows::Space::of(&schema).unwrap();
    assert_eq!((space.model.as_str(), space.dimension), (MODEL, DIMENSION));
}

#[tokio::test]
async fn nothing_to_do_with_nothing_recorded_writes_nothing() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let change = delete(&[DocumentId::generate()]);
    let stored = vectors.store(customer, None, &change).await.unwrap();
    assert_eq!((stored.version, stored.rows, stored.commits), (None, 0, 0));
}

#[tokio::test]
async fn an_append_is_one_commit_of_three_writes() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let first = append(document(DocumentId::generate(), 1, 3));
    let mut recorded = vectors.store(customer, None, &first).await.unwrap().version;
    for _ in 0..3 {
        let before = files(folder.path());
        let rows: Vec<Row> = (0..100)
            .flat_map(|_| document(DocumentId::generate(), 1, 2))
            .collect();
        let stored = vectors
            .store(customer, recorded, &append(rows))
            .await
            .unwrap();
        assert_eq!(stored.commits, 1);
        // Data, transaction and manifest; nothing is deleted or overwritten.
        assert_eq!(files(folder.path()) - before, 3);
        recorded = stored.version;
    }
}

#[tokio::test]
async fn all_three_kinds_of_change_take_three_commits() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let (kept, replaced, deleted) = (
        DocumentId::generate(),
        DocumentId::generate(),
        DocumentId::generate(),
    );
    let rows = [kept, replaced, deleted]
        .map(|id| document(id, 1, 2))
        .concat();
    let recorded = vectors
        .store(customer, None, &append(rows))
        .await
        .unwrap()
        .version;
    let before = files(folder.path());
    let change = Change {
        delete: vec![deleted],
        ..replace(replaced, 2, 3)
    };
    let stored = vectors.store(customer, recorded, &change).await.unwrap();
    assert_eq!(stored.commits, 3);
    assert!(
        files(folder.path()) - before <= 11,
        "{}",
        files(folder.path()) - before
    );
    let expected = [document(kept, 1, 2), document(replaced, 2, 3)].concat();
    assert_eq!(
        live_ids(&vectors, customer, stored.version).await,
        ids_of(&expected)
    );
    // The superseded rows stay.
    assert_eq!(stored.rows, 2 + 2 + 3);
}

#[tokio::test]
async fn unrecorded_leavings_are_restored_away() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let published = document(DocumentId::generate(), 1, 2);
    let recorded = vectors
        .store(customer, None, &append(published.clone()))
        .await
        .unwrap()
        .version;

    // Committed to Lance, and then the process died.
    let lost = document(DocumentId::generate(), 1, 5);
    vectors
        .store(customer, recorded, &append(lost))
        .await
        .unwrap();
    assert_eq!(
        live_ids(&vectors, customer, recorded).await,
        ids_of(&published)
    );

    let next = document(DocumentId::generate(), 1, 3);
    let stored = vectors
        .store(customer, recorded, &append(next.clone()))
        .await
        .unwrap();
    assert_eq!(stored.commits, 2);
    let expected = ids_of(&[published, next].concat());
    assert_eq!(
        raw_ids(&vectors, customer, stored.version, None).await,
        expected
    );
}

#[tokio::test]
async fn leavings_of_a_first_writer_are_overwritten() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let lost = append(document(DocumentId::generate(), 1, 5));
    vectors.store(customer, None, &lost).await.unwrap();

    let rows = document(DocumentId::generate(), 1, 2);
    let stored = vectors
        .store(customer, None, &append(rows.clone()))
        .await
        .unwrap();
    assert_eq!(
        raw_ids(&vectors, customer, stored.version, None).await,
        ids_of(&rows)
    );

    // That was not recorded either, and now there is nothing to add: it is emptied.
    let stored = vectors
        .store(customer, None, &Change::none(Utc::now()))
        .await
        .unwrap();
    assert_eq!(stored.rows, 0);
    assert!(
        raw_ids(&vectors, customer, stored.version, None)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_empty_change_at_the_recorded_version_commits_nothing() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let change = append(document(DocumentId::generate(), 1, 1));
    let recorded = vectors
        .store(customer, None, &change)
        .await
        .unwrap()
        .version;
    let stored = vectors
        .store(customer, recorded, &Change::none(Utc::now()))
        .await
        .unwrap();
    assert_eq!((stored.version, stored.commits), (recorded, 0));
}

#[tokio::test]
async fn a_replacement_shows_one_version_before_and_after() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let mut history = vec![];
    let mut recorded = None;
    for version in 1..=4 {
        recorded = vectors
            .store(customer, recorded, &replace(id, version, 3))
            .await
            .unwrap()
            .version;
        history.push((recorded, ids_of(&document(id, version, 3))));
    }
    // Every version that was ever recorded shows exactly its own version of the document.
    for (recorded, expected) in history {
        assert_eq!(live_ids(&vectors, customer, recorded).await, expected);
    }
}

#[tokio::test]
async fn two_versions_in_one_batch_leave_the_later_one() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let change = Change {
        append: [document(id, 1, 2), document(id, 2, 2)].concat(),
        supersede: vec![(id, number(1)), (id, number(2))],
        ..Change::none(Utc::now())
    };
    let stored = vectors.store(customer, None, &change).await.unwrap();
    assert_eq!(stored.rows, 4);
    let live = live_ids(&vectors, customer, stored.version).await;
    assert_eq!(live, ids_of(&document(id, 2, 2)));
}

#[tokio::test]
async fn hundreds_of_replacements_fit_into_one_update() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let ids: Vec<DocumentId> = (0..500).map(|_| DocumentId::generate()).collect();
    let at = |version| Change {
        append: ids
            .iter()
            .flat_map(|id| document(*id, version, 1))
            .collect(),
        supersede: ids.iter().map(|id| (*id, number(version))).collect(),
        ..Change::none(Utc::now())
    };
    let recorded = vectors.store(customer, None, &at(1)).await.unwrap().version;
    let stored = vectors.store(customer, recorded, &at(2)).await.unwrap();
    assert_eq!(stored.commits, 2);
    assert_eq!(
        live_ids(&vectors, customer, stored.version).await.len(),
        500
    );
}

#[tokio::test]
async fn another_model_or_size_is_refused_until_the_table_is_empty() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, id) = (CustomerId::generate(), DocumentId::generate());
    let recorded = vectors
        .store(customer, None, &append(document(id, 1, 2)))
        .await
        .unwrap()
        .version;

    let mut shorter = document(DocumentId::generate(), 1, 1);
    shorter[0].vector.truncate(DIMENSION / 2);
    let mut renamed = document(DocumentId::generate(), 1, 1);
    renamed[0].model = "another".into();
    for rows in [shorter.clone(), renamed] {
        let refused = vectors.store(customer, recorded, &append(rows)).await;
        assert!(
            matches!(refused, Err(Error::ModelChanged { .. })),
            "{refused:?}"
        );
    }
    let mixed = [document(id, 2, 1), shorter.clone()].concat();
    let refused = vectors.store(customer, recorded, &append(mixed)).await;
    assert!(
        matches!(refused, Err(Error::ModelChanged { .. })),
        "{refused:?}"
    );

    let emptied = vectors
        .store(customer, recorded, &delete(&[id]))
        .await
        .unwrap();
    assert_eq!(emptied.rows, 0);
    let stored = vectors
        .store(customer, emptied.version, &append(shorter.clone()))
        .await
        .unwrap();
    assert_eq!(
        raw_ids(&vectors, customer, stored.version, None).await,
        ids_of(&shorter)
    );
    let stored = vectors
        .store(customer, stored.version, &append(document(id, 3, 1)))
        .await;
    assert!(
        matches!(stored, Err(Error::ModelChanged { .. })),
        "{stored:?}"
    );
}

#[tokio::test]
async fn rows_that_cannot_be_searched_are_refused() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let with = |vector: Vec<f32>| {
        let mut rows = document(DocumentId::generate(), 1, 1);
        rows[0].vector = vector;
        append(rows)
    };
    let once = document(DocumentId::generate(), 1, 1);
    let twice = [once.clone(), once].concat();
    for change in [with(vec![0.0; 8]), with(vec![f32::NAN; 8]), append(twice)] {
        assert!(vectors.store(customer, None, &change).await.is_err());
    }
    assert!(
        !folder
            .path()
            .join("customers")
            .join(customer.to_string())
            .join("lancedb/chunks.lance")
            .exists()
    );
}

#[tokio::test]
async fn a_recorded_version_that_is_missing_is_told() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let change = append(document(DocumentId::generate(), 1, 1));
    let missing = vectors
        .store(customer, Some(TableVersion::new(0, 7)), &change)
        .await;
    assert!(matches!(missing, Err(Error::VersionGone)), "{missing:?}");
    vectors.store(customer, None, &change).await.unwrap();
    let missing = vectors
        .store(customer, Some(TableVersion::new(0, 7)), &change)
        .await;
    assert!(matches!(missing, Err(Error::VersionGone)), "{missing:?}");
}
