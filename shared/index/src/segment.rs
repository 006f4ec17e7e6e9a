//! A segment opened from its prefix.

use std::{collections::BTreeSet, ops::Range};

use bytes::Bytes;
use dynrag_analysis::Language;
use half::f16;

use crate::{
    SegmentName, SegmentRef,
    documents::{Document, Tombstone, take_documents, take_tombstones, time},
    error::{Corrupt, Result},
    format::{Meta, Section, Table},
    row::{Key, Record, Stored},
    terms::{Directory, Place},
    vectors::{codes, kernel, rotation, rotation::Rotation},
    wire::{CHECKSUM, Reader, take_column, unseal},
};

/// Least bytes of a row beside its vector: an empty record and the checksum.
const LEAST_ROW: u64 = 7 + CHECKSUM as u64;
/// Bytes of a centroid beside its components: scale and squared length.
pub(crate) const CENTROID: usize = 8;

/// An opened segment.
#[derive(Debug)]
pub struct Segment {
    pub(crate) reference: SegmentRef,
    pub(crate) meta: Meta,
    pub(crate) documents: Vec<Document>,
    pub(crate) tombstones: Vec<Tombstone>,
    pub(crate) columns: Columns,
    pub(crate) terms: Directory,
    /// How its rows were analysed.
    pub(crate) analysed: BTreeSet<Language>,
    rotation: Option<Rotation>,
    /// First row of each list, and the number of rows.
    starts: Vec<u32>,
    /// Where each row begins within its section, and where the last one ends.
    offsets: Vec<u64>,
    table: Table,
    /// What was read first.
    first: Bytes,
}

/// What filters, ties and neighbours need of each row.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Place of its document.
    pub(crate) document: Vec<u32>,
    pub(crate) index: Vec<u32>,
    /// One more than the page, 0 for none.
    pub(crate) page: Vec<u32>,
    /// One more than the parent, 0 for none.
    pub(crate) parent: Vec<u32>,
    /// One more than the language's place, 0 for none.
    pub(crate) language: Vec<u32>,
    pub(crate) words: Vec<u32>,
}

/// A list's mean in relation to a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mean {
    /// Mean cosine of the query with the rows.
    pub(crate) cosine: f32,
    /// Squared length of the mean: 1 if all rows are equal.
    pub(crate) squared: f32,
}

impl Mean {
    /// Squared distance of the query.
    pub(crate) fn distance(&self) -> f32 {
        1.0 + self.squared - 2.0 * self.cosine
    }
}

/// A part of a segment that can be read alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Part {
    /// The bytes that are read first, opened.
    Opened,
    /// The whole object.
    Whole,
    List(u32),
    Bucket(u32),
    Frequent(u32),
    Row(u32),
}

impl From<Place> for Part {
    fn from(place: Place) -> Self {
        match place {
            Place::Bucket(number) => Self::Bucket(number),
            Place::Frequent(number) => Self::Frequent(number),
        }
    }
}

impl Segment {
    /// Opens a segment from the bytes that are read first.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] or [`crate::Error::Newer`].
    pub fn open(reference: SegmentRef, first: Bytes) -> Result<Self> {
        Self::read(reference, first).map_err(|error| error.in_segment(reference.name))
    }

    fn read(reference: SegmentRef, first: Bytes) -> Result<Self, Corrupt> {
        if first.len() as u64 != reference.first || reference.first > reference.size {
            return Err(Corrupt::Damaged("it is shorter than recorded"));
        }
        let table = Table::read(&first, reference.size)?;
        let section = |section| table.section(&first, section);
        let meta = Meta::read(section(Section::Meta)?)?;
        let rows = meta.rows as usize;
        let component = if meta.flat { 4 } else { 2 };
        let least = (meta.dimension as u64).saturating_mul(component) + LEAST_ROW;
        // So every allocation below is bounded by the object.
        if u64::from(meta.rows).saturating_mul(least) > table.length(Section::Rows) {
            return Err(Corrupt::Damaged("it has more rows than bytes"));
        }
        if (rows == 0) != (meta.dimension == 0) {
            return Err(Corrupt::Damaged("it has rows or dimensions alone"));
        }
        if meta.flat && reference.first != reference.size {
            return Err(Corrupt::Damaged("it is flat and not read as a whole"));
        }
        let documents = take_documents(section(Section::Documents)?)?;
        let tombstones = take_tombstones(section(Section::Tombstones)?)?;
        let mut reader = Reader::new(section(Section::Columns)?);
        let mut column = || take_column(&mut reader, rows);
        let columns = Columns {
            document: column()?,
            index: column()?,
            page: column()?,
            parent: column()?,
            language: column()?,
            words: column()?,
        };
        let lengths = column()?;
        reader.end()?;
        let beyond = |column: &[u32], most: usize| column.iter().any(|n| *n as usize >= most);
        if beyond(&columns.document, documents.len())
            || beyond(&columns.language, meta.languages.len() + 1)
        {
            return Err(Corrupt::Damaged("a column has a number that is too large"));
        }
        let offsets = sums(&lengths);
        if lengths.iter().any(|length| u64::from(*length) < least)
            || offsets.last() != Some(&table.length(Section::Rows))
        {
            return Err(Corrupt::Damaged("rows have other lengths"));
        }
        // Their vectors are compared before any of them is read as a row.
        for ends in offsets.windows(2).filter(|_| meta.flat) {
            let at = |end: u64| usize::try_from(table.range(Section::Rows).start + end).ok();
            let block = match ends {
                [start, end] => at(*start)
                    .zip(at(*end))
                    .and_then(|(start, end)| first.get(start..end)),
                _ => None,
            };
            unseal(block.unwrap_or_default())?;
        }
        let starts = Self::lists(&meta, &table, section(Section::Centroids)?)?;
        let terms = Directory::read(
            section(Section::Directory)?,
            table.length(Section::Buckets),
            table.length(Section::Frequent),
        )?;
        let analysed = analysed(&meta, columns.language.iter().copied());
        Ok(Self {
            analysed,
            rotation: (!meta.flat).then(|| Rotation::new(meta.dimension, meta.seed)),
            reference,
            documents,
            tombstones,
            columns,
            terms,
            starts,
            offsets,
            meta,
            table,
            first,
        })
    }

    /// Reads how many rows each list has.
    fn lists(meta: &Meta, table: &Table, section: &[u8]) -> Result<Vec<u32>, Corrupt> {
        const DIFFERENT: Corrupt = Corrupt::Damaged("lists have other lengths");
        if meta.flat {
            return Ok(Vec::new());
        }
        let (rows, clusters) = (meta.rows as usize, meta.clusters as usize);
        // Each list has a row at least.
        if clusters > rows {
            return Err(DIFFERENT);
        }
        let padded = rotation::padded(meta.dimension);
        let mut reader = Reader::new(section);
        let sizes = take_column(&mut reader, clusters)?;
        let mut starts = vec![0u32];
        for size in sizes {
            let last = starts.last().copied().unwrap_or_default();
            starts.push(last.checked_add(size).ok_or(DIFFERENT)?);
        }
        let lists = rows * codes::width(padded) + clusters * CHECKSUM;
        if starts.last() != Some(&meta.rows)
            || lists as u64 != table.length(Section::Lists)
            || reader.rest().len() != clusters * (CENTROID + padded)
        {
            return Err(DIFFERENT);
        }
        Ok(starts)
    }

    /// The segment's name.
    pub fn name(&self) -> SegmentName {
        self.reference.name
    }

    /// How many rows it has, superseded ones included.
    pub fn rows(&self) -> u32 {
        self.meta.rows
    }

    /// Length of its vectors; 0 if it has no rows.
    pub fn dimension(&self) -> usize {
        self.meta.dimension
    }

    /// Model of its vectors.
    pub fn model(&self) -> &str {
        &self.meta.model
    }

    /// How many lists its rows are in; 0 if all are compared.
    pub fn lists_count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// What hides rows of earlier segments.
    pub fn tombstones(&self) -> &[Tombstone] {
        &self.tombstones
    }

    /// Whether all its rows are compared.
    pub fn is_flat(&self) -> bool {
        self.meta.flat
    }

    /// Bytes that it holds in memory.
    pub(crate) fn bytes(&self) -> usize {
        let per_row = 6 * size_of::<u32>() + size_of::<u64>();
        self.first.len()
            + self.meta.rows as usize * per_row
            + self.documents.len() * size_of::<Document>()
            + self.tombstones.len() * size_of::<Tombstone>()
            + self.starts.len() * size_of::<u32>()
            + self.terms.bytes()
            + 4 * 4 * rotation::padded(self.meta.dimension)
            + size_of::<Self>()
    }

    /// Where a part is in the object.
    pub(crate) fn range(&self, part: Part) -> Range<u64> {
        let within = |section: Section, range: Range<u64>| {
            let start = self.table.range(section).start;
            start + range.start..start + range.end
        };
        match part {
            Part::Opened => 0..self.reference.first,
            Part::Whole => 0..self.reference.size,
            Part::Bucket(number) => {
                within(Section::Buckets, self.terms.range(Place::Bucket(number)))
            }
            Part::Frequent(number) => {
                within(Section::Frequent, self.terms.range(Place::Frequent(number)))
            }
            Part::List(list) => {
                let padded = rotation::padded(self.meta.dimension);
                let rows = self.list_rows(list);
                let start = rows.start as usize * codes::width(padded) + list as usize * CHECKSUM;
                let end = start + codes::list_length(rows.len(), padded);
                within(Section::Lists, start as u64..end as u64)
            }
            Part::Row(row) => {
                let offset = |row: usize| self.offsets.get(row).copied().unwrap_or_default();
                within(
                    Section::Rows,
                    offset(row as usize)..offset(row as usize + 1),
                )
            }
        }
    }

    /// A part that was read with the first bytes.
    pub(crate) fn resident(&self, part: Part) -> Option<Bytes> {
        let range = self.range(part);
        if range.end > self.reference.first {
            return None;
        }
        let (start, end) = (
            usize::try_from(range.start).ok()?,
            usize::try_from(range.end).ok()?,
        );
        Some(self.first.slice(start..end))
    }

    /// Attributes what is wrong with a part to this segment.
    pub(crate) fn blame<T>(&self, result: Result<T, Corrupt>) -> Result<T> {
        result.map_err(|error| error.in_segment(self.reference.name))
    }

    /// The rows of a list.
    pub(crate) fn list_rows(&self, list: u32) -> Range<u32> {
        let start = |list: usize| self.starts.get(list).copied().unwrap_or_default();
        start(list as usize)..start(list as usize + 1)
    }

    /// The list of a row.
    pub(crate) fn list_of(&self, row: u32) -> u32 {
        let after = self.starts.partition_point(|start| *start <= row);
        // Lists are fewer than rows, whose number is an `u32`.
        after.saturating_sub(1) as u32
    }

    /// Turns a query as the codes are turned.
    pub(crate) fn rotate(&self, query: &[f32]) -> Vec<f32> {
        let mut turned = Vec::new();
        if let Some(rotation) = &self.rotation {
            rotation.rotate(query, &mut turned);
        }
        turned
    }

    /// Scale, squared length and components of a list's centroid.
    fn centroid_parts(&self, list: u32) -> Option<(f32, f32, &[u8])> {
        let width = CENTROID + rotation::padded(self.meta.dimension);
        let section = self.table.range(Section::Centroids);
        let end = usize::try_from(section.end).ok()?;
        let start = end.checked_sub(width * (self.lists_count() - list as usize))?;
        let mut reader = Reader::new(self.first.get(start..start + width)?);
        Some((reader.f32().ok()?, reader.f32().ok()?, reader.rest()))
    }

    /// A list's centroid, rotated.
    pub(crate) fn centroid(&self, list: u32) -> Vec<f32> {
        self.centroid_parts(list)
            .map_or_else(Vec::new, |(scale, _, components)| {
                let value = |byte: &u8| scale * f32::from(byte.cast_signed());
                components.iter().map(value).collect()
            })
    }

    /// How a rotated query of length 1 is to the mean of each list.
    pub(crate) fn means(&self, query: &[f32]) -> Vec<Mean> {
        (0u32..)
            .take(self.lists_count())
            .map(|list| match self.centroid_parts(list) {
                Some((scale, squared, components)) => Mean {
                    cosine: scale * kernel::dot_i8(query, components),
                    squared,
                },
                None => Mean {
                    cosine: 0.0,
                    squared: f32::INFINITY,
                },
            })
            .collect()
    }

    /// What equal scores are ordered by, and rows are known by.
    pub(crate) fn key(&self, row: u32) -> Option<Key> {
        let row = row as usize;
        let document = self
            .documents
            .get(*self.columns.document.get(row)? as usize)?;
        Some((document.id, document.version, *self.columns.index.get(row)?))
    }

    /// A row's language.
    pub(crate) fn language(&self, row: u32) -> Option<&str> {
        let number = self.columns.language.get(row as usize)?.checked_sub(1)?;
        self.meta.languages.get(number as usize).map(String::as_str)
    }

    /// Cosine of a query of length 1 and a row's vector.
    pub(crate) fn cosine(&self, query: &[f32], block: &[u8]) -> f32 {
        if self.meta.flat {
            kernel::dot_f32(query, block.get(..self.vector()).unwrap_or_default())
        } else {
            kernel::dot_f16(query, block.get(..self.vector()).unwrap_or_default())
        }
    }

    /// Bytes of a vector.
    fn vector(&self) -> usize {
        self.meta.dimension * if self.meta.flat { 4 } else { 2 }
    }

    /// A row's vector.
    pub(crate) fn read_vector(&self, block: &[u8]) -> Vec<f32> {
        let bytes = block.get(..self.vector()).unwrap_or_default();
        if self.meta.flat {
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|value| f32::from_le_bytes(*value))
                .collect()
        } else {
            let values = bytes.as_chunks().0.iter();
            values
                .map(|value| f16::from_le_bytes(*value).to_f32())
                .collect()
        }
    }

    /// Checks the block of a row and reads what no column has.
    pub(crate) fn stored<'a>(&self, block: &'a [u8]) -> Result<Stored<'a>> {
        let stored = unseal(block)
            .and_then(|contents| Stored::read(contents.get(self.vector()..).unwrap_or_default()));
        self.blame(stored)
    }

    /// Makes the record of a row from its block.
    pub(crate) fn record(&self, row: u32, block: &[u8]) -> Result<Record> {
        const OUTSIDE: Corrupt = Corrupt::Damaged("a row is missing");
        let stored = self.stored(block)?;
        let place = row as usize;
        let number = |column: &Vec<u32>| column.get(place).copied().unwrap_or_default();
        let document = self.documents.get(number(&self.columns.document) as usize);
        let document = self.blame(document.ok_or(OUTSIDE))?;
        Ok(Record {
            document: document.id,
            version: document.version,
            published_at: self.blame(time(document.published_at))?,
            index: number(&self.columns.index),
            page: number(&self.columns.page).checked_sub(1),
            parent: number(&self.columns.parent).checked_sub(1),
            char_span: stored.char_span,
            language: self.language(row).map(str::to_owned),
            title: stored.title.to_owned(),
            heading_path: stored
                .heading_path
                .iter()
                .map(|&heading| heading.to_owned())
                .collect(),
            text: stored.text.to_owned(),
            text_hash: stored.text_hash.to_owned(),
            metadata: stored.metadata.to_owned(),
        })
    }
}

/// How rows are analysed that have languages with these numbers.
pub(crate) fn analysed(meta: &Meta, numbers: impl Iterator<Item = u32>) -> BTreeSet<Language> {
    let mut is_there = vec![false; meta.languages.len() + 1];
    for number in numbers {
        if let Some(is_there) = is_there.get_mut(number as usize) {
            *is_there = true;
        }
    }
    let codes = std::iter::once(None).chain(meta.languages.iter().map(|code| Some(code.as_str())));
    let codes = codes.zip(is_there).filter(|(_, is_there)| *is_there);
    codes.map(|(code, _)| Language::of(code)).collect()
}

/// Sums of the numbers before each, and of all.
fn sums(numbers: &[u32]) -> Vec<u64> {
    let mut end = 0u64;
    let mut sums = Vec::with_capacity(numbers.len() + 1);
    sums.push(0);
    for number in numbers {
        end += u64::from(*number);
        sums.push(end);
    }
    sums
}
