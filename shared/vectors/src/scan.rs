//! Searches a table that does not fit into memory, in one pass over its rows.
//!
//! The same arithmetic as in memory, so the results are the same. Memory is bounded by the rows
//! that contain a word of the query: about 24 bytes each, and 2 more for each distinct word.

use std::collections::{BTreeMap, HashMap};

use arrow_array::{
    Array, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray, UInt32Array,
    UInt64Array,
};
use dynrag_domain::{VersionNumber, ids::DocumentId, search::Hit};
use futures::TryStreamExt;
use lance::{Dataset, dataset::ProjectionRequest};

use crate::{
    Error, Result,
    fuse::{CHILDREN, best_children, depth, fuse},
    kernel::{TopK, dot, normalise},
    memory::{Columns, Shown, document_id, hit_columns, version_number},
    rows::{LIVE, PARENT, Space, column},
    search::Prepared,
    text::{
        bm25::{Bm25, query_terms},
        tokens::each_token,
    },
};

/// Rows read at once: 1,536 dimensions make 3 MB of them, and Lance reads ahead.
const BATCH: usize = 512;

/// A row: ordered by what makes its chunk id, found again by its row id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Key {
    document: DocumentId,
    version: VersionNumber,
    index: u32,
    row: u64,
}

/// A row that has a word of the query.
struct Candidate {
    row: u64,
    document: u32,
    version: VersionNumber,
    index: u32,
    length: u32,
}

/// State of the text retriever during the scan. Scores need the totals, which are known only at
/// the end.
struct TextLeg {
    terms: HashMap<String, usize>,
    /// In how many rows each term is.
    frequencies: Vec<u32>,
    rows: usize,
    tokens: u64,
    documents: Vec<DocumentId>,
    numbers: HashMap<DocumentId, u32>,
    candidates: Vec<Candidate>,
    /// Frequency of each term in each candidate, candidate by candidate.
    counts: Vec<u16>,
    scratch: Vec<u16>,
}

impl TextLeg {
    fn new(query: &str) -> Self {
        let terms: HashMap<String, usize> = query_terms(query).into_iter().zip(0..).collect();
        Self {
            frequencies: vec![0; terms.len()],
            scratch: vec![0; terms.len()],
            terms,
            rows: 0,
            tokens: 0,
            documents: Vec::new(),
            numbers: HashMap::new(),
            candidates: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Adds a row. A row that is not admitted counts towards the totals, as it does in memory.
    fn push(&mut self, text: &str, key: Key, admitted: bool) {
        self.scratch.fill(0);
        let mut length = 0;
        each_token(text, |token| {
            length += 1;
            if let Some(term) = self.terms.get(token) {
                self.scratch[*term] = self.scratch[*term].saturating_add(1);
            }
        });
        self.rows += 1;
        self.tokens += u64::from(length);
        let mut matches = false;
        for (frequency, count) in self.frequencies.iter_mut().zip(&self.scratch) {
            *frequency += u32::from(*count > 0);
            matches |= *count > 0;
        }
        if !matches || !admitted {
            return;
        }
        let document = *self.numbers.entry(key.document).or_insert_with(|| {
            self.documents.push(key.document);
            self.documents.len() as u32 - 1
        });
        self.candidates.push(Candidate {
            row: key.row,
            document,
            version: key.version,
            index: key.index,
            length,
        });
        self.counts.extend_from_slice(&self.scratch);
    }

    fn ranked(self, depth: usize) -> Vec<(Key, f32)> {
        let formula = Bm25::new(self.rows, self.tokens);
        let idf: Vec<f32> = self.frequencies.iter().map(|f| formula.idf(*f)).collect();
        let mut top = TopK::new(depth);
        if idf.is_empty() {
            return Vec::new();
        }
        for (candidate, counts) in self
            .candidates
            .iter()
            .zip(self.counts.chunks_exact(idf.len()))
        {
            let mut score = 0.0;
            for (idf, count) in idf.iter().zip(counts).filter(|(_, count)| **count > 0) {
                score += formula.score(*idf, u32::from(*count), candidate.length);
            }
            let key = Key {
                document: self.documents[candidate.document as usize],
                version: candidate.version,
                index: candidate.index,
                row: candidate.row,
            };
            top.push(score, key);
        }
        top.into_ranked()
    }
}

/// Answers a query by reading the columns that its retrievers need, then the winning rows.
pub(crate) async fn search(
    dataset: &Dataset,
    query: &Prepared<'_>,
    scan_bytes: u64,
) -> Result<Vec<Hit>> {
    let dimension = Space::of(&dataset.schema().into())?.dimension;
    query.fits(dimension)?;
    let depth = depth(query.mode, query.top_k);
    let mut columns = vec!["document_id", "version", "index"];
    columns.extend(query.vector.as_ref().map(|_| "vector"));
    columns.extend(query.text.map(|_| "text"));
    columns.extend(dataset.schema().field(PARENT.name()).map(|_| "parent"));

    // As deep as it takes where there are parents, which is known at the end.
    let mut parents = false;
    let mut nearest = TopK::new(depth * CHILDREN);
    let mut text_leg = query.text.map(TextLeg::new);
    let mut scanner = dataset.scan();
    scanner.project(&columns)?.filter(LIVE)?;
    scanner.with_row_id().batch_size(BATCH);
    scanner.io_buffer_size(scan_bytes);
    let mut batches = scanner.try_into_stream().await?;
    let mut normal = vec![0f32; dimension];
    while let Some(batch) = batches.try_next().await? {
        let keys = keys(&batch)?;
        let admitted: Vec<bool> = keys.iter().map(|key| query.admits(key.document)).collect();
        let of: Option<&UInt32Array> = column(&batch, PARENT.name()).ok();
        parents |= of.is_some_and(|of| of.null_count() < of.len());
        if let Some(vector) = &query.vector {
            let vectors: &FixedSizeListArray = column(&batch, "vector")?;
            let vectors: &Float32Array = vectors
                .values()
                .as_any()
                .downcast_ref()
                .ok_or_else(|| Error::fault("vectors are not f32"))?;
            let vectors = vectors.values().chunks_exact(dimension);
            for ((key, other), admitted) in keys.iter().zip(vectors).zip(&admitted) {
                if *admitted {
                    normal.copy_from_slice(other);
                    normalise(&mut normal);
                    nearest.push(dot(vector, &normal), *key);
                }
            }
        }
        if let Some(leg) = &mut text_leg {
            let texts: &StringArray = column(&batch, "text")?;
            for (row, (key, admitted)) in keys.iter().zip(&admitted).enumerate() {
                leg.push(texts.value(row), *key, *admitted);
            }
        }
    }

    let depth = if parents { depth * CHILDREN } else { depth };
    let matching = text_leg.map_or_else(Vec::new, |leg| leg.ranked(depth));
    let mut nearest = nearest.into_ranked();
    nearest.truncate(depth);
    let mut found = fuse(query.mode, &nearest, &matching, query.min_score);
    if !parents {
        found.truncate(query.top_k);
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<u64> = found.iter().map(|found| found.key.row).collect();
    let columns = hit_columns(dataset);
    let projection = ProjectionRequest::from_columns(&columns, dataset.schema());
    let batch = dataset.take_rows(&rows, projection).await?;
    let columns = Columns::of(&batch)?;
    let place: HashMap<u64, usize> = rows.iter().copied().zip(0..).collect();
    let parent = |key: &Key| {
        let parent = columns.parent(*place.get(&key.row)?)?;
        Some((key.document, key.version, parent))
    };
    let found = best_children(found, parent, query.top_k);
    let families = families(dataset, found.iter().filter_map(|f| parent(&f.key))).await?;
    found
        .iter()
        .map(|found| {
            let row = *place
                .get(&found.key.row)
                .ok_or_else(|| Error::fault("a row that was found is not there"))?;
            let family = parent(&found.key).and_then(|parent| families.get(&parent));
            let shown = match family {
                None => Shown::chunk(columns.text(row), columns.char_span(row)),
                Some(family) => {
                    let children = family
                        .values()
                        .map(|(text, span, headings)| (text.as_str(), *span, headings.as_str()));
                    Shown::parent(children, columns.char_span(row))?
                }
            };
            columns.hit(row, found, shown)
        })
        .collect()
}

/// A parent: the document, its version, and the parent's number in it.
type Parent = (DocumentId, VersionNumber, u32);
/// The children of a parent by their index: text, span and headings.
type Family = BTreeMap<u32, (String, (u32, u32), String)>;

/// The children of some parents.
async fn families(
    dataset: &Dataset,
    parents: impl Iterator<Item = Parent>,
) -> Result<HashMap<Parent, Family>> {
    let terms: Vec<String> = parents
        .map(|(document, version, parent)| {
            format!("(document_id = '{document}' AND version = {version} AND parent = {parent})")
        })
        .collect();
    let mut families: HashMap<Parent, Family> = HashMap::new();
    if terms.is_empty() {
        return Ok(families);
    }
    let mut scanner = dataset.scan();
    scanner.project(&hit_columns(dataset))?;
    scanner
        .filter(&format!("{LIVE} AND ({})", terms.join(" OR ")))?
        .batch_size(BATCH);
    let mut batches = scanner.try_into_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        let columns = Columns::of(&batch)?;
        for row in 0..batch.num_rows() {
            let Some(parent) = columns.parent(row) else {
                continue;
            };
            let key = (columns.document(row)?, columns.version(row)?, parent);
            let child = (
                columns.text(row).to_owned(),
                columns.char_span(row),
                columns.heading_path(row).to_owned(),
            );
            families
                .entry(key)
                .or_default()
                .insert(columns.index(row), child);
        }
    }
    Ok(families)
}

fn keys(batch: &RecordBatch) -> Result<Vec<Key>> {
    let documents: &StringArray = column(batch, "document_id")?;
    let versions: &Int32Array = column(batch, "version")?;
    let indexes: &UInt32Array = column(batch, "index")?;
    let rows: &UInt64Array = column(batch, "_rowid")?;
    (0..batch.num_rows())
        .map(|row| {
            Ok(Key {
                document: document_id(documents, row)?,
                version: version_number(versions, row)?,
                index: indexes.value(row),
                row: rows.value(row),
            })
        })
        .collect()
}
