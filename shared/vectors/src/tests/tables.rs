//! Contents of a table: reused texts, dropped versions, columns added later, and a second table of another
//! generation.

use super::*;

#[tokio::test]
async fn embedded_texts_are_found_again() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (customer, other, id) = (
        CustomerId::generate(),
        CustomerId::generate(),
        DocumentId::generate(),
    );
    let old = document(id, 1, 4);
    let recorded = vectors
        .store(customer, None, &append(old.clone()))
        .await
        .unwrap()
        .version;
    let recorded = vectors
        .store(customer, recorded, &replace(id, 2, 2))
        .await
        .unwrap()
        .version;

    let mut hashes: Vec<String> = old.iter().map(|row| row.chunk.text_hash.clone()).collect();
    hashes.push(sha256("never seen"));
    hashes.push(hashes[0].clone());
    // Superseded, and found all the same.
    let found = vectors
        .reuse(customer, recorded, MODEL, &hashes)
        .await
        .unwrap();
    assert_eq!(found.len(), 4);
    for row in &old {
        assert_eq!(found[&row.chunk.text_hash], row.vector);
    }
    assert!(
        vectors
            .reuse(customer, recorded, "another", &hashes)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        vectors
            .reuse(other, None, MODEL, &hashes)
            .await
            .unwrap()
            .is_empty()
    );
    let hostile = ["x' OR '1'='1".to_owned()];
    assert!(
        vectors
            .reuse(customer, recorded, MODEL, &hostile)
            .await
            .is_err()
    );

    let recorded = vectors
        .store(customer, recorded, &delete(&[id]))
        .await
        .unwrap()
        .version;
    assert!(
        vectors
            .reuse(customer, recorded, MODEL, &hashes)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn only_the_versions_named_are_forgotten() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let (a, b) = (DocumentId::generate(), DocumentId::generate());
    let first = append([document(a, 1, 3), document(b, 1, 2)].concat());
    let recorded = vectors.store(customer, None, &first).await.unwrap().version;
    let recorded = vectors
        .store(customer, recorded, &replace(a, 2, 3))
        .await
        .unwrap()
        .version;
    let forget = Change {
        forget: vec![(a, number(1))],
        ..Change::none(Utc::now())
    };
    let stored = vectors.store(customer, recorded, &forget).await.unwrap();
    let left = [document(a, 2, 3), document(b, 1, 2)].concat();
    assert_eq!(
        raw_ids(&vectors, customer, stored.version, None).await,
        ids_of(&left)
    );
    assert_eq!(stored.rows, 5);
}

#[tokio::test]
async fn a_table_made_before_parents_takes_rows_that_have_some() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let id = DocumentId::generate();
    let recorded = vectors
        .store(customer, None, &append(document(id, 1, 2)))
        .await
        .unwrap()
        .version;
    // As the first release made it.
    let table = raw_table(&vectors, customer).await;
    let dropped = table.drop_columns(&["parent"]).await.unwrap();
    let dropped = Some(TableVersion::new(0, dropped.version));
    assert_ne!(dropped, recorded);
    let mut rows = document(DocumentId::generate(), 1, 2);
    rows[1].chunk.parent = Some(0);
    let stored = vectors
        .store(customer, dropped, &append(rows.clone()))
        .await
        .unwrap();
    let of = (rows[0].document, number(1));
    let chunks = vectors
        .chunks(customer, stored.version, of, 0, 10)
        .await
        .unwrap();
    let parents: Vec<_> = chunks.iter().map(|stored| stored.chunk.parent).collect();
    assert_eq!(parents, [None, Some(0)]);
    assert_eq!(stored.rows, 4);
}

#[tokio::test]
async fn another_generation_is_built_beside_the_first() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let (a, b) = (DocumentId::generate(), DocumentId::generate());
    let rows = [document(a, 1, 3), document(b, 1, 2)].concat();
    let present = vectors
        .store(customer, None, &append(rows.clone()))
        .await
        .unwrap()
        .version;

    let empty = Some(TableVersion::empty(1));
    assert!(vectors.documents(customer, empty).await.unwrap().is_empty());
    let nothing = vectors
        .store(customer, empty, &Change::none(Utc::now()))
        .await
        .unwrap();
    assert_eq!((nothing.version, nothing.rows), (None, 0));
    let mut built = empty;
    for id in [a, b] {
        let mut rows = vectors.rows(customer, present, &[id]).await.unwrap();
        for row in &mut rows {
            // Another model's are of another length.
            row.model = "another".into();
            row.vector = vec![0.5; DIMENSION / 2];
        }
        built = vectors
            .store(customer, built, &append(rows))
            .await
            .unwrap()
            .version;
        assert_eq!(built.unwrap().generation(), 1);
    }
    assert_eq!(
        raw_ids(&vectors, customer, built, None).await,
        ids_of(&rows)
    );
    assert_eq!(
        raw_ids(&vectors, customer, present, None).await,
        ids_of(&rows)
    );
    assert_eq!(vectors.dimensions(customer, built).await.unwrap(), Some(12));
    let counts = vectors.documents(customer, built).await.unwrap();
    assert_eq!(counts, [((a, number(1)), 3), ((b, number(1)), 2)].into());
    let old = vectors.rows(customer, present, &[a]).await.unwrap();
    assert_eq!(
        (&*old[0].title, &old[0].metadata),
        (&*rows[0].title, &rows[0].metadata)
    );
    assert_eq!(old[2].chunk, rows[2].chunk);

    vectors.remove(customer, 0).await.unwrap();
    vectors.remove(customer, 0).await.unwrap();
    let built = vectors.compact(customer, built.unwrap()).await.unwrap();
    vectors
        .prune(customer, built.version.unwrap())
        .await
        .unwrap();
    assert_eq!(
        raw_ids(&vectors, customer, built.version, None).await,
        ids_of(&rows)
    );
}
