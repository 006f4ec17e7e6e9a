//! The terms of a segment and the rows that have them.
//!
//! A term is its hash of 64 bits. A frequent term has its postings in a block of its own, which the directory names; blocks
//! are in the order of frequency, so that those of a query are nearer than at random and share requests. The other terms are
//! in buckets by the first bits of their hashes, entries and postings together. So a term costs one range, whichever it is.
//! A posting is the gap to the row before and the count of the term; a row's length is in a column, since a byte in each of
//! its hundred postings would be more.

use std::{collections::HashMap, io};

use dynrag_analysis::{Analyzer, Language};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    error::Corrupt,
    wire::{
        CHECKSUM, Reader, length_u32, put_column, put_varint, take_column, unseal, varint_length,
    },
};

/// A term is frequent if more than one row in this many has it.
const FREQUENT_SHARE: u32 = 64;
/// Most frequent terms: each has 12 bytes in the prefix.
const FREQUENT_TERMS: usize = 4_096;
/// Bytes that a bucket should have.
const BUCKET: usize = 8_192;
/// Bytes of an entry: hash and length of the postings.
const ENTRY: usize = 12;

pub(crate) fn hash(term: &str) -> u64 {
    xxh3_64(term.as_bytes())
}

/// The terms of each row being indexed.
#[derive(Debug, Default)]
pub(crate) struct Forward {
    terms: HashMap<u64, u32>,
    hashes: Vec<u64>,
    rows: Vec<u8>,
    starts: Vec<usize>,
    scratch: Vec<u32>,
}

impl Forward {
    /// Adds a row; returns its length in words. The words of its context count as its own, but not to its length: a long
    /// title makes no text less relevant.
    pub(crate) fn push<'a>(
        &mut self,
        analyzer: &Analyzer,
        context: impl Iterator<Item = &'a str>,
        text: &str,
        language: Language,
    ) -> u32 {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut each = |text: &str| {
            analyzer.each(text, language, |token| {
                let hash = hash(token.term);
                let next = self.hashes.len() as u32;
                let term = *self.terms.entry(hash).or_insert(next);
                if term == next {
                    self.hashes.push(hash);
                }
                scratch.push(term);
            })
        };
        for part in context {
            each(part);
        }
        let length = each(text);
        scratch.sort_unstable();
        self.starts.push(self.rows.len());
        let mut last = 0;
        for same in scratch.chunk_by(|a, b| a == b) {
            let term = same.first().copied().unwrap_or_default();
            put_varint(&mut self.rows, u64::from(term - last));
            put_varint(&mut self.rows, same.len() as u64);
            last = term;
        }
        scratch.clear();
        self.scratch = scratch;
        length
    }

    /// The terms of a row with their counts.
    fn row(&self, row: u32) -> impl Iterator<Item = (usize, u32)> {
        let row = row as usize;
        let start = self.starts.get(row).copied().unwrap_or(self.rows.len());
        let end = self.starts.get(row + 1).copied().unwrap_or(self.rows.len());
        let mut reader = Reader::new(self.rows.get(start..end).unwrap_or_default());
        let mut term = 0usize;
        std::iter::from_fn(move || {
            term += reader.varint_u32().ok()? as usize;
            Some((term, reader.varint_u32().ok()?))
        })
    }

    /// Turns the rows in `order` into postings.
    pub(crate) fn invert(&self, order: &[u32], flat: bool) -> io::Result<Inverted> {
        let mut lists = vec![List::default(); self.hashes.len()];
        for (number, row) in (0u32..).zip(order) {
            for (term, count) in self.row(*row) {
                if let Some(list) = lists.get_mut(term) {
                    let (gap, rest) = posting(number - list.last, count);
                    list.length += varint_length(gap) + rest.map_or(0, varint_length);
                    list.last = number;
                    list.rows += 1;
                }
            }
        }
        let mut present: Vec<usize> = (0..lists.len())
            .filter(|term| lists.get(*term).is_some_and(|list| list.rows > 0))
            .collect();
        let of = |term: &usize| lists.get(*term).copied().unwrap_or_default();
        let frequent_rows = order.len() as u32 / FREQUENT_SHARE;
        present.sort_unstable_by_key(|term| std::cmp::Reverse((of(term).rows, *term)));
        let frequent = present.partition_point(|term| of(term).rows > frequent_rows);
        let frequent = if flat {
            0
        } else {
            frequent.min(FREQUENT_TERMS)
        };
        let mut rare = present.split_off(frequent);
        let by_hash = |term: &usize| self.hashes.get(*term).copied().unwrap_or_default();
        // The most frequent come last, so that words of about the same frequency are near.
        present.reverse();
        rare.sort_unstable_by_key(by_hash);

        let mut places = vec![0usize; lists.len()];
        let mut directory = Vec::new();
        directory.extend_from_slice(&length_u32(present.len())?.to_le_bytes());
        let mut end = 0;
        for term in &present {
            directory.extend_from_slice(&by_hash(term).to_le_bytes());
            directory.extend_from_slice(&length_u32(of(term).length)?.to_le_bytes());
            if let Some(place) = places.get_mut(*term) {
                *place = end;
            }
            end += of(term).length + CHECKSUM;
        }
        let mut frequent = vec![0u8; end];

        let total: usize = rare.iter().map(|term| ENTRY + of(term).length).sum();
        let bits = (total / BUCKET).max(1).next_power_of_two().trailing_zeros();
        let mut buckets = Vec::with_capacity(total);
        let mut lengths = Vec::new();
        let mut spans = Vec::new();
        let mut left = rare.as_slice();
        for bucket in 0..1u64 << bits {
            let within = left.partition_point(|term| bucket_of(by_hash(term), bits) <= bucket);
            let (terms, rest) = left.split_at(within);
            left = rest;
            let start = buckets.len();
            buckets.extend_from_slice(&length_u32(terms.len())?.to_le_bytes());
            for term in terms {
                buckets.extend_from_slice(&by_hash(term).to_le_bytes());
                buckets.extend_from_slice(&length_u32(of(term).length)?.to_le_bytes());
            }
            let mut end = buckets.len();
            for term in terms {
                if let Some(place) = places.get_mut(*term) {
                    *place = end;
                }
                end += of(term).length;
            }
            buckets.resize(end + CHECKSUM, 0);
            lengths.push(length_u32(buckets.len() - start)?);
            spans.push(start..end);
        }
        directory.push(bits as u8);
        put_column(&mut directory, &lengths)?;

        // Every list is written from its place on, row after row.
        let mut is_frequent = vec![false; lists.len()];
        for term in &present {
            if let Some(is_frequent) = is_frequent.get_mut(*term) {
                *is_frequent = true;
            }
        }
        lists.iter_mut().for_each(|list| list.last = 0);
        let mut bytes = Vec::new();
        for (number, row) in (0u32..).zip(order) {
            for (term, count) in self.row(*row) {
                let (Some(list), Some(place)) = (lists.get_mut(term), places.get_mut(term)) else {
                    continue;
                };
                let (gap, rest) = posting(number - list.last, count);
                list.last = number;
                bytes.clear();
                put_varint(&mut bytes, gap);
                if let Some(rest) = rest {
                    put_varint(&mut bytes, rest);
                }
                let section = match is_frequent.get(term) {
                    Some(true) => &mut frequent,
                    _ => &mut buckets,
                };
                if let Some(to) = section.get_mut(*place..*place + bytes.len()) {
                    to.copy_from_slice(&bytes);
                }
                *place += bytes.len();
            }
        }
        let ends = present
            .iter()
            .filter_map(|term| places.get(*term).zip(lists.get(*term)));
        for (end, list) in ends {
            reseal(&mut frequent, end - list.length, *end);
        }
        for span in spans {
            reseal(&mut buckets, span.start, span.end);
        }
        Ok(Inverted {
            directory,
            buckets,
            frequent,
        })
    }
}

/// Writes the checksum of a block into the bytes after it.
fn reseal(section: &mut [u8], start: usize, end: usize) {
    let sum = crc32fast::hash(section.get(start..end).unwrap_or_default());
    if let Some(to) = section.get_mut(end..end + CHECKSUM) {
        to.copy_from_slice(&sum.to_le_bytes());
    }
}

/// A posting as numbers: the gap with a bit that says that the count is 1, and otherwise the count.
fn posting(gap: u32, count: u32) -> (u64, Option<u64>) {
    match count {
        1 => (u64::from(gap) << 1 | 1, None),
        _ => (u64::from(gap) << 1, Some(count.into())),
    }
}

fn bucket_of(hash: u64, bits: u32) -> u64 {
    hash.checked_shr(64 - bits).unwrap_or_default()
}

#[derive(Clone, Copy, Debug, Default)]
struct List {
    rows: u32,
    last: u32,
    length: usize,
}

/// The sections of the terms.
pub(crate) struct Inverted {
    pub(crate) directory: Vec<u8>,
    pub(crate) buckets: Vec<u8>,
    pub(crate) frequent: Vec<u8>,
}

/// Where a term's postings are, if it has any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Frequent(u32),
    Bucket(u32),
}

/// The directory of the terms.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Hashes in order, each with its number in the section.
    frequent: Vec<(u64, u32)>,
    frequent_ends: Vec<u64>,
    bits: u32,
    bucket_ends: Vec<u64>,
}

impl Directory {
    /// Reads the directory of sections of these lengths.
    pub(crate) fn read(bytes: &[u8], buckets: u64, frequent: u64) -> Result<Self, Corrupt> {
        const DIFFERENT: Corrupt = Corrupt::Damaged("the terms have another length");
        let mut reader = Reader::new(bytes);
        let count = reader.length()?;
        let mut entries = Reader::new(reader.bytes(count.saturating_mul(ENTRY))?);
        let (mut hashes, mut frequent_ends, mut end) = (Vec::new(), Vec::new(), 0u64);
        while !entries.is_empty() {
            let number = u32::try_from(hashes.len()).map_err(|_| DIFFERENT)?;
            hashes.push((entries.u64()?, number));
            end += u64::from(entries.u32()?) + CHECKSUM as u64;
            frequent_ends.push(end);
        }
        let bits = u32::from(reader.u8()?);
        // A bucket has eight bytes at least, so that their number is bounded by the section.
        let count = 1u64.checked_shl(bits).filter(|count| *count <= buckets / 8);
        let count = count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or(DIFFERENT)?;
        let lengths = take_column(&mut reader, count)?;
        reader.end()?;
        let bucket_ends: Vec<u64> = lengths
            .iter()
            .scan(0u64, |end, length| {
                *end += u64::from(*length);
                Some(*end)
            })
            .collect();
        hashes.sort_unstable();
        let is_distinct = hashes.is_sorted_by(|a, b| a.0 < b.0);
        if end != frequent || bucket_ends.last() != Some(&buckets) || !is_distinct {
            return Err(DIFFERENT);
        }
        Ok(Self {
            frequent: hashes,
            frequent_ends,
            bits,
            bucket_ends,
        })
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        8 * (2 * self.frequent.len() + self.frequent_ends.len() + self.bucket_ends.len())
    }

    pub(crate) fn place(&self, hash: u64) -> Place {
        let found = self.frequent.binary_search_by_key(&hash, |(of, _)| *of);
        let frequent = found.ok().and_then(|place| self.frequent.get(place));
        match frequent {
            Some((_, number)) => Place::Frequent(*number),
            None => Place::Bucket(bucket_of(hash, self.bits) as u32),
        }
    }

    /// The bytes of a place within its section.
    pub(crate) fn range(&self, place: Place) -> std::ops::Range<u64> {
        let (ends, number) = match place {
            Place::Frequent(number) => (&self.frequent_ends, number as usize),
            Place::Bucket(number) => (&self.bucket_ends, number as usize),
        };
        let start = number.checked_sub(1).and_then(|before| ends.get(before));
        start.copied().unwrap_or_default()..ends.get(number).copied().unwrap_or_default()
    }
}

/// The postings of a term in the block of its place; none if it has none.
pub(crate) fn postings(place: Place, block: &[u8], hash: u64) -> Result<&[u8], Corrupt> {
    let contents = unseal(block)?;
    let Place::Bucket(_) = place else {
        return Ok(contents);
    };
    let mut reader = Reader::new(contents);
    let count = reader.length()?;
    let mut entries = Reader::new(reader.bytes(count.saturating_mul(ENTRY))?);
    let mut start = 0usize;
    while !entries.is_empty() {
        let (of, length) = (entries.u64()?, entries.length()?);
        if of == hash {
            let mut lists = reader;
            lists.bytes(start)?;
            return lists.bytes(length);
        }
        start = start.saturating_add(length);
    }
    Ok(&[])
}

/// Decodes postings: rows in order, each with its count. Added to `found`.
pub(crate) fn decode(
    postings: &[u8],
    rows: u32,
    found: &mut Vec<(u32, u32)>,
) -> Result<(), Corrupt> {
    const OUTSIDE: Corrupt = Corrupt::Damaged("a posting has no row");
    found.reserve(postings.len() / 2);
    let (mut reader, mut row, mut is_first) = (Reader::new(postings), 0u64, true);
    while !reader.is_empty() {
        let gap = reader.varint()?;
        let count = if gap & 1 == 1 {
            1
        } else {
            reader.varint_u32()?
        };
        if gap < 2 && !is_first {
            return Err(Corrupt::Damaged("postings are not in order"));
        }
        is_first = false;
        row = row
            .checked_add(gap >> 1)
            .filter(|row| *row < u64::from(rows))
            .ok_or(OUTSIDE)?;
        found.push((u32::try_from(row).map_err(|_| OUTSIDE)?, count));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Postings of a term as a search reads them.
    fn find(inverted: &Inverted, term: &str, rows: u32) -> Vec<(u32, u32)> {
        let directory = Directory::read(
            &inverted.directory,
            inverted.buckets.len() as u64,
            inverted.frequent.len() as u64,
        )
        .unwrap();
        let place = directory.place(hash(term));
        let range = directory.range(place);
        let section = match place {
            Place::Frequent(_) => &inverted.frequent,
            Place::Bucket(_) => &inverted.buckets,
        };
        let block = &section[range.start as usize..range.end as usize];
        let mut found = Vec::new();
        decode(
            postings(place, block, hash(term)).unwrap(),
            rows,
            &mut found,
        )
        .unwrap();
        found
    }

    #[test]
    fn frequent_and_rare_terms_are_found_with_their_counts() {
        let analyzer = Analyzer::new();
        let mut forward = Forward::default();
        for row in 0..3_000u32 {
            let text = format!("common common w{row} w{} x{}", row / 2, row % 7);
            assert!(forward.push(&analyzer, std::iter::empty(), &text, Language::OTHER) > 3);
        }
        // Every third row is left out, and the others are in reverse order.
        let order: Vec<u32> = (0..3_000).rev().filter(|row| row % 3 != 0).collect();
        let inverted = forward.invert(&order, false).unwrap();
        let common = find(&inverted, "common", 2_000);
        assert_eq!(common.len(), 2_000);
        assert!(common.iter().all(|(_, count)| *count == 2));
        for row in [1u32, 2, 500, 2_999] {
            let found = find(&inverted, &format!("w{row}"), 2_000);
            let expected: Vec<u32> = (0..2_000)
                .filter(|number| {
                    let of = order[*number as usize];
                    of == row || of / 2 == row
                })
                .collect();
            let rows: Vec<u32> = found.iter().map(|(row, _)| *row).collect();
            assert_eq!(rows, expected, "{row}");
        }
        assert!(find(&inverted, "nowhere", 2_000).is_empty());
        let frequent = find(&inverted, "x3", 2_000);
        assert!(frequent.len() > 200);
    }

    #[test]
    fn no_rows_have_no_terms() {
        let inverted = Forward::default().invert(&[], true).unwrap();
        assert!(find(&inverted, "any", 0).is_empty());
    }
}
