//! Any rows: what is found is what a plain model finds.

use std::collections::{BTreeMap, HashMap};

use dynrag_analysis::{Analyzer, Language};
use proptest::prelude::*;

use super::*;
use crate::{
    row::Key,
    vectors::{kernel::dot, normalise},
};

type Publication = (Vec<Owned>, Vec<Tombstone>);

/// What a document's version is after tombstones: since when it is superseded, or removed.
fn covered(row: &Owned, tombstones: &[Tombstone]) -> Option<Option<DateTime<Utc>>> {
    let mut since = row.superseded_at;
    for tombstone in tombstones {
        match tombstone {
            Tombstone::Delete { document } if *document == row.document => return None,
            Tombstone::Forget { document, version }
                if (*document, *version) == (row.document, row.version) =>
            {
                return None;
            }
            Tombstone::Supersede {
                document,
                below,
                at,
            } if *document == row.document && row.version < *below => {
                since = Some(since.map_or(*at, |before| before.min(*at)));
            }
            _ => {}
        }
    }
    Some(since)
}

fn key(row: &Owned) -> Key {
    (row.document, row.version, row.index)
}

/// Rows that are written, with the tombstones of all later publications.
fn written(publications: &[Publication]) -> Vec<(Owned, Vec<Tombstone>)> {
    let mut rows = Vec::new();
    for (number, (of, tombstones)) in publications.iter().enumerate() {
        let later: Vec<Tombstone> = publications[number + 1..]
            .iter()
            .flat_map(|(_, tombstones)| tombstones.clone())
            .collect();
        for row in of {
            if let Some(superseded_at) = covered(row, tombstones) {
                let row = Owned {
                    superseded_at,
                    ..row.clone()
                };
                rows.push((row, later.clone()));
            }
        }
    }
    rows
}

fn shown(row: &Owned, later: &[Tombstone], at: At) -> bool {
    let Some(since) = covered(row, later) else {
        return false;
    };
    match at {
        At::Now => since.is_none(),
        At::Time(at) => row.published_at <= at && since.is_none_or(|since| at < since),
    }
}

fn ranked(mut scores: Vec<(Key, f32)>, depth: usize) -> Vec<(Key, f32)> {
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.truncate(depth);
    scores
}

/// BM25 of all rows, by a plain program.
pub(super) fn bm25(rows: &[&Owned], query: &str) -> HashMap<Key, f32> {
    let analyzer = Analyzer::new();
    let language = |row: &Owned| Language::of(row.language.as_deref());
    let mut documents = Vec::new();
    for row in rows {
        let mut terms: BTreeMap<String, u32> = BTreeMap::new();
        let mut each = |text: &str| {
            analyzer.each(text, language(row), |token| {
                *terms.entry(token.term.to_owned()).or_default() += 1;
            })
        };
        each(&row.title);
        for heading in &row.heading_path {
            each(heading);
        }
        // Only the text counts to the length.
        let length = each(&row.text);
        documents.push((key(row), terms, length));
    }
    let mut languages: Vec<Language> = rows.iter().map(|row| language(row)).collect();
    languages.sort_unstable();
    languages.dedup();
    let words: u64 = documents
        .iter()
        .map(|(_, _, length)| u64::from(*length))
        .sum();
    let average = (words as f32 / documents.len() as f32).max(1.0);
    let mut scores: HashMap<Key, f32> = HashMap::new();
    for group in analyzer.query(query, &languages).groups {
        let count = |terms: &BTreeMap<String, u32>| {
            group
                .terms
                .iter()
                .filter_map(|term| terms.get(term))
                .max()
                .copied()
        };
        let frequency = documents
            .iter()
            .filter(|(_, terms, _)| count(terms).is_some())
            .count() as f32;
        let idf = (1.0 + (documents.len() as f32 - frequency + 0.5) / (frequency + 0.5)).ln();
        for (key, terms, length) in &documents {
            if let Some(count) = count(terms) {
                let count = count as f32;
                let norm = 1.2 * (1.0 - 0.75 + 0.75 * *length as f32 / average);
                *scores.entry(*key).or_default() +=
                    group.weight * idf * count * 2.2 / (count + norm);
            }
        }
    }
    scores
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let mut vector = vector.to_vec();
    assert!(normalise(&mut vector));
    vector
}

/// Admits documents but those with a remainder of four, and chunks but those of a page.
struct Others(u128, u32);

impl Admit for Others {
    fn document(&self, id: DocumentId) -> bool {
        id.as_uuid().as_u128() % 4 != self.0
    }

    fn chunk(&self, page: Option<u32>, _: Option<&str>, _: DocumentId) -> bool {
        page != Some(self.1)
    }
}

fn check(publications: &[Publication], query: &Query<'_>, admit: &dyn Admit, at: At) {
    let mut shelf = Shelf::new(1 << 20);
    for (rows, tombstones) in publications {
        shelf.publish(rows, tombstones);
    }
    let found = shelf.search_with(query, admit, at).unwrap();
    let written = written(publications);
    let live: Vec<&Owned> = written
        .iter()
        .filter(|(row, later)| shown(row, later, at))
        .map(|(row, _)| row)
        .collect();
    let may: Vec<&Owned> = live
        .iter()
        .copied()
        .filter(|row| {
            admit.document(row.document)
                && admit.chunk(row.page, row.language.as_deref(), row.document)
        })
        .collect();

    let vector = unit(query.vector.unwrap());
    let cosines = may
        .iter()
        .map(|row| (key(row), dot(&vector, &unit(&row.vector))))
        .collect();
    let cosines = ranked(cosines, query.depth);
    let scores = bm25(&live, query.text.unwrap());
    let matching = may
        .iter()
        .filter_map(|row| Some((key(row), *scores.get(&key(row))?)));
    let matching = ranked(
        matching.filter(|(_, score)| *score > 0.0).collect(),
        query.depth,
    );

    let by_rank = |rank: fn(&Found) -> Option<u32>, score: fn(&Found) -> Option<f32>| {
        let mut list: Vec<(u32, Key, f32)> = found
            .iter()
            .filter_map(|found| {
                let record = &found.record;
                let key = (record.document, record.version, record.index);
                Some((rank(found)?, key, score(found).unwrap()))
            })
            .collect();
        list.sort_by_key(|(rank, ..)| *rank);
        list.into_iter()
            .map(|(_, key, score)| (key, score))
            .collect::<Vec<_>>()
    };
    let keys = |list: &[(Key, f32)]| list.iter().map(|(key, _)| *key).collect::<Vec<_>>();
    let vectors = by_rank(|found| found.rank_vector, |found| found.cosine);
    assert_eq!(keys(&vectors), keys(&cosines));
    let words = by_rank(|found| found.rank_text, |found| found.bm25);
    assert_eq!(keys(&words), keys(&matching));
    for (found, expected) in vectors
        .iter()
        .zip(&cosines)
        .chain(words.iter().zip(&matching))
    {
        assert!(
            (found.1 - expected.1).abs() < 1e-5,
            "{found:?} {expected:?}"
        );
    }
    // The other leg's score is given too.
    for candidate in &found {
        let record = &candidate.record;
        let score = scores.get(&(record.document, record.version, record.index));
        let off = candidate.bm25.unwrap() - score.copied().unwrap_or_default();
        assert!(off.abs() < 1e-5);
        assert!(candidate.cosine.is_some());
    }
}

fn rows() -> impl Strategy<Value = Vec<Owned>> {
    let words = prop::collection::vec(
        prop::sample::select(vec![
            "kettle",
            "kettles",
            "the",
            "limescale",
            "ERR_42",
            "水壶",
            "Kessel",
            "été",
        ]),
        0..6,
    );
    let vector = prop::collection::vec(-2i8..3, 3).prop_map(|values| {
        let mut vector: Vec<f32> = values.iter().map(|value| f32::from(*value)).collect();
        vector[0] += if vector.iter().all(|value| *value == 0.0) {
            1.0
        } else {
            0.0
        };
        vector
    });
    let language = prop::sample::select(vec![
        None,
        Some("en"),
        Some("de-AT"),
        Some("zh"),
        Some("fr"),
    ]);
    let row = (
        0u128..6,
        1i32..4,
        0i64..5,
        prop::option::of(0u32..3),
        language,
        words,
        vector,
    );
    let row = row.prop_map(
        |(of, number, published, page, language, words, vector)| Owned {
            version: version(number),
            published_at: second(published),
            page,
            language: language.map(str::to_owned),
            title: words.first().copied().unwrap_or_default().to_owned(),
            heading_path: words
                .get(2..)
                .unwrap_or_default()
                .iter()
                .map(|w| (*w).to_owned())
                .collect(),
            ..Owned::new(of, 0, &words.join(" "), &vector)
        },
    );
    prop::collection::vec(row, 0..15)
}

fn tombstones() -> impl Strategy<Value = Vec<Tombstone>> {
    let tombstone =
        (0u8..3, 0u128..6, 1i32..5, 0i64..8).prop_map(|(kind, of, number, at)| match kind {
            0 => Tombstone::Delete {
                document: document(of),
            },
            1 => Tombstone::Forget {
                document: document(of),
                version: version(number),
            },
            _ => Tombstone::Supersede {
                document: document(of),
                below: version(number),
                at: second(at),
            },
        });
    prop::collection::vec(tombstone, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_found_is_what_a_plain_model_finds(
        mut publications in prop::collection::vec((rows(), tombstones()), 1..5),
        depth in 1usize..12,
        admits in (0u128..5, 0u32..4),
        at in prop::option::of(0i64..8),
        exhaustive: bool,
    ) {
        let all = publications.iter_mut().flat_map(|(rows, _)| rows);
        all.zip(0..).for_each(|(row, index)| row.index = index);
        let query = Query {
            vector: Some(&[1.0, 2.0, -1.0]),
            text: Some("the kettles, err_42 水壶"),
            depth,
            exhaustive,
            ..Query::default()
        };
        let at = at.map_or(At::Now, |at| At::Time(second(at)));
        check(&publications, &query, &Others(admits.0, admits.1), at);
    }
}

#[test]
fn equal_scores_are_in_the_order_of_document_version_and_index() {
    let rows: Vec<Owned> = (0..40u32)
        .rev()
        .map(|number| Owned {
            version: version(i32::try_from(number % 2).unwrap() + 1),
            ..Owned::new(u128::from(number % 5), number, "same words", &[1.0, 1.0])
        })
        .collect();
    let (low, high) = rows.split_at(20);
    let query = Query {
        vector: Some(&[1.0, 0.5]),
        text: Some("words"),
        depth: 7,
        ..Query::default()
    };
    check(
        &[(low.to_vec(), vec![]), (high.to_vec(), vec![])],
        &query,
        &Everything,
        At::Now,
    );
}
