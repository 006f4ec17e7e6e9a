//! Damaged, truncated and foreign bytes: an error that says so, never a panic and never other rows.

use super::*;
use crate::{
    Error,
    format::{Meta, Section, Table},
};

/// A flat segment, or one with lists.
fn segment(count: usize) -> Shelf {
    let rows: Vec<Owned> = (0..count)
        .map(|number| {
            let text = format!("some words and word{}", number % 100);
            Owned {
                page: Some(1),
                language: Some("en".to_owned()),
                ..Owned::new(
                    (number / 4) as u128,
                    (number % 4) as u32,
                    &text,
                    &noise(number as u64, 2),
                )
            }
        })
        .collect();
    let mut shelf = Shelf::new(0);
    shelf.publish(
        &rows,
        &[Tombstone::Delete {
            document: document(9_999),
        }],
    );
    shelf
}

fn ask(shelf: &Shelf) -> Result<Vec<Found>> {
    let query = Query {
        vector: Some(&[1.0, 0.3]),
        text: Some("words word7"),
        depth: 5,
        ..Query::default()
    };
    shelf.search_with(&query, &Everything, At::Now)
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::Newer { .. })
}

#[test]
fn a_flipped_bit_is_found_or_was_not_read() {
    for (count, step) in [(12, 1), (2_100, 97)] {
        let shelf = segment(count);
        let expected = ask(&shelf).unwrap();
        let name = shelf.segments[0].name;
        let bytes = shelf.memory.get(name);
        let first = shelf.segments[0].first as usize;
        for place in (0..first.min(3_000)).chain((first..bytes.len()).step_by(step)) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            shelf.memory.replace(name, damaged);
            match ask(&shelf) {
                Ok(found) => assert_eq!(found, expected, "{place}"),
                Err(error) => assert!(is_refusal(&error), "{place}: {error}"),
            }
        }
    }
}

#[test]
fn every_part_that_a_search_reads_is_checked() {
    let shelf = segment(2_100);
    let reference = shelf.segments[0];
    let bytes = shelf.memory.get(reference.name);
    let table = Table::read(&bytes, reference.size).unwrap();
    for section in [
        Section::Meta,
        Section::Documents,
        Section::Tombstones,
        Section::Columns,
        Section::Centroids,
        Section::Directory,
        Section::Lists,
        Section::Buckets,
        Section::Frequent,
        Section::Rows,
    ] {
        let range = table.range(section);
        assert!(range.end > range.start, "{section:?}");
        // All bytes of the section, so that those that are read are among them.
        let mut damaged = bytes.clone();
        damaged[range.start as usize..range.end as usize]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x55);
        shelf.memory.replace(reference.name, damaged);
        let found = ask(&shelf);
        assert!(
            matches!(found, Err(Error::Damaged { .. })),
            "{section:?}: {found:?}"
        );
    }
}

#[test]
fn a_truncated_object_is_refused_at_every_length() {
    let shelf = segment(12);
    let reference = shelf.segments[0];
    let bytes = shelf.memory.get(reference.name);
    for length in 0..bytes.len() {
        shelf
            .memory
            .replace(reference.name, bytes[..length].to_vec());
        assert!(is_refusal(&ask(&shelf).unwrap_err()), "{length}");
        // Even if it is recorded as it is.
        let mut recorded = Shelf::new(0);
        recorded
            .memory
            .replace(reference.name, bytes[..length].to_vec());
        recorded.segments.push(SegmentRef {
            size: length as u64,
            first: length as u64,
            ..reference
        });
        if length > 0 {
            assert!(is_refusal(&ask(&recorded).unwrap_err()), "{length}");
        }
    }
    let large = segment(2_100);
    let reference = large.segments[0];
    let bytes = large.memory.get(reference.name);
    for length in (0..bytes.len()).step_by(1_009) {
        large
            .memory
            .replace(reference.name, bytes[..length].to_vec());
        match ask(&large) {
            Ok(found) => assert_eq!(found.len(), 9.max(found.len())),
            Err(error) => assert!(is_refusal(&error), "{length}: {error}"),
        }
    }
}

#[test]
fn another_format_is_named() {
    let shelf = segment(12);
    let name = shelf.segments[0].name;
    let mut bytes = shelf.memory.get(name);
    bytes[8] = 7;
    shelf.memory.replace(name, bytes);
    let error = ask(&shelf).unwrap_err();
    assert!(matches!(error, Error::Newer { segment, format: 7 } if segment == name));
}

/// Writes another section of the prefix with right checksums.
fn forge(bytes: &[u8], size: u64, section: Section, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let table = Table::read(bytes, size).unwrap();
    let part = |section| {
        let range = table.range(section);
        bytes[range.start as usize..range.end as usize].to_vec()
    };
    let of = [
        Section::Meta,
        Section::Documents,
        Section::Tombstones,
        Section::Columns,
        Section::Centroids,
        Section::Directory,
    ];
    let mut parts = of.map(part);
    change(&mut parts[section as usize]);
    let prefix = parts.each_ref().map(Vec::as_slice);
    let blocks = [
        Section::Lists,
        Section::Buckets,
        Section::Frequent,
        Section::Rows,
    ];
    let forged = Table::of(&prefix, blocks.map(|section| table.length(section)));
    let mut out = Vec::new();
    forged.put(&mut out);
    prefix.iter().for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(&bytes[table.range(Section::Lists).start as usize..]);
    out
}

#[test]
fn numbers_that_do_not_fit_the_object_allocate_nothing() {
    for count in [12, 2_100] {
        let shelf = segment(count);
        let reference = shelf.segments[0];
        let bytes = shelf.memory.get(reference.name);
        let flat = reference.first == reference.size;
        let check = |section: Section, change: &dyn Fn(&mut Vec<u8>)| {
            let forged = forge(&bytes, reference.size, section, change);
            let size = forged.len() as u64;
            let reference = SegmentRef {
                size,
                first: reference.first + size - reference.size,
                ..reference
            };
            let first = forged[..reference.first as usize].to_vec();
            crate::Segment::open(reference, first.into())
        };
        assert!(check(Section::Meta, &|_| {}).is_ok());
        let meta = |change: &dyn Fn(&mut Meta)| {
            check(Section::Meta, &|bytes| {
                let mut meta = Meta::read(bytes).unwrap();
                change(&mut meta);
                bytes.clear();
                meta.put(bytes).unwrap();
            })
        };
        for rows in [0, 1, count as u32 - 1, count as u32 + 1, u32::MAX] {
            assert!(meta(&|meta| meta.rows = rows).is_err());
        }
        assert!(meta(&|meta| meta.dimension = u32::MAX as usize).is_err());
        assert!(meta(&|meta| meta.flat = !flat).is_err());
        assert_eq!(meta(&|meta| meta.clusters = u32::MAX).is_err(), !flat);
        assert!(meta(&|meta| meta.languages.clear()).is_err());
        // The number of buckets, before their lengths.
        assert!(check(Section::Directory, &|bytes| bytes[4] = 63).is_err() || !flat);
        assert!(check(Section::Directory, &|bytes| bytes[0] = 0xff).is_err());
        assert!(check(Section::Columns, &|bytes| bytes[0] ^= 1).is_err());
        assert!(check(Section::Columns, &|bytes| bytes.push(0)).is_err());
        assert!(check(Section::Documents, &|bytes| bytes.truncate(36)).is_err());
        assert!(check(Section::Documents, &|bytes| bytes.rotate_left(36)).is_err());
        assert!(check(Section::Tombstones, &|bytes| bytes[0] = 9).is_err());
    }
}

#[test]
fn a_segment_without_rows_has_no_dimensions() {
    let shelf = segment(0);
    let reference = shelf.segments[0];
    let bytes = shelf.memory.get(reference.name);
    let forged = forge(&bytes, reference.size, Section::Meta, |bytes| {
        let mut meta = Meta::read(bytes).unwrap();
        meta.dimension = u32::MAX as usize;
        bytes.clear();
        meta.put(bytes).unwrap();
    });
    assert!(crate::Segment::open(reference, forged.into()).is_err());
}
