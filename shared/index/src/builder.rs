//! Builds a segment.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    io::Write,
};

use dynrag_analysis::{Analyzer, Language};
use dynrag_domain::ids::DocumentId;

use crate::{
    Built, Error, Keep, Options, Result, Row,
    documents::{Document, Tombstone, put_documents, put_tombstones},
    format::{Meta, Section, Table},
    row::put_record,
    terms::Forward,
    vectors::{
        cluster::cluster,
        codes::Encoder,
        normalise,
        rotation::Rotation,
        store::{FLAT, Store},
    },
    wire::{CHECKSUM, length_u32, put_column, seal},
};

/// Rows up to which lists and terms are read with the prefix.
const NEAR: usize = 16_384;
/// Most rows of a segment: the postings' gaps have a bit less than 32.
const MAX_ROWS: usize = 1 << 30;
/// The seed of rotations and samples: the same rows make the same bytes.
const SEED: u64 = 0x6472_6167;

/// Builds a segment of rows and tombstones.
///
/// It holds the vectors in `f16` (`f32` up to 2,048 rows), the records, and three bytes for each distinct word of a row.
/// With 1,536 dimensions and 1.5 kB a record that is 5 kB a row, and at the end as much again as a sample of a quarter of
/// the vectors in `f32` and all codes and postings take: the README has figures. For more rows than fit, vectors and
/// records would go to a file: both are only appended while rows come, and read by row afterwards.
#[derive(Debug)]
pub struct Builder {
    options: Options,
    analyzer: Analyzer,
    model: String,
    vectors: Store,
    versions: Vec<Option<Document>>,
    by_id: BTreeMap<DocumentId, Vec<u32>>,
    rows: Rows,
    records: Vec<u8>,
    forward: Forward,
    languages: Vec<String>,
    language_numbers: HashMap<String, u32>,
    tombstones: Vec<Tombstone>,
    buried: HashSet<Tombstone>,
}

/// Columns of the rows in the order in which they came.
#[derive(Debug, Default)]
struct Rows {
    document: Vec<u32>,
    index: Vec<u32>,
    page: Vec<u32>,
    parent: Vec<u32>,
    language: Vec<u32>,
    words: Vec<u32>,
    /// Where each record ends.
    ends: Vec<usize>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

/// One more than a number, 0 for none.
fn optional(number: Option<u32>) -> Result<u32> {
    number.map_or(Ok(0), |number| {
        number
            .checked_add(1)
            .ok_or(Error::Invalid("a page or parent is too large"))
    })
}

impl Builder {
    /// A builder without rows.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            analyzer: Analyzer::new(),
            model: String::new(),
            vectors: Store::default(),
            versions: Vec::new(),
            by_id: BTreeMap::new(),
            rows: Rows::default(),
            records: Vec::new(),
            forward: Forward::default(),
            languages: Vec::new(),
            language_numbers: HashMap::new(),
            tombstones: Vec::new(),
            buried: HashSet::new(),
        }
    }

    /// How many rows were pushed.
    pub fn len(&self) -> usize {
        self.rows.index.len()
    }

    /// Whether no rows were pushed.
    pub fn is_empty(&self) -> bool {
        self.rows.index.is_empty()
    }

    /// Adds a row with the model of its vector.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Model`] if it differs from the rows before; [`Error::Invalid`] if its vector
    /// has no direction or it has a number that is too large.
    pub fn push(&mut self, row: &Row<'_>, model: &str) -> Result<()> {
        if self.is_empty() {
            self.vectors = Store::new(row.vector.len());
            self.model = model.to_owned();
        }
        if self.len() >= MAX_ROWS {
            return Err(Error::Invalid("a segment has too many rows"));
        }
        if row.vector.len() != self.vectors.dimension() || row.vector.is_empty() {
            return Err(Error::Dimension {
                stored: self.vectors.dimension(),
                given: row.vector.len(),
            });
        }
        if model != self.model {
            return Err(Error::Model {
                stored: self.model.clone(),
                given: model.to_owned(),
            });
        }
        let mut vector = row.vector.to_vec();
        if !normalise(&mut vector) {
            return Err(Error::Invalid("a vector is zero or not finite"));
        }
        let (page, parent) = (optional(row.page)?, optional(row.parent)?);
        put_record(&mut self.records, row);
        self.rows.ends.push(self.records.len());
        self.rows.page.push(page);
        self.rows.parent.push(parent);
        self.rows.index.push(row.index);
        let document = self.version(row);
        self.rows.document.push(document);
        let language = self.language(row.language);
        self.rows.language.push(language);
        self.vectors.push(&vector);
        let context = std::iter::once(row.title)
            .chain(row.heading_path.iter().map(String::as_str))
            .filter(|_| self.options.context);
        let language = Language::of(row.language);
        let words = self
            .forward
            .push(&self.analyzer, context, row.text, language);
        self.rows.words.push(words);
        Ok(())
    }

    /// Adds a tombstone. It applies to the rows pushed before, so the rows of a change come before its tombstones.
    pub fn bury(&mut self, tombstone: Tombstone) {
        self.cover(tombstone);
        // A removal that is repeated leaves one.
        if self.buried.insert(tombstone) {
            self.tombstones.push(tombstone);
        }
    }

    /// Drops the tombstones of superseded versions: earlier segments have only rows that say so themselves.
    pub fn keep_removals(&mut self) {
        self.tombstones
            .retain(|tombstone| !matches!(tombstone, Tombstone::Supersede { .. }));
    }

    /// Applies a tombstone to the rows pushed before, without keeping it for earlier segments.
    pub fn cover(&mut self, tombstone: Tombstone) {
        for place in self.by_id.get(&tombstone.document()).into_iter().flatten() {
            if let Some(version) = self.versions.get_mut(*place as usize) {
                *version = version.and_then(|version| tombstone.cover(version));
            }
        }
    }

    /// The place of a row's version of a document.
    fn version(&mut self, row: &Row<'_>) -> u32 {
        let version = Document {
            id: row.document,
            version: row.version,
            published_at: row.published_at.timestamp_micros(),
            superseded_at: row.superseded_at.map(|at| at.timestamp_micros()),
        };
        let places = self.by_id.entry(row.document).or_default();
        let same = |place: &&u32| self.versions.get(**place as usize) == Some(&Some(version));
        if let Some(place) = places.iter().rev().find(same) {
            return *place;
        }
        let place = self.versions.len() as u32;
        places.push(place);
        self.versions.push(Some(version));
        place
    }

    fn language(&mut self, language: Option<&str>) -> u32 {
        let Some(language) = language else { return 0 };
        if let Some(number) = self.language_numbers.get(language) {
            return *number;
        }
        self.languages.push(language.to_owned());
        let number = self.languages.len() as u32;
        self.language_numbers.insert(language.to_owned(), number);
        number
    }

    /// How many of the rows pushed will be there, superseded ones included, and how many are not superseded.
    pub fn counts(&self) -> (usize, usize) {
        let versions = self.rows.document.iter();
        let versions = versions.filter_map(|version| *self.versions.get(*version as usize)?);
        versions.fold((0, 0), |(all, current), version| {
            (
                all + 1,
                current + usize::from(version.superseded_at.is_none()),
            )
        })
    }

    /// Changes which rows are written, and whether tombstones are.
    pub fn keep(&mut self, keep: Keep, tombstones: bool) {
        self.options.keep = keep;
        self.options.tombstones = tombstones;
    }

    /// Whether rows of a version are written.
    fn keeps(&self, version: Option<Document>) -> bool {
        version.is_some_and(|version| match self.options.keep {
            Keep::All => true,
            Keep::Current => version.superseded_at.is_none(),
            Keep::Superseded => version.superseded_at.is_some(),
        })
    }

    /// Writes the segment.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(self, writer: &mut impl Write) -> Result<Built> {
        // Versions in order, each once: those that became equal are one.
        let mut documents: Vec<Document> = self
            .versions
            .iter()
            .filter(|version| self.keeps(**version))
            .flatten()
            .copied()
            .collect();
        documents.sort_unstable();
        documents.dedup();
        let places: Vec<Option<u32>> = self
            .versions
            .iter()
            .map(|version| {
                let place = version.and_then(|version| documents.binary_search(&version).ok());
                place.map(|place| place as u32)
            })
            .collect();
        let place_of = |row: u32| -> Option<u32> {
            let version = *self.rows.document.get(row as usize)?;
            *places.get(version as usize)?
        };
        let mut order: Vec<u32> = (0u32..)
            .take(self.len())
            .filter(|row| place_of(*row).is_some())
            .collect();
        let chunk = |row: &u32| (place_of(*row), self.rows.index.get(*row as usize));
        // A chunk that was pushed twice is written once, as it was pushed last.
        let mut once = order.clone();
        once.sort_unstable_by_key(|row| (chunk(row), Reverse(*row)));
        once.dedup_by_key(|row| chunk(row));
        if once.len() < order.len() {
            once.sort_unstable();
            order = once;
        }
        let flat = order.len() <= FLAT;
        let mut lists = Vec::new();
        let (centroids, clusters) = if flat {
            order.sort_by_key(chunk);
            (Vec::new(), 0)
        } else {
            self.encode(&mut order, &mut lists)?
        };
        let terms = self.forward.invert(&order, flat)?;

        let vector = self.vectors.dimension() * if flat { 4 } else { 2 };
        let start = |row: u32| match row {
            0 => 0,
            _ => self
                .rows
                .ends
                .get(row as usize - 1)
                .copied()
                .unwrap_or_default(),
        };
        let record = |row: u32| {
            let end = self
                .rows
                .ends
                .get(row as usize)
                .copied()
                .unwrap_or_default();
            self.records.get(start(row)..end).unwrap_or_default()
        };
        let lengths = order
            .iter()
            .map(|row| length_u32(vector + record(*row).len() + CHECKSUM))
            .collect::<Result<Vec<_>, _>>()?;
        let mut columns = Vec::new();
        let document: Vec<u32> = order.iter().filter_map(|row| place_of(*row)).collect();
        put_column(&mut columns, &document)?;
        let rows = &self.rows;
        for column in [
            &rows.index,
            &rows.page,
            &rows.parent,
            &rows.language,
            &rows.words,
        ] {
            let values: Vec<u32> = order
                .iter()
                .filter_map(|row| column.get(*row as usize).copied())
                .collect();
            put_column(&mut columns, &values)?;
        }
        put_column(&mut columns, &lengths)?;

        let words = order.iter().filter_map(|row| rows.words.get(*row as usize));
        let meta = Meta {
            flat,
            dimension: if order.is_empty() {
                0
            } else {
                self.vectors.dimension()
            },
            rows: order.len() as u32,
            clusters,
            words: words.map(|words| u64::from(*words)).sum(),
            seed: SEED,
            model: self.model.clone(),
            languages: self.languages.clone(),
        };
        let current = |row: &&u32| {
            let document = place_of(**row).and_then(|place| documents.get(place as usize));
            document.is_some_and(|document| document.superseded_at.is_none())
        };
        let kept: &[Tombstone] = if self.options.tombstones {
            &self.tombstones
        } else {
            &[]
        };
        let (mut meta_bytes, mut document_bytes, mut tombstones) =
            (Vec::new(), Vec::new(), Vec::new());
        meta.put(&mut meta_bytes)?;
        put_documents(&mut document_bytes, &documents);
        put_tombstones(&mut tombstones, kept);
        let prefix = [
            meta_bytes.as_slice(),
            &document_bytes,
            &tombstones,
            &columns,
            &centroids,
            &terms.directory,
        ];
        let row_bytes = lengths.iter().map(|length| u64::from(*length)).sum();
        let sizes =
            [lists.len(), terms.buckets.len(), terms.frequent.len()].map(|size| size as u64);
        let table = Table::of(&prefix, [sizes[0], sizes[1], sizes[2], row_bytes]);
        let mut head = Vec::new();
        table.put(&mut head);
        for part in std::iter::once(head.as_slice()).chain(prefix).chain([
            lists.as_slice(),
            &terms.buckets,
            &terms.frequent,
        ]) {
            writer.write_all(part)?;
        }
        let mut block = Vec::new();
        for row in &order {
            block.clear();
            self.vectors.write(*row as usize, flat, &mut block);
            block.extend_from_slice(record(*row));
            seal(&mut block, 0);
            writer.write_all(&block)?;
        }
        writer.flush()?;
        let size = table.range(Section::Rows).end;
        let first = match order.len() {
            rows if rows <= FLAT => size,
            rows if rows <= NEAR => table.range(Section::Rows).start,
            _ => table.range(Section::Lists).start,
        };
        Ok(Built {
            size,
            first,
            rows: meta.rows,
            current: order.iter().filter(current).count() as u32,
            tombstones: kept.len() as u32,
        })
    }

    /// Groups the rows, orders them by group, and writes their codes. Returns the section of the centroids and their number.
    fn encode(&self, order: &mut Vec<u32>, lists: &mut Vec<u8>) -> Result<(Vec<u8>, u32)> {
        let clusters = cluster(&self.vectors, order, SEED);
        let mut section = Vec::new();
        put_column(&mut section, &clusters.sizes)?;
        let rotation = Rotation::new(self.vectors.dimension(), SEED);
        let mut encoder = Encoder::new();
        let (mut vector, mut turned) = (vec![0.0; self.vectors.dimension()], Vec::new());
        let mut rows = clusters.order.iter();
        for (mean, size) in clusters.means.rows().zip(&clusters.sizes) {
            rotation.rotate(mean, &mut turned);
            let centroid = put_centroid(&mut section, &turned);
            for row in rows.by_ref().take(*size as usize) {
                self.vectors.read(*row as usize, &mut vector);
                rotation.rotate(&vector, &mut turned);
                encoder.push(&mut turned, &centroid);
            }
            encoder.finish(lists);
        }
        let count = length_u32(clusters.sizes.len())?;
        *order = clusters.order;
        Ok((section, count))
    }
}

/// Writes a centroid in bytes; returns it as it will be read.
fn put_centroid(section: &mut Vec<u8>, centroid: &[f32]) -> Vec<f32> {
    let largest = centroid
        .iter()
        .fold(0f32, |most, value| most.max(value.abs()));
    let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
    // Between -127 and 127 by construction.
    let steps: Vec<i8> = centroid
        .iter()
        .map(|value| (value / scale).round() as i8)
        .collect();
    let values: Vec<f32> = steps.iter().map(|step| scale * f32::from(*step)).collect();
    let squared: f32 = values.iter().map(|value| value * value).sum();
    section.extend_from_slice(&scale.to_le_bytes());
    section.extend_from_slice(&squared.to_le_bytes());
    section.extend(steps.iter().map(|step| step.cast_unsigned()));
    values
}
