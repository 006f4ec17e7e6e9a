//! What is known of rows before they are read.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{Place, Spread};

/// Documents of ten chunks around 40 topics.
fn clustered(count: usize) -> Vec<Owned> {
    let topics: Vec<Vec<f32>> = (0..40).map(|topic| noise(topic, 48)).collect();
    (0..count)
        .map(|number| {
            let of = number / 10;
            let chunk = noise(1_000_000 + number as u64, 48);
            let parts = topics[of % 40].iter().zip(&chunk);
            let vector: Vec<f32> = parts.map(|(topic, chunk)| topic + 0.7 * chunk).collect();
            let text = format!("common topic{} word{}", of % 40, number % 100);
            Owned {
                parent: (number % 2 == 0).then_some((number % 10) as u32),
                ..Owned::new(of as u128, (number % 10) as u32, &text, &vector)
            }
        })
        .collect()
}

fn query(vector: &[f32]) -> Query<'_> {
    Query {
        text: Some("topic7 word17 common nowhere"),
        depth: 10,
        ..by_vector(vector)
    }
}

#[test]
fn the_spread_of_cosines_is_near_that_of_all_though_few_lists_are_read() {
    let rows = clustered(20_000);
    let shelf = Shelf::of(&rows);
    let limits = crate::Limits {
        lists: crate::Budget {
            requests: 1,
            bytes: 20_000,
        },
        ..crate::Limits::of(20_000, true, false)
    };
    for number in [0, 777, 12_345] {
        let few = shelf.rank(&Query {
            limits: Some(limits),
            ..query(&rows[number].vector)
        });
        let all = shelf.rank(&Query {
            exhaustive: true,
            ..query(&rows[number].vector)
        });
        let (few, all) = (few.cosines().unwrap(), all.cosines().unwrap());
        assert_eq!((few.rows(), all.rows()), (20_000, 20_000));
        assert!((few.mean() - all.mean()).abs() < 0.01, "{few:?} {all:?}");
        let ratio = few.deviation() / all.deviation();
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
        assert!((few.scale(0.5) - all.scale(0.5)).abs() < 0.1);
    }
}

#[test]
fn every_row_has_its_scores_before_it_is_read() {
    let rows = clustered(4_000);
    let shelf = Shelf::of(&rows);
    let ranking = shelf.rank(&query(&rows[70].vector));
    let (rounds, ..) = shelf.memory.counts();
    assert!(rounds <= 2);
    // All rows have a word, so that all are ranked.
    let places = ranking.by_text(usize::MAX, None);
    assert_eq!(places.len(), 4_000);
    let mut scores = Spread::default();
    let mut off: Vec<f32> = Vec::new();
    let read = block_on(
        ranking.read(
            &shelf.cache,
            &shelf.memory,
            shelf.customer,
            &places[..200]
                .iter()
                .map(|(place, _)| *place)
                .collect::<Vec<_>>(),
        ),
    );
    for ((place, score), candidate) in places.iter().zip(read.unwrap()) {
        assert_eq!(ranking.bm25(*place), *score);
        if let Some(candidate) = candidate {
            off.push((ranking.cosine(*place) - candidate.cosine.unwrap()).abs());
            assert_eq!(ranking.parent(*place), candidate.record.parent);
            assert_eq!(candidate.record.index, place.index);
        }
    }
    places.iter().for_each(|(_, score)| scores.add_row(*score));
    assert!((scores.mean() - ranking.scores().unwrap().mean()).abs() < 1e-4);
    assert!(
        off.len() > 20 && off.iter().all(|off| *off < 0.5),
        "{off:?}"
    );
    assert!(
        off.iter().sum::<f32>() / (off.len() as f32) < 0.1,
        "{off:?}"
    );
    // Nothing is known without a vector, or without words.
    let neither = shelf.rank(&Query::default());
    assert_eq!((neither.cosines(), neither.scores()), (None, None));
    assert_eq!((neither.cosine(places[0].0), neither.ideal()), (0.0, 0.0));
}

#[test]
fn a_row_of_average_length_with_every_word_has_the_ideal_score() {
    let rows: Vec<Owned> = ["kettle spout", "lid handle", "kettle lid", "spout handle"]
        .iter()
        .zip(0..)
        .map(|(text, index)| Owned::new(1, index, text, &[1.0]))
        .collect();
    let ranking = Shelf::of(&rows).rank(&by_text("kettle spout"));
    let best = ranking.by_text(1, None);
    assert_eq!(best[0].0.index, 0);
    assert!((best[0].1 - ranking.ideal()).abs() < 1e-6);
    // A word that no row has belongs to it.
    let more = Shelf::of(&rows).rank(&by_text("kettle spout nowhere"));
    assert!(more.ideal() > 1.5 * ranking.ideal());
}

#[test]
fn documents_have_their_share_before_others_are_left_out() {
    // The hundred best chunks are of one document.
    for (count, depth) in [(100usize, 5usize), (3_000, 40)] {
        let rows: Vec<Owned> = (0..count)
            .map(|number| {
                let (of, index) = if number < count / 2 {
                    (1, number)
                } else {
                    (2 + (number % 50) as u128, number / 50)
                };
                let off = if of == 1 { 0.0 } else { 0.5 };
                let noise = noise(number as u64, 32);
                let mut vector: Vec<f32> = noise.iter().map(|value| 0.05 * value + off).collect();
                vector[0] += 1.0;
                let text = if of == 1 { "word word word" } else { "word" };
                Owned::new(of, index as u32, text, &vector)
            })
            .collect();
        let mut vector = vec![0.0; 32];
        vector[0] = 1.0;
        let shelf = Shelf::of(&rows);
        let ranking = shelf.rank(&Query {
            text: Some("word"),
            depth: count,
            ..by_vector(&vector)
        });
        for (ranked, most) in [
            (ranking.by_vector(depth, Some(2)), 2),
            (ranking.by_text(depth, Some(2)), 2),
            (ranking.by_text(depth, Some(1)), 1),
        ] {
            let mut of: BTreeMap<DocumentId, usize> = BTreeMap::new();
            for (place, _) in &ranked {
                *of.entry(place.document).or_default() += 1;
            }
            assert!(ranked.len() >= depth, "{}", ranked.len());
            assert!(of.values().all(|count| *count <= most));
            assert_eq!(of[&document(1)], most);
            assert_eq!(ranked[0].0.document, document(1));
            assert!(ranked.is_sorted_by(|a, b| a.1 >= b.1));
        }
        let uncapped = ranking.by_text(depth, None);
        assert!(
            uncapped
                .iter()
                .all(|(place, _)| place.document == document(1))
        );
    }
}

#[test]
fn a_chunk_that_is_there_twice_is_ranked_once() {
    let row = |index, text| Owned::new(1, index, text, &[1.0, 0.5]);
    let shelf = {
        let mut shelf = Shelf::of(&[row(0, "tea old"), row(1, "tea"), row(0, "tea again")]);
        shelf.publish(&[row(1, "tea later"), row(2, "tea")], &[]);
        shelf
    };
    let mut once = Shelf::of(&[row(0, "tea again")]);
    once.publish(&[row(1, "tea later"), row(2, "tea")], &[]);
    let ranked = |shelf: &Shelf| {
        let ranking = shelf.rank(&Query {
            text: Some("tea"),
            ..by_vector(&[1.0, 1.0])
        });
        let places = |ranked: Vec<(Place, f32)>| -> Vec<(u32, f32)> {
            let places = ranked.into_iter();
            places.map(|(place, score)| (place.index, score)).collect()
        };
        let both: [Vec<(Place, f32)>; 2] = [ranking.by_vector(9, None), ranking.by_text(9, None)];
        let keys: [BTreeSet<Place>; 2] = both
            .clone()
            .map(|ranked| ranked.into_iter().map(|(place, _)| place).collect());
        // The same row in both.
        assert_eq!(keys[0], keys[1]);
        (both.map(places), ranking.scores(), ranking.cosines())
    };
    assert_eq!(ranked(&shelf), ranked(&once));
    assert_eq!(ranked(&shelf).0[0].len(), 3);
    let mut texts: Vec<String> = shelf
        .search(&by_text("tea"))
        .into_iter()
        .map(|found| found.record.text)
        .collect();
    texts.sort();
    assert_eq!(texts, ["tea", "tea again", "tea later"]);
}

#[test]
fn what_was_replaced_changes_no_score() {
    let row = |of: u128, number: i32, text: &str, language: &str| Owned {
        version: version(number),
        published_at: second(i64::from(number)),
        language: Some(language.to_owned()),
        ..Owned::new(of, 0, text, &[1.0, of as f32])
    };
    let old = [
        row(1, 1, "kettle kettle kettle and a very long old text", "de"),
        row(2, 1, "the kettle stays", "en"),
    ];
    let new = row(1, 2, "kettles are new", "en");
    let supersede = Tombstone::Supersede {
        document: document(1),
        below: version(2),
        at: second(2),
    };
    let mut replaced = Shelf::of(&old);
    replaced.publish(std::slice::from_ref(&new), &[supersede]);
    let mut fresh = Shelf::of(&old[1..]);
    fresh.publish(&[new], &[]);
    let scores = |shelf: &Shelf| {
        let ranking = shelf.rank(&Query {
            text: Some("the kettles"),
            ..by_vector(&[1.0, 1.0])
        });
        let ranked = |ranked: Vec<(Place, f32)>| -> Vec<(DocumentId, f32)> {
            let ranked = ranked.into_iter();
            ranked
                .map(|(place, score)| (place.document, score))
                .collect()
        };
        (
            ranked(ranking.by_text(9, None)),
            ranked(ranking.by_vector(9, None)),
            (ranking.scores(), ranking.cosines(), ranking.ideal()),
        )
    };
    assert_eq!(scores(&replaced), scores(&fresh));
    assert_eq!(scores(&fresh).0.len(), 2);
}

#[test]
fn statistics_are_those_of_live_rows_whatever_is_admitted() {
    struct First;
    impl Admit for First {
        fn document(&self, id: DocumentId) -> bool {
            id == document(1)
        }
        fn chunk(&self, _: Option<u32>, _: Option<&str>, _: DocumentId) -> bool {
            true
        }
    }
    let rows: Vec<Owned> = (1..9)
        .map(|of| Owned::new(of, 0, "kettle", &[1.0]))
        .collect();
    let shelf = Shelf::of(&rows);
    let all = shelf.search(&by_text("kettle"));
    let one = shelf.search_with(&by_text("kettle"), &First, At::Now);
    assert_eq!(one.unwrap()[0].bm25, all[0].bm25);
}

#[test]
fn a_segment_without_live_rows_is_not_read() {
    let mut rows = clustered(4_000);
    rows.iter_mut().for_each(|row| row.document = document(1));
    rows.iter_mut()
        .zip(0..)
        .for_each(|(row, index)| row.index = index);
    let mut shelf = Shelf::of(&rows);
    shelf.publish(
        &[Owned {
            version: version(2),
            ..Owned::new(1, 0, "common", &noise(1, 48))
        }],
        &[Tombstone::Supersede {
            document: document(1),
            below: version(2),
            at: second(1),
        }],
    );
    let found = shelf.search(&query(&rows[0].vector));
    assert_eq!(texts(&found), ["common"]);
    // Both prefixes, and nothing else.
    let (rounds, requests, _) = shelf.memory.counts();
    assert_eq!((rounds, requests), (1, 2));
}

#[test]
fn a_place_of_another_ranking_is_not_read() {
    let shelf = Shelf::of(&[Owned::new(1, 0, "kettle", &[1.0])]);
    let other = Shelf::of(&[Owned::new(2, 0, "kettle", &[1.0])]);
    let place = other.rank(&by_text("kettle")).by_text(1, None)[0].0;
    let ranking = shelf.rank(&by_text("kettle"));
    let own = ranking.by_text(1, None)[0].0;
    let places = [place, own, own];
    let read = ranking.read(&shelf.cache, &shelf.memory, shelf.customer, &places);
    let read = block_on(read).unwrap();
    let documents: Vec<Option<DocumentId>> = read
        .iter()
        .map(|candidate| Some(candidate.as_ref()?.record.document))
        .collect();
    assert_eq!(documents, [None, Some(document(1)), Some(document(1))]);
}
