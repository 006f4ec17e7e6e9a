//! The options of a search, by segments and by scanning.

use std::collections::HashSet;

use dynrag_domain::search::{Hit, filter::FilterInput};

use super::*;
use crate::ChunkCondition;

fn texts(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.text.as_str()).collect()
}

async fn stored(folder: &TempDir, customer: CustomerId, rows: Vec<Row>) -> Table {
    let writer = vectors(folder, MEMORY);
    Table::default()
        .with(&writer, customer, &append(rows))
        .await
}

/// A row in a language.
fn told(id: DocumentId, index: u32, text: &str, language: &str) -> Row {
    Row {
        language: Some(language.into()),
        ..row(id, 1, index, text)
    }
}

#[tokio::test]
async fn words_are_found_in_every_form_in_the_language_of_their_chunk() {
    let folder = folder();
    let customer = CustomerId::generate();
    let mut rows = Vec::new();
    for (text, language) in [
        ("All employees may take leave.", "en"),
        ("Die Angestellten haben Urlaub.", "de"),
        ("Les congés de l’école sont payés.", "fr"),
        ("يحق للموظفين أخذ إجازة", "ar"),
        ("員工可以請假。", "zh"),
        ("Fehler ERR_CONN_42 in Modul foo_bar, v1.2.3", "de"),
    ] {
        rows.push(told(DocumentId::generate(), 0, text, language));
    }
    let expected: Vec<String> = rows.iter().map(|row| row.chunk.text.clone()).collect();
    let table = stored(&folder, customer, rows).await;
    for (words, place) in [
        ("employee", 0),
        ("EMPLOYEES", 0),
        ("angestellter", 1),
        ("conges ecole", 2),
        ("موظف", 3),
        ("請假", 4),
        ("err_conn_42", 5),
        ("v1.2.3", 5),
        ("foo_bar", 5),
    ] {
        let q = query(None, Some(words), Mode::Text);
        let hits = table.find(&folder, customer, &q).await;
        assert_eq!(texts(&hits)[0], expected[place], "{words}");
    }
}

#[tokio::test]
async fn a_document_is_found_by_its_title_and_headings() {
    let folder = folder();
    let customer = CustomerId::generate();
    let mut titled = told(DocumentId::generate(), 0, "Bring your passport.", "en");
    titled.title = "Zephyr onboarding checklist".into();
    titled.chunk.heading_path = vec!["First week".into()];
    let other = told(DocumentId::generate(), 0, "Nothing of it.", "en");
    let table = stored(&folder, customer, vec![titled, other]).await;
    for words in ["zephyr", "checklists", "first weeks"] {
        let q = query(None, Some(words), Mode::Text);
        let hits = table.find(&folder, customer, &q).await;
        assert_eq!(texts(&hits), ["Bring your passport."], "{words}");
    }
}

#[tokio::test]
async fn a_filter_is_applied_before_ranking() {
    let folder = folder();
    let customer = CustomerId::generate();
    let (a, b) = (DocumentId::generate(), DocumentId::generate());
    // All are better than the few that meet the filters.
    let mut rows: Vec<Row> = (0..400)
        .map(|index| told(a, index, "walrus walrus walrus", "en"))
        .collect();
    rows.push(told(a, 400, "one walrus among other animals", "de"));
    rows.push(told(b, 0, "a walrus of another document", "en"));
    let table = stored(&folder, customer, rows).await;
    let vector = embed("walrus walrus walrus");
    let find = async |filter: serde_json::Value, sets: &[HashSet<DocumentId>], mode| {
        let input: FilterInput = serde_json::from_value(filter).unwrap();
        let split = input.parse("/filter").unwrap().split();
        let q = Query {
            chunks: split
                .chunks
                .as_ref()
                .map(|filter| ChunkCondition { filter, sets }),
            ..query(Some(&vector), Some("walrus"), mode)
        };
        table.find(&folder, customer, &q).await
    };
    for mode in [Mode::Text, Mode::Vector, Mode::Hybrid] {
        let language = json!({"field": "language", "op": "eq", "value": "de"});
        assert_eq!(
            texts(&find(language.clone(), &[], mode).await),
            ["one walrus among other animals"]
        );
        let page = json!({"field": "page", "op": "in", "value": [7, 9]});
        let pages: Vec<_> = find(page, &[], mode)
            .await
            .iter()
            .map(|hit| hit.page)
            .collect();
        assert_eq!(pages, [Some(7), Some(9)]);
        // A condition on documents within an or is decided by the set it refers to.
        let title = json!({"field": "title", "op": "eq", "value": "not looked at"});
        let either = json!({"or": [language, title]});
        let hits = find(either, &[HashSet::from([b])], mode).await;
        assert_eq!(hits.len(), 2);
    }
}

#[tokio::test]
async fn a_document_takes_no_more_than_its_share_of_the_results() {
    let folder = folder();
    let customer = CustomerId::generate();
    let mut ids = [DocumentId::generate(), DocumentId::generate()];
    ids.sort();
    let mut rows: Vec<Row> = (0..1_200)
        .map(|index| row(ids[0], 1, index, "walrus walrus walrus"))
        .collect();
    rows.push(row(ids[1], 1, 0, "a walrus in a longer text of many words"));
    let table = stored(&folder, customer, rows).await;
    let vector = embed("walrus walrus walrus");
    for mode in [Mode::Text, Mode::Vector, Mode::Hybrid] {
        let q = Query {
            max_per_document: Some(2),
            ..query(Some(&vector), Some("walrus"), mode)
        };
        let hits = table.find(&folder, customer, &q).await;
        let of: Vec<_> = hits.iter().map(|hit| hit.document_id).collect();
        assert_eq!(of, [ids[0], ids[0], ids[1]], "{mode:?}");
        // Few are wanted, and the best of them are of one document.
        let q = Query {
            max_per_document: Some(1),
            top_k: 2,
            ..q
        };
        let hits = table.find(&folder, customer, &q).await;
        let of: Vec<_> = hits.iter().map(|hit| hit.document_id).collect();
        assert_eq!(of, ids, "{mode:?}");
    }
}

#[tokio::test]
async fn children_of_one_parent_leave_room_for_others() {
    let folder = folder();
    let customer = CustomerId::generate();
    let id = DocumentId::generate();
    let mut rows: Vec<Row> = (0..4)
        .map(|index| row(id, 1, index, "walrus walrus walrus"))
        .collect();
    for row in &mut rows {
        row.chunk.parent = Some(0);
    }
    rows.push(row(id, 1, 4, "a walrus in a longer text of many words"));
    let table = stored(&folder, customer, rows).await;
    let vector = embed("walrus walrus walrus");
    for mode in [Mode::Text, Mode::Vector, Mode::Hybrid] {
        let q = Query {
            top_k: 2,
            ..query(Some(&vector), Some("walrus"), mode)
        };
        let hits = table.find(&folder, customer, &q).await;
        assert_eq!(hits.len(), 2, "{mode:?}");
        assert!(hits[1].text.starts_with("a walrus"), "{mode:?}");
    }
}

#[tokio::test]
async fn a_result_comes_with_its_neighbors() {
    let folder = folder();
    let customer = CustomerId::generate();
    let (a, b) = (DocumentId::generate(), DocumentId::generate());
    let mut rows: Vec<Row> = (0..6)
        .map(|index| row(a, 1, index, &format!("chunk number n{index}")))
        .collect();
    rows.push(row(b, 1, 0, "of another document"));
    let table = stored(&folder, customer, rows).await;
    for (mark, before, after) in [
        ("n3", vec!["n1", "n2"], vec!["n4", "n5"]),
        ("n0", vec![], vec!["n1", "n2"]),
        ("n5", vec!["n3", "n4"], vec![]),
    ] {
        let q = Query {
            neighbors: 2,
            ..query(None, Some(mark), Mode::Text)
        };
        let hits = table.find(&folder, customer, &q).await;
        let neighbors = hits[0].neighbors.as_ref().unwrap();
        let ends = |of: &[dynrag_domain::search::Neighbor]| -> Vec<String> {
            let last = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
            of.iter().map(|chunk| last(&chunk.text)).collect()
        };
        assert_eq!(ends(&neighbors.before), before, "{mark}");
        assert_eq!(ends(&neighbors.after), after, "{mark}");
    }
    let q = query(None, Some("n3"), Mode::Text);
    assert_eq!(table.find(&folder, customer, &q).await[0].neighbors, None);
}

#[tokio::test]
async fn a_search_of_the_past_finds_what_was_published_then() {
    let folder = folder();
    let customer = CustomerId::generate();
    let writer = vectors(&folder, MEMORY);
    let id = DocumentId::generate();
    let at = |minute: i64| {
        chrono::DateTime::from_timestamp(1_800_000_000 + minute * 60, 250_000_000).unwrap()
    };
    let mut table = Table::default();
    for (version, text) in [(1, "the first walrus"), (2, "the second walrus")] {
        let change = Change {
            append: vec![row(id, version, 0, text)],
            supersede: vec![(id, number(version))],
            ..Change::none(at(i64::from(version) * 10))
        };
        table = table.with(&writer, customer, &change).await;
    }
    let recorded = table.recorded;
    let compacted = writer.compact(customer, recorded.unwrap()).await.unwrap();
    table.recorded = compacted.version;
    table.segments = table.segments.next(recorded, compacted.version, None);
    for (minute, expected) in [
        (9, vec![]),
        (10, vec!["the first walrus"]),
        (19, vec!["the first walrus"]),
        (20, vec!["the second walrus"]),
        (99, vec!["the second walrus"]),
    ] {
        let q = Query {
            as_of: Some(at(minute)),
            ..query(None, Some("walrus"), Mode::Text)
        };
        let hits = table.find(&folder, customer, &q).await;
        assert_eq!(texts(&hits), expected, "{minute}");
    }
    for (time, expected) in [
        ("0000-01-01T00:00:00Z", vec![]),
        ("9999-12-31T23:59:59Z", vec!["the second walrus"]),
    ] {
        let q = Query {
            as_of: Some(time.parse().unwrap()),
            ..query(None, Some("walrus"), Mode::Text)
        };
        let hits = table.find(&folder, customer, &q).await;
        assert_eq!(texts(&hits), expected, "{time}");
    }
    let now = query(None, Some("walrus"), Mode::Text);
    let hits = table.find(&folder, customer, &now).await;
    assert_eq!(texts(&hits), ["the second walrus"]);
}

#[tokio::test]
async fn what_matched_is_marked_and_results_can_differ_from_each_other() {
    let folder = folder();
    let customer = CustomerId::generate();
    let ids: Vec<DocumentId> = (0..3).map(|_| DocumentId::generate()).collect();
    let mut rows = vec![
        told(ids[0], 0, "Walruses live in the Arctic.", "en"),
        told(ids[1], 0, "Walruses live in the Arctic.", "en"),
        told(ids[2], 0, "A seal, and a walrus on the ice far away.", "en"),
    ];
    rows[2].vector = rows[0].vector.iter().rev().copied().collect();
    let table = stored(&folder, customer, rows).await;
    let q = Query {
        highlight: true,
        ..query(None, Some("arctic walrus"), Mode::Text)
    };
    let hits = table.find(&folder, customer, &q).await;
    assert_eq!(hits[0].highlights, Some(vec![(0, 8), (21, 27)]));
    assert_eq!(hits[2].highlights, Some(vec![(14, 20)]));
    let third = |hits: &[Hit]| hits.iter().position(|hit| hit.document_id == ids[2]);
    assert_eq!(third(&hits), Some(2));
    let q = Query {
        mmr: Some(0.3),
        ..q
    };
    let hits = table.find(&folder, customer, &q).await;
    assert_eq!(third(&hits), Some(1));
}

#[tokio::test]
async fn hybrid_gives_both_scores_of_every_result() {
    let folder = folder();
    let customer = CustomerId::generate();
    let rows: Vec<Row> = (0..40)
        .map(|n| row(DocumentId::generate(), 1, 0, &format!("text number n{n}")))
        .collect();
    let table = stored(&folder, customer, rows).await;
    let vector = embed("text number n7");
    let q = query(Some(&vector), Some("n9"), Mode::Hybrid);
    let hits = table.find(&folder, customer, &q).await;
    let of = |mark: &str| hits.iter().find(|hit| hit.text.ends_with(mark)).unwrap();
    let (near, named) = (of("n7"), of("n9"));
    assert!((near.scores.vector.unwrap() - 1.0).abs() < 1e-5);
    assert_eq!(near.scores.text, Some(0.0));
    assert!(named.scores.vector.unwrap() < 0.9);
    assert!(named.scores.text.unwrap() > 1.0);
    assert_eq!((near.ranks.vector, named.ranks.text), (Some(1), Some(1)));
}
