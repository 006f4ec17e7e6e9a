//! Searching, in memory and by scanning.

use dynrag_domain::search::{Hit, Mode};

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
) -> (Recorded, Vec<DocumentId>) {
    let ids: Vec<DocumentId> = texts.iter().map(|_| DocumentId::generate()).collect();
    let rows = ids
        .iter()
        .zip(texts)
        .map(|(id, text)| row(*id, 1, 0, text))
        .collect();
    let stored = vectors.store(customer, None, &append(rows)).await.unwrap();
    (stored.version, ids)
}

#[tokio::test]
async fn a_hit_carries_all_that_was_stored() {
    let folder = folder();
    let customer = CustomerId::generate();
    let id = DocumentId::generate();
    let rows = document(id, 7, 6);
    let writer = vectors(&folder, MEMORY);
    let recorded = writer
        .store(customer, None, &append(rows.clone()))
        .await
        .unwrap()
        .version;
    for memory in [MEMORY, NO_MEMORY] {
        let vectors = vectors(&folder, memory);
        let vector = rows[5].vector.clone();
        let q = query(Some(&vector), None, Mode::Vector);
        let hits = vectors.search(customer, recorded, &q).await.unwrap().hits;
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
    let (recorded, _) = with_texts(&vectors, customer, &corpus).await;
    for (words, expected) in [
        ("海淀", 0),
        ("上海", 1),
        ("القاهرة", 2),
        ("straße", 3),
        ("e\u{301}cole", 4),
    ] {
        let hits = vectors
            .search(customer, recorded, &query(None, Some(words), Mode::Text))
            .await
            .unwrap()
            .hits;
        // A character of a Chinese word finds other words with it, after those with the word.
        assert_eq!(texts(&hits)[0], corpus[expected], "{words}");
    }
}

#[tokio::test]
async fn memory_and_scan_give_the_same_results() {
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
    let recorded = writer
        .store(customer, None, &append(rows_of(0..30, 1)))
        .await
        .unwrap()
        .version;
    let change = Change {
        append: [rows_of(30..40, 1), rows_of(0..5, 2)].concat(),
        supersede: ids[0..5].iter().map(|id| (*id, number(2))).collect(),
        delete: vec![ids[29]],
        ..Change::none(Utc::now())
    };
    let recorded = writer
        .store(customer, recorded, &change)
        .await
        .unwrap()
        .version;

    let (memory, scan) = (vectors(&folder, MEMORY), vectors(&folder, NO_MEMORY));
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
                    let hits = memory
                        .search(customer, recorded, &query)
                        .await
                        .unwrap()
                        .hits;
                    assert_eq!(
                        hits,
                        scan.search(customer, recorded, &query).await.unwrap().hits
                    );
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
    assert_eq!(memory.snapshots.held().0, 1);
    assert_eq!(scan.snapshots.held().1, 0);
}

#[tokio::test]
async fn superseded_and_deleted_rows_are_not_found() {
    let folder = folder();
    let customer = CustomerId::generate();
    let vectors = vectors(&folder, MEMORY);
    let (recorded, ids) = with_texts(&vectors, customer, &["old walrus", "another walrus"]).await;
    let change = Change {
        append: vec![row(ids[0], 2, 0, "new walrus")],
        supersede: vec![(ids[0], number(2))],
        delete: vec![ids[1]],
        ..Change::none(Utc::now())
    };
    let later = vectors
        .store(customer, recorded, &change)
        .await
        .unwrap()
        .version;
    let q = query(None, Some("walrus"), Mode::Text);
    let hits = vectors.search(customer, later, &q).await.unwrap().hits;
    assert_eq!(texts(&hits), ["new walrus"]);
    // A caller admitted before still sees the version recorded then.
    assert_eq!(
        vectors
            .search(customer, recorded, &q)
            .await
            .unwrap()
            .hits
            .len(),
        2
    );
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
        let hits = vectors.search(b, at_b, &q).await.unwrap().hits;
        assert!(!hits.is_empty());
        assert!(hits.iter().all(|hit| !of_a.contains(&hit.document_id)));
        // Nor by naming the other's documents.
        let q = Query {
            document_ids: Some(&of_a),
            ..q
        };
        assert!(vectors.search(b, at_b, &q).await.unwrap().hits.is_empty());
        assert_eq!(vectors.search(a, at_a, &q).await.unwrap().hits.len(), 2);
    }
}

#[tokio::test]
async fn a_tenant_without_documents_finds_nothing() {
    let folder = folder();
    let vectors = vectors(&folder, MEMORY);
    let customer = CustomerId::generate();
    let q = query(None, Some("anything"), Mode::Hybrid);
    assert!(
        vectors
            .search(customer, None, &q)
            .await
            .unwrap()
            .hits
            .is_empty()
    );
    // Nor does a table whose last document is deleted.
    let (recorded, ids) = with_texts(&vectors, customer, &["anything"]).await;
    let recorded = vectors
        .store(customer, recorded, &delete(&ids))
        .await
        .unwrap()
        .version;
    assert!(
        vectors
            .search(customer, recorded, &q)
            .await
            .unwrap()
            .hits
            .is_empty()
    );
}

#[tokio::test]
async fn a_vector_of_another_length_is_refused() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (recorded, _) = with_texts(&writer, customer, &["x"]).await;
    for memory in [MEMORY, NO_MEMORY] {
        let vectors = vectors(&folder, memory);
        let q = query(Some(&[1.0, 2.0]), None, Mode::Vector);
        let refused = vectors.search(customer, recorded, &q).await;
        assert!(
            matches!(refused, Err(Error::ModelChanged { .. })),
            "{refused:?}"
        );
        assert!(
            vectors
                .search(customer, recorded, &query(None, Some("x"), Mode::Vector))
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn a_pruned_version_is_told_apart() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (old, ids) = with_texts(&writer, customer, &["walrus"]).await;
    let q = query(None, Some("walrus"), Mode::Text);
    // Two readers that have the table open at the old version but have read nothing of it yet, and
    // one that has not. (A reader that has read it keeps its files open: it may still answer.)
    let (searching, scanning, cold) = (
        vectors(&folder, MEMORY),
        vectors(&folder, NO_MEMORY),
        vectors(&folder, MEMORY),
    );
    for reader in [&searching, &scanning] {
        reader.dataset(customer, old.unwrap()).await.unwrap();
    }
    let change = append(document(DocumentId::generate(), 1, 1));
    let new = writer.store(customer, old, &change).await.unwrap().version;
    let new = writer
        .store(customer, new, &delete(&ids))
        .await
        .unwrap()
        .version;
    let new = writer
        .compact(customer, new.unwrap())
        .await
        .unwrap()
        .version;
    writer.prune(customer, new.unwrap()).await.unwrap();
    for reader in [searching, scanning, cold] {
        let gone = reader.search(customer, old, &q).await;
        assert!(matches!(gone, Err(Error::VersionGone)), "{gone:?}");
        assert!(
            reader
                .search(customer, new, &q)
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
    let (recorded, _) = with_texts(&vectors, customer, &["walrus", "seal"]).await;
    let vector = embed("seal");
    let q = query(Some(&vector), Some("walrus"), Mode::Hybrid);
    let cold = vectors.search(customer, recorded, &q).await.unwrap().hits;
    // There is nothing left to ask.
    std::fs::remove_dir_all(folder.path().join("customers")).unwrap();
    assert_eq!(
        vectors.search(customer, recorded, &q).await.unwrap().hits,
        cold
    );
}

#[tokio::test]
async fn memory_is_bounded_and_the_least_used_tenant_goes_first() {
    let folder = folder();
    let writer = vectors(&folder, MEMORY);
    let mut tenants = Vec::new();
    for _ in 0..4 {
        let customer = CustomerId::generate();
        let rows = document(DocumentId::generate(), 1, 100);
        tenants.push((
            customer,
            writer
                .store(customer, None, &append(rows))
                .await
                .unwrap()
                .version,
        ));
    }
    let q = query(None, Some("chunk"), Mode::Text);
    writer.search(tenants[0].0, tenants[0].1, &q).await.unwrap();
    let one = writer.snapshots.held().1;
    // Room for two and a half of them.
    let budget = one * 5 / 2;
    let vectors = vectors(&folder, budget * 4 / 3);
    for (customer, recorded) in tenants.iter().chain(&tenants) {
        assert_eq!(
            vectors
                .search(*customer, *recorded, &q)
                .await
                .unwrap()
                .hits
                .len(),
            10
        );
        let (entries, bytes) = vectors.snapshots.held();
        assert!(bytes <= budget && entries <= 2, "{entries} {bytes}");
    }
    // A newer version replaces the older one.
    let (customer, recorded) = tenants[3];
    let change = append(document(DocumentId::generate(), 1, 1));
    let newer = vectors
        .store(customer, recorded, &change)
        .await
        .unwrap()
        .version;
    vectors.search(customer, newer, &q).await.unwrap();
    assert_eq!(vectors.snapshots.held().0, 2);
}

#[tokio::test]
async fn a_row_that_is_there_twice_is_found_once() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (recorded, ids) = with_texts(&writer, customer, &["walrus"]).await;
    let twice = append(vec![row(ids[0], 1, 0, "walrus")]);
    let recorded = writer
        .store(customer, recorded, &twice)
        .await
        .unwrap()
        .version;
    assert_eq!(raw_ids(&writer, customer, recorded, None).await.len(), 2);
    let vectors = vectors(&folder, MEMORY);
    let hits = vectors
        .search(customer, recorded, &query(None, Some("walrus"), Mode::Text))
        .await
        .unwrap()
        .hits;
    assert_eq!(hits.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_searches_at_once_load_the_table_once() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let (recorded, _) = with_texts(&writer, customer, &["walrus", "seal"]).await;
    let vectors = vectors(&folder, MEMORY);
    let searches: Vec<_> = (0..16)
        .map(|_| {
            let vectors = vectors.clone();
            tokio::spawn(async move {
                let q = query(None, Some("walrus"), Mode::Text);
                vectors
                    .search(customer, recorded, &q)
                    .await
                    .unwrap()
                    .hits
                    .len()
            })
        })
        .collect();
    for search in searches {
        assert_eq!(search.await.unwrap(), 1);
    }
    assert_eq!(vectors.snapshots.loads(), 1);
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
    let recorded = writer
        .store(customer, None, &append(rows))
        .await
        .unwrap()
        .version;
    let mut answers = Vec::new();
    for memory in [MEMORY, NO_MEMORY] {
        let vectors = vectors(&folder, memory);
        let q = query(None, Some("alpha two"), Mode::Text);
        let hits = vectors.search(customer, recorded, &q).await.unwrap().hits;
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
        assert_eq!(
            vectors
                .search(customer, recorded, &first)
                .await
                .unwrap()
                .hits
                .len(),
            1
        );
        answers.push(hits);
    }
    assert_eq!(answers[0], answers[1]);
}
