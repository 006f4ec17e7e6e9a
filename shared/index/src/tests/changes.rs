//! Changes over time: replacement, removal, the past, merging, and chunks by name.

use super::*;
use crate::{Chunks, Error, Keep, Which, chunks, merge};

fn supersede(of: u128, below: i32, at: i64) -> Tombstone {
    Tombstone::Supersede {
        document: document(of),
        below: version(below),
        at: second(at),
    }
}

fn versioned(of: u128, number: i32, published: i64, text: &str) -> Owned {
    Owned {
        version: version(number),
        published_at: second(published),
        ..Owned::new(of, 0, text, &[1.0, 0.5])
    }
}

/// A document that is replaced twice, one that is removed, and one that stays.
fn history() -> Shelf {
    let mut shelf = Shelf::new(1 << 20);
    shelf.publish(
        &[
            versioned(1, 1, 0, "tea one"),
            versioned(2, 1, 0, "tea gone"),
        ],
        &[],
    );
    shelf.publish(
        &[
            versioned(1, 2, 10, "tea two"),
            versioned(3, 1, 10, "tea stays"),
        ],
        &[supersede(1, 2, 10)],
    );
    shelf.publish(
        &[versioned(1, 3, 20, "tea three")],
        &[
            supersede(1, 3, 20),
            Tombstone::Delete {
                document: document(2),
            },
        ],
    );
    shelf
}

fn found(shelf: &Shelf, at: At) -> Vec<String> {
    let found = shelf.search_with(&by_text("tea"), &Everything, at).unwrap();
    let mut texts: Vec<String> = texts(&found)
        .iter()
        .map(|text| text.replace("tea ", ""))
        .collect();
    texts.sort();
    texts
}

#[test]
fn exactly_one_version_is_found_at_every_time() {
    let shelf = history();
    assert_eq!(found(&shelf, At::Now), ["stays", "three"]);
    // What was removed is not found in the past either.
    assert_eq!(found(&shelf, At::Time(second(-1))), [""; 0]);
    assert_eq!(found(&shelf, At::Time(second(0))), ["one"]);
    assert_eq!(found(&shelf, At::Time(second(9))), ["one"]);
    assert_eq!(found(&shelf, At::Time(second(10))), ["stays", "two"]);
    assert_eq!(found(&shelf, At::Time(second(20))), ["stays", "three"]);
}

fn merged(shelf: &Shelf, range: std::ops::Range<usize>, options: Options) -> (Built, Vec<u8>) {
    let mut bytes = Vec::new();
    let segments = &shelf.segments[range];
    let builder = block_on(merge(&shelf.memory, shelf.customer, segments, options)).unwrap();
    let built = builder.finish(&mut bytes).unwrap();
    (built, bytes)
}

#[test]
fn merging_changes_nothing_that_is_found() {
    let times = [-1, 0, 9, 10, 19, 20, 30].map(|at| At::Time(second(at)));
    for range in [0..1, 0..2, 1..3, 0..3] {
        let mut shelf = history();
        let before = times.map(|at| found(&shelf, at));
        let options = Options {
            tombstones: range.start > 0,
            ..Options::default()
        };
        let (built, bytes) = merged(&shelf, range.clone(), options);
        let merged = shelf.memory.put(built, bytes);
        shelf.segments.splice(range.clone(), [merged]);
        assert_eq!(times.map(|at| found(&shelf, at)), before, "{range:?}");
        assert_eq!(found(&shelf, At::Now), ["stays", "three"]);
    }
}

#[test]
fn a_merge_of_everything_keeps_no_trace_of_what_was_removed() {
    let shelf = history();
    let options = Options {
        tombstones: false,
        ..Options::default()
    };
    let (built, bytes) = merged(&shelf, 0..3, options);
    assert_eq!((built.rows, built.current, built.tombstones), (4, 2, 0));
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(has(b"tea one") && !has(b"tea gone"));
    assert!(!has(&document(2).as_uuid().as_u128().to_be_bytes()));
}

#[test]
fn the_past_can_be_a_segment_of_its_own() {
    let mut shelf = history();
    let part = |keep| Options {
        keep,
        tombstones: false,
        ..Options::default()
    };
    let (past, past_bytes) = merged(&shelf, 0..3, part(Keep::Superseded));
    let (current, current_bytes) = merged(&shelf, 0..3, part(Keep::Current));
    assert_eq!((past.rows, past.current), (2, 0));
    assert_eq!((current.rows, current.current), (2, 2));
    let past = shelf.memory.put(past, past_bytes);
    let current = shelf.memory.put(current, current_bytes);
    shelf.segments = vec![current];
    assert_eq!(found(&shelf, At::Now), ["stays", "three"]);
    shelf.segments = vec![past, current];
    assert_eq!(found(&shelf, At::Now), ["stays", "three"]);
    assert_eq!(found(&shelf, At::Time(second(12))), ["stays", "two"]);
    // A later removal covers the past too.
    shelf.publish(
        &[],
        &[Tombstone::Delete {
            document: document(1),
        }],
    );
    assert_eq!(found(&shelf, At::Time(second(12))), ["stays"]);
}

#[test]
fn a_document_that_is_added_again_after_its_removal_is_found() {
    let mut shelf = history();
    shelf.publish(&[versioned(2, 1, 30, "tea back")], &[]);
    assert_eq!(found(&shelf, At::Now), ["back", "stays", "three"]);
    let options = Options {
        tombstones: false,
        ..Options::default()
    };
    let (built, bytes) = merged(&shelf, 0..4, options);
    shelf.segments = vec![shelf.memory.put(built, bytes)];
    assert_eq!(found(&shelf, At::Now), ["back", "stays", "three"]);
}

#[test]
fn a_chunk_that_was_published_twice_is_found_once() {
    let mut shelf = history();
    shelf.publish(&[versioned(1, 3, 20, "tea three")], &[]);
    assert_eq!(found(&shelf, At::Now), ["stays", "three"]);
}

#[test]
fn neighbours_and_children_are_found_by_name() {
    let rows: Vec<Owned> = (0..10)
        .map(|index| Owned {
            parent: Some(index / 4),
            ..Owned::new(5, index, &format!("chunk {index}"), &[1.0, index as f32])
        })
        .collect();
    let mut shelf = Shelf::of(&rows);
    let ask = |shelf: &Shelf, of: u128, which: Which| -> Vec<u32> {
        let wanted = [Chunks {
            document: document(of),
            version: version(1),
            which,
        }];
        let found = block_on(chunks(
            &shelf.cache,
            &shelf.memory,
            shelf.customer,
            &shelf.segments,
            &wanted,
        ));
        found.unwrap()[0]
            .iter()
            .map(|record| record.index)
            .collect()
    };
    assert_eq!(ask(&shelf, 5, Which::Indexes(8..12)), [8, 9]);
    assert_eq!(ask(&shelf, 5, Which::Parent(1)), [4, 5, 6, 7]);
    assert_eq!(ask(&shelf, 6, Which::Indexes(0..9)), [0u32; 0]);
    shelf.publish(
        &[],
        &[Tombstone::Delete {
            document: document(5),
        }],
    );
    assert_eq!(ask(&shelf, 5, Which::Parent(1)), [0u32; 0]);
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let mut shelf = history();
    let name = SegmentName::generate();
    shelf.segments.push(SegmentRef {
        name,
        size: 100,
        first: 100,
        rows: 1,
        current: 1,
        tombstones: 0,
    });
    let error = shelf
        .search_with(&by_text("tea"), &Everything, At::Now)
        .unwrap_err();
    assert!(matches!(error, Error::Missing(missing) if missing == name));
}
