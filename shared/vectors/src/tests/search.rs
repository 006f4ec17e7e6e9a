//! Searching, by segments and by scanning.

use dynrag_domain::{
    search::{Hit, Mode},
    segments::Before,
};

use super::*;
use crate::{Error, Query};

fn texts(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.text.as_str()).collect()
}

/// Stores texts as one document each.
async fn with_texts(
    vectors: &Vectors,
    customer: CustomerId,
    texts: &[&str],
) -> (Table, Vec<DocumentId>) {
    let ids: Vec<DocumentId> = texts.iter().map(|_| DocumentId::generate()).collect();
    let rows = ids
        .iter()
        .zip(texts)
        .map(|(id, text)| row(*id, 1, 0, text))
        .collect();
    let table = Table::default()
        .with(vectors, customer, &append(rows))
        .await;
    (table, ids)
}

#[tokio::test]
async fn a_hit_carries_all_that_was_stored() {
    let folder = folder();
    let customer = CustomerId::generate();
    let id = DocumentId::generate();
    let rows = document(id, 7, 6);
    let writer = vectors(&folder, MEMORY);
    let change = append(rows.clone());
    let table = Table::default().with(&writer, customer, &change).await;
    let vector = rows[5].vector.clone();
    let q = query(Some(&vector), None, Mode::Vector);
    let hits = table.find(&folder, customer, &q).await;
    assert_eq!(hits.len(), 6);
    let (hit, row) = (&hits[0], &rows[5]);
    assert!((hit.score - 1.0).abs() < 1e-5);
    assert_eq!(hit.chunk_id, format!("{id}:7:5"));
    assert_eq!(
        (hit.document_id, hit.version.get(), hit.page),
        (id, 7, Some(5))
    );
    assert_eq!((hit.ranks.vector, hit.ranks.text), (Some(1), None));
    assert_eq!(*hit.title, *row.title);
    assert_eq!(hit.heading_path, row.chunk.heading_path);
    assert_eq!(hit.char_span, row.chunk.char_span);
    assert_eq!(hit.text, row.chunk.text);
    assert_eq!(hit.metadata, json!({"year": 2027}).into());
}

#[tokio::test]
async fn chinese_arabic_and_accented_words_are_found() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let corpus = [
        "北京大学位于海淀区。",
        "上海是一座城市。",
        "تقع القاهرة على نهر النيل",
        "Die Straße nach München ist gesperrt",
        "The ÉCOLE is closed",
    ];
    let (table, _) = with_texts(&vectors, customer, &corpus).await;
    for (words, expected) in [
        ("海淀", 0),
        ("上海", 1),
        ("القاهرة", 2),
        ("straße", 3),
        ("e\u{301}cole", 4),
    ] {
        let q = query(None, Some(words), Mode::Text);
        let hits = table.find(&folder, customer, &q).await;
        // A character of a Chinese word finds other words with it, after those with the word.
        assert_eq!(texts(&hits)[0], corpus[expected], "{words}");
    }
}

#[tokio::test]
async fn segments_and_a_scan_give_the_same_results() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let ids: Vec<DocumentId> = (0..40).map(|_| DocumentId::generate()).collect();
    let words = ["alpha", "beta", "gamma", "delta", "北京", "مدينة"];
    let rows_of = |range: std::ops::Range<usize>, version: i32| -> Vec<Row> {
        range
            .flat_map(|d| (0..20u32).map(move |i| (d, i)))
            .map(|(d, i)| {
                let n = d * 7 + i as usize * 3;
                // Some texts are equal, so that scores tie.
                let text = format!(
                    "{} {} {}",
                    words[n % 6],
                    words[n % 4],
                    "filler ".repeat(n % 5)
                );
                row(ids[d], version, i, &text)
            })
            .collect()
    };
    let table = Table::default();
    let table = table
        .with(&writer, customer, &append(rows_of(0..30, 1)))
        .await;
    let change = Change {
        append: [rows_of(30..40, 1), rows_of(0..5, 2)].concat(),
        supersede: ids[0..5].iter().map(|id| (*id, number(2))).collect(),
        delete: vec![ids[29]],
        ..Change::none(Utc::now())
    };
    let table = table.with(&writer, customer, &change).await;
    let mut compared = 0;
    for mode in [Mode::Vector, Mode::Text, Mode::Hybrid] {
        for words in ["alpha gamma", "北京 filler", "مدينة", "nowhere"] {
            for (only, exclude) in [
                (None, &ids[0..0]),
                (Some(&ids[0..10]), &ids[2..4]),
                (None, &ids[0..38]),
            ] {
                for top_k in [1, 10, 100] {
                    let vector = embed(words);
                    let query = Query {
                        top_k,
                        document_ids: only,
                        exclude,
                        ..query(Some(&vector), Some(words), mode)
                    };
                    let found = table.search(&writer, customer, &query).await.unwrap();
                    assert_same(
                        &found,
                        &table.scan(&writer, customer, &query).await.unwrap(),
                    );
                    let hits = found.hits;
                    assert!(hits.len() <= top_k);
                    assert!(hits.iter().all(|hit| !exclude.contains(&hit.document_id)));
                    assert!(
                        only.is_none_or(|only| hits
                            .iter()
                            .all(|hit| only.contains(&hit.document_id)))
                    );
                    compared += hits.len();
                }
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[tokio::test]
async fn superseded_and_deleted_rows_are_not_found() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let (table, ids) = with_texts(&vectors, customer, &["old walrus", "another walrus"]).await;
    let change = Change {
        append: vec![row(ids[0], 2, 0, "new walrus")],
        supersede: vec![(ids[0], number(2))],
        delete: vec![ids[1]],
        ..Change::none(Utc::now())
    };
    let later = table.with(&vectors, customer, &change).await;
    let q = query(None, Some("walrus"), Mode::Text);
    assert_eq!(
        texts(&later.find(&folder, customer, &q).await),
        ["new walrus"]
    );
    // A caller admitted before still sees the version recorded then.
    assert_eq!(table.find(&folder, customer, &q).await.len(), 2);
}

#[tokio::test]
async fn tenants_never_see_each_other() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let (a, b) = (CustomerId::generate(), CustomerId::generate());
    let (at_a, of_a) = with_texts(&vectors, a, &["secret of a", "shared word"]).await;
    let (at_b, _) = with_texts(&vectors, b, &["secret of b", "shared word"]).await;
    let vector = embed("secret of a");
    for mode in [Mode::Vector, Mode::Text, Mode::Hybrid] {
        let q = query(Some(&vector), Some("secret shared"), mode);
        let hits = at_b.find(&folder, b, &q).await;
        assert!(!hits.is_empty());
        assert!(hits.iter().all(|hit| !of_a.contains(&hit.document_id)));
        // Nor by naming the other's documents.
        let q = Query {
            document_ids: Some(&of_a),
            ..q
        };
        assert!(at_b.find(&folder, b, &q).await.is_empty());
        assert_eq!(at_a.find(&folder, a, &q).await.len(), 2);
    }
}

#[tokio::test]
async fn a_tenant_without_documents_finds_nothing() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let q = query(None, Some("anything"), Mode::Hybrid);
    let empty = Table::default();
    assert!(empty.find(&folder, customer, &q).await.is_empty());
    // Nor does a table whose last document is deleted.
    let (table, ids) = with_texts(&vectors, customer, &["anything"]).await;
    let table = table.with(&vectors, customer, &delete(&ids)).await;
    assert!(table.find(&folder, customer, &q).await.is_empty());
}

#[tokio::test]
async fn a_vector_of_another_length_is_refused() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (table, _) = with_texts(&writer, customer, &["x"]).await;
    let q = query(Some(&[1.0, 2.0]), None, Mode::Vector);
    let without = query(None, Some("x"), Mode::Vector);
    for segments in [table.segments.complete(table.recorded), None] {
        let search = async |q| writer.search(customer, table.recorded, segments, q).await;
        let refused = search(&q).await;
        assert!(
            matches!(refused, Err(Error::ModelChanged { .. })),
            "{refused:?}"
        );
        assert!(search(&without).await.is_err());
    }
}

#[tokio::test]
async fn a_pruned_version_and_a_deleted_segment_are_told_apart() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (old, ids) = with_texts(&writer, customer, &["walrus"]).await;
    let q = query(None, Some("walrus"), Mode::Text);
    // A reader that has the table open at the old version but has read nothing of it yet, and one that has not. (A
    // reader that has read it keeps its files open: it may still answer.)
    let (open, cold) = (vectors(&folder, MEMORY), vectors(&folder, MEMORY));
    open.dataset(customer, old.recorded.unwrap()).await.unwrap();
    let change = append(document(DocumentId::generate(), 1, 1));
    let new = old.with(&writer, customer, &change).await;
    let new = new.with(&writer, customer, &delete(&ids)).await;
    let compacted = writer
        .compact(customer, new.recorded.unwrap())
        .await
        .unwrap();
    let new = Table {
        recorded: compacted.version,
        segments: new.segments.next(new.recorded, compacted.version, None),
    };
    writer.prune(customer, new.recorded.unwrap()).await.unwrap();
    let first = old.segments.segments[0].name;
    let merged = writer
        .merge_segments(customer, &new.segments.segments, Before::Nothing)
        .await;
    let names: Vec<_> = new.segments.segments.iter().map(|s| s.name).collect();
    let new = Table {
        segments: new
            .segments
            .replace(&names, &merged.unwrap(), Before::Nothing)
            .unwrap(),
        ..new
    };
    writer.delete_segments(customer, names).await.unwrap();
    for reader in [open, cold] {
        let gone = old.scan(&reader, customer, &q).await;
        assert!(matches!(gone, Err(Error::VersionGone)), "{gone:?}");
        match old.search(&reader, customer, &q).await {
            Err(Error::Segment(gone)) => assert_eq!((gone.name, gone.is_lost), (first, true)),
            other => panic!("{other:?}"),
        }
        assert!(
            new.search(&reader, customer, &q)
                .await
                .unwrap()
                .hits
                .is_empty()
        );
        assert!(
            new.scan(&reader, customer, &q)
                .await
                .unwrap()
                .hits
                .is_empty()
        );
    }
}

#[tokio::test]
async fn a_warm_search_asks_storage_nothing() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let (table, _) = with_texts(&vectors, customer, &["walrus", "seal"]).await;
    let vector = embed("seal");
    let q = query(Some(&vector), Some("walrus"), Mode::Hybrid);
    let cold = table.search(&vectors, customer, &q).await.unwrap();
    // There is nothing left to ask.
    std::fs::remove_dir_all(folder.path().join("customers")).unwrap();
    assert_eq!(table.search(&vectors, customer, &q).await.unwrap(), cold);
}

#[tokio::test]
async fn a_row_that_is_there_twice_is_found_once() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (table, ids) = with_texts(&writer, customer, &["walrus"]).await;
    let twice = append(vec![row(ids[0], 1, 0, "walrus")]);
    let table = table.with(&writer, customer, &twice).await;
    assert_eq!(
        raw_ids(&writer, customer, table.recorded, None).await.len(),
        2
    );
    let q = query(None, Some("walrus"), Mode::Text);
    let hits = table.search(&writer, customer, &q).await.unwrap().hits;
    assert_eq!(hits.len(), 1);
}

#[tokio::test]
async fn a_child_is_found_and_its_parent_shown() {
    let folder = folder();
    let customer = CustomerId::generate();
    let id = DocumentId::generate();
    let words = [
        "alpha one",
        "alpha two",
        "gamma three",
        "delta alpha",
        "alone alpha",
    ];
    let rows: Vec<Row> = (0..)
        .zip(words)
        .map(|(index, text)| {
            let mut row = row(id, 1, index, text);
            row.chunk.char_span = (index * 10, index * 10 + 9);
            // Two children, two children, and one without.
            row.chunk.parent = (index < 4).then_some(index / 2);
            row.chunk.heading_path = vec!["Part".into(), format!("Section {}", index / 3)];
            row
        })
        .collect();
    let writer = vectors(&folder, MEMORY);
    let table = Table::default()
        .with(&writer, customer, &append(rows))
        .await;
    let q = query(None, Some("alpha two"), Mode::Text);
    let hits = table.find(&folder, customer, &q).await;
    assert_eq!(
        texts(&hits),
        [
            "alpha one\nalpha two",
            "gamma three\ndelta alpha",
            "alone alpha"
        ]
    );
    let spans: Vec<_> = hits
        .iter()
        .map(|hit| (hit.char_span, hit.match_span))
        .collect();
    assert_eq!(
        spans,
        [
            ((0, 19), Some((10, 19))),
            ((20, 39), Some((30, 39))),
            ((40, 49), None)
        ]
    );
    // The headings are those of the whole text shown.
    let paths: Vec<_> = hits
        .iter()
        .map(|hit| hit.heading_path.join(" > "))
        .collect();
    assert_eq!(paths, ["Part > Section 0", "Part", "Part > Section 1"]);
    assert_eq!(hits[0].chunk_id, format!("{id}:1:1"));
    let first = Query { top_k: 1, ..q };
    assert_eq!(table.find(&folder, customer, &first).await.len(), 1);
}
