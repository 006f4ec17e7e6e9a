//! Segments with lists: recall, filters, requests and rounds.

use std::collections::BTreeSet;

use super::*;
use crate::{
    Budget, Limits,
    vectors::{kernel::dot, normalise},
};

const DIMENSION: usize = 48;

/// Documents of ten chunks around 40 topics.
fn rows(count: usize) -> Vec<Owned> {
    let topics: Vec<Vec<f32>> = (0..40).map(|topic| noise(topic, DIMENSION)).collect();
    (0..count)
        .map(|number| {
            let of = number / 10;
            let own = noise(1_000 + of as u64, DIMENSION);
            let chunk = noise(1_000_000 + number as u64, DIMENSION);
            let vector: Vec<f32> = (0..DIMENSION)
                .map(|place| topics[of % 40][place] + 0.7 * own[place] + 0.5 * chunk[place])
                .collect();
            let text = format!("common topic{} document{of} word{}", of % 40, number % 100);
            Owned {
                page: Some((number % 10) as u32),
                language: Some(if of % 3 == 0 { "de" } else { "en" }.to_owned()),
                ..Owned::new(of as u128, (number % 10) as u32, &text, &vector)
            }
        })
        .collect()
}

fn queries() -> Vec<Vec<f32>> {
    (0..10)
        .map(|number| rows(4_000)[number * 397].vector.clone())
        .collect()
}

/// Keys of the nearest rows.
fn exact(
    rows: &[Owned],
    query: &[f32],
    admit: &dyn Admit,
    count: usize,
) -> BTreeSet<(DocumentId, u32)> {
    let unit = |vector: &[f32]| {
        let mut vector = vector.to_vec();
        assert!(normalise(&mut vector));
        vector
    };
    let query = unit(query);
    let mut scores: Vec<(f32, (DocumentId, u32))> = rows
        .iter()
        .filter(|row| admit.document(row.document))
        .filter(|row| admit.chunk(row.page, row.language.as_deref(), row.document))
        .map(|row| (dot(&query, &unit(&row.vector)), (row.document, row.index)))
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    scores.into_iter().take(count).map(|(_, key)| key).collect()
}

fn nearest(found: &[Found], count: u32) -> BTreeSet<(DocumentId, u32)> {
    let nearest = found
        .iter()
        .filter(|found| found.rank_vector.is_some_and(|rank| rank <= count));
    nearest
        .map(|found| (found.record.document, found.record.index))
        .collect()
}

/// Admits one document of so many, or the rows of a page or language.
struct Filter {
    one_of: u64,
    page: Option<u32>,
    language: Option<&'static str>,
}

impl Admit for Filter {
    fn document(&self, id: DocumentId) -> bool {
        let number = id.as_uuid().as_u128() as u64;
        (number.wrapping_mul(0x9e37_79b9) / 7).is_multiple_of(self.one_of)
    }

    fn chunk(&self, page: Option<u32>, language: Option<&str>, _: DocumentId) -> bool {
        self.page.is_none_or(|wanted| page == Some(wanted))
            && self.language.is_none_or(|wanted| language == Some(wanted))
    }
}

#[test]
fn the_recall_that_is_measured_is_that_of_the_searches() {
    let rows = rows(4_000);
    let mut shelf = Shelf::of(&rows);
    let measured = |shelf: &Shelf, queries| {
        let segments = &shelf.segments;
        block_on(crate::recall(
            &shelf.cache,
            &shelf.memory,
            shelf.customer,
            segments,
            queries,
        ))
        .unwrap()
    };
    let recall = measured(&shelf, 20);
    assert_eq!((recall.queries, recall.nearest), (20, 200));
    assert!(recall.share() >= Some(0.9), "{recall:?}");
    // What is superseded is neither asked for nor found.
    let gone: Vec<Tombstone> = (0..399)
        .map(|of| Tombstone::Delete {
            document: document(of),
        })
        .collect();
    shelf.publish(&[], &gone);
    let recall = measured(&shelf, 20);
    assert_eq!((recall.queries, recall.nearest), (10, 90));
    // They are scattered over the segment, and so few requests do not reach all.
    assert!(recall.found >= 75, "{recall:?}");
    shelf.publish(
        &[],
        &[Tombstone::Delete {
            document: document(399),
        }],
    );
    assert_eq!(measured(&shelf, 20).share(), None);
}

#[test]
fn recall_is_that_of_an_exact_search_under_any_filter() {
    let rows = rows(20_000);
    let shelf = Shelf::of(&rows);
    let filter = |one_of, page, language| Filter {
        one_of,
        page,
        language,
    };
    for admit in [
        filter(1, None, None),
        filter(1, Some(3), None),
        filter(1, None, Some("de")),
        filter(2, None, None),
        filter(10, None, None),
        filter(100, None, Some("en")),
        filter(1_000, Some(1), None),
        filter(1_000, Some(99), None),
    ] {
        let (mut hits, mut of) = (0, 0);
        for query in queries() {
            let expected = exact(&rows, &query, &admit, 10);
            let query = Query {
                depth: 10,
                ..by_vector(&query)
            };
            let found = shelf.search_with(&query, &admit, At::Now).unwrap();
            for candidate in &found {
                let record = &candidate.record;
                assert!(admit.document(record.document));
                assert!(admit.chunk(record.page, record.language.as_deref(), record.document));
            }
            hits += nearest(&found, 10).intersection(&expected).count();
            of += expected.len();
        }
        assert!(hits * 100 >= of * 99, "{hits} of {of}");
    }
}

#[test]
fn an_exhaustive_search_misses_nothing() {
    let rows = rows(4_000);
    let shelf = Shelf::of(&rows);
    for query in queries() {
        let expected = exact(&rows, &query, &Everything, 10);
        let query = Query {
            exhaustive: true,
            text: Some("document7"),
            depth: 10,
            ..by_vector(&query)
        };
        let found = shelf.search(&query);
        // Vectors are kept in `f16`, so that the last two may change places.
        assert!(nearest(&found, 10).intersection(&expected).count() >= 9);
        assert_eq!(
            found
                .iter()
                .filter(|found| found.rank_text.is_some())
                .count(),
            10
        );
    }
}

#[test]
fn words_are_found_wherever_their_rows_are() {
    let rows = rows(4_000);
    let shelf = Shelf::of(&rows);
    let found = shelf.search(&by_text("document123"));
    let documents: BTreeSet<_> = found.iter().map(|found| found.record.document).collect();
    assert_eq!(
        (found.len(), documents),
        (10, BTreeSet::from([document(123)]))
    );
    let all: Vec<&Owned> = rows.iter().collect();
    let expected = model::bm25(&all, "topic3 word17");
    let found = shelf.search(&by_text("topic3 word17"));
    assert_eq!(found.len(), 100);
    for candidate in &found {
        let record = &candidate.record;
        let score = expected[&(record.document, record.version, record.index)];
        assert!((candidate.bm25.unwrap() - score).abs() < 1e-4);
    }
    let best = expected.values().copied().fold(0f32, f32::max);
    assert_eq!(found[0].bm25, Some(best));
}

#[test]
fn requests_and_rounds_are_bounded() {
    let query = queries()[0].clone();
    let query = Query {
        depth: 10,
        ..by_vector(&query)
    };
    for (count, most) in [
        (20, (1, 1)),
        (2_048, (1, 1)),
        (4_000, (2, 6)),
        (20_000, (3, 8)),
    ] {
        let rows = rows(count + 20);
        let mut shelf = Shelf::new(1 << 30);
        shelf.publish(&rows[..count], &[]);
        let cold = shelf.search(&query);
        let (rounds, requests, _) = shelf.memory.counts();
        assert!(
            rounds <= most.0 && requests <= most.1,
            "{count}: {rounds} {requests}"
        );
        // The same search again reads nothing and finds the same.
        assert_eq!(shelf.search(&query), cold);
        assert_eq!(shelf.memory.counts(), (0, 0, 0));
        // A publication costs a request, and at most one more for a row that took another's place.
        shelf.publish(&rows[count..], &[]);
        shelf.search(&query);
        let (_, requests, _) = shelf.memory.counts();
        assert!((1..=2).contains(&requests), "{count}: {requests}");
    }
}

#[test]
fn a_search_by_both_takes_no_more_requests() {
    for (count, most) in [(4_000, 6), (20_000, 8)] {
        let rows = rows(count);
        for number in [7, 1_234, 3_333] {
            let shelf = Shelf::of(&rows);
            let ranking = shelf.rank(&Query {
                text: Some("common topic5 word9 document17 word77 topic30"),
                ..by_vector(&rows[number].vector)
            });
            // Those by words are anywhere.
            let places: Vec<crate::Place> = ranking
                .by_text(18, Some(1))
                .into_iter()
                .chain(ranking.by_vector(18, Some(1)).into_iter().take(18))
                .map(|(place, _)| place)
                .collect();
            let read = ranking.read(&shelf.cache, &shelf.memory, shelf.customer, &places);
            assert!(block_on(read).unwrap().iter().flatten().count() > 5);
            let (_, requests, _) = shelf.memory.counts();
            assert!(requests <= most, "{count}: {requests}");
        }
    }
}

#[test]
fn what_is_left_out_for_want_of_requests_changes_no_ranks() {
    let rows = rows(4_000);
    let shelf = Shelf::of(&rows);
    let budget = |requests, bytes| Budget { requests, bytes };
    let limits = |bytes| Limits {
        terms: budget(10, 1 << 30),
        lists: budget(10, 1 << 30),
        rows: budget(4, bytes),
    };
    for vector in queries() {
        let query = |bytes| Query {
            text: Some("topic5 word9"),
            limits: Some(limits(bytes)),
            ..by_vector(&vector)
        };
        let all = shelf.search(&query(1 << 30));
        let few = shelf.search(&query(20_000));
        assert!(!few.is_empty() && few.len() < all.len());
        for candidate in &few {
            let same = all
                .iter()
                .find(|other| other.record == candidate.record)
                .unwrap();
            assert_eq!(
                (candidate.rank_text, candidate.cosine),
                (same.rank_text, same.cosine)
            );
            let (few, all) = (candidate.rank_vector, same.rank_vector);
            assert!(
                few.unwrap_or(101).abs_diff(all.unwrap_or(101)) <= 30,
                "{few:?} {all:?}"
            );
        }
    }
}
