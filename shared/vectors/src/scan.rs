//! Searches a table whose segments are not complete, in one pass over its rows.
//!
//! The same formulas as for segments, so the results are the same as far as their cosines are exact. Memory is bounded by the rows
//! that contain a word of the query: about 32 bytes each, and 2 more for each distinct word.

mod hits;

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow_array::{Array, FixedSizeListArray, Float32Array, RecordBatch, UInt64Array};
use dynrag_analysis::{Language, Query};
use dynrag_domain::{VersionNumber, ids::DocumentId, search::filter::ChunkFields};
use dynrag_index::Spread;
use futures::TryStreamExt;
use lance::Dataset;

use crate::{
    Error, Result,
    columns::{Columns, hit_columns, json},
    fuse::{CHILDREN, Leg, Legs, depth},
    kernel::{Best, dot, normalise},
    rows::{Space, column},
    search::{self, Prepared},
    text::{
        bm25::Bm25,
        words::{self, Words},
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
    parent: Option<u32>,
}

/// A row that has a word of the query.
struct Candidate {
    row: u64,
    document: u32,
    version: VersionNumber,
    index: u32,
    parent: Option<u32>,
    length: u32,
    cosine: f32,
}

/// State of the text retriever during the scan. Scores need the totals, which are known only at
/// the end.
struct TextLeg<'a> {
    text: &'a str,
    /// In every language: which ones there are is known at the end.
    query: &'a Query,
    languages: BTreeSet<Language>,
    /// The group of each term.
    groups: HashMap<&'a str, usize>,
    /// In how many rows each group is.
    frequencies: Vec<u32>,
    rows: usize,
    tokens: u64,
    admitted: u64,
    documents: Vec<DocumentId>,
    numbers: HashMap<DocumentId, u32>,
    candidates: Vec<Candidate>,
    /// Count of each group in each candidate, candidate by candidate.
    counts: Vec<u16>,
    /// Counts of the row being read: of terms, and of groups.
    terms: HashMap<&'a str, u16>,
    scratch: Vec<u16>,
}

impl<'a> TextLeg<'a> {
    fn new(text: &'a str, query: &'a Query) -> Self {
        let groups = query.groups.iter().enumerate();
        let groups = groups
            .flat_map(|(group, of)| of.terms.iter().map(move |term| (term.as_str(), group)))
            .collect();
        Self {
            groups,
            frequencies: vec![0; query.groups.len()],
            scratch: vec![0; query.groups.len()],
            text,
            query,
            languages: BTreeSet::new(),
            rows: 0,
            tokens: 0,
            admitted: 0,
            documents: Vec::new(),
            numbers: HashMap::new(),
            candidates: Vec::new(),
            counts: Vec::new(),
            terms: HashMap::new(),
        }
    }

    /// Adds a row. A row that is not admitted counts towards the totals, as it does in memory.
    fn push(&mut self, words: &Words<'_>, key: Key, cosine: f32, admitted: bool) {
        self.terms.clear();
        let length = words.each(|token| {
            if let Some((term, _)) = self.groups.get_key_value(token) {
                let count = self.terms.entry(term).or_default();
                *count = count.saturating_add(1);
            }
        });
        self.languages.insert(Language::of(words.language));
        self.scratch.fill(0);
        for (term, count) in &self.terms {
            if let Some(group) = self.groups.get(term)
                && let Some(most) = self.scratch.get_mut(*group)
            {
                *most = (*most).max(*count);
            }
        }
        self.rows += 1;
        self.tokens += u64::from(length);
        self.admitted += u64::from(admitted);
        for (frequency, count) in self.frequencies.iter_mut().zip(&self.scratch) {
            *frequency += u32::from(*count > 0);
        }
        if self.terms.is_empty() || !admitted {
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
            parent: key.parent,
            length,
            cosine,
        });
        self.counts.extend_from_slice(&self.scratch);
    }

    /// Ends the leg. The scores of the best rows of the other leg are returned too, and the cosines of its own.
    fn end(self, depth: usize, most: Option<usize>, others: &HashSet<u64>) -> Ended {
        let formula = Bm25::new(self.rows, self.tokens);
        let idf: Vec<f32> = self
            .query
            .groups
            .iter()
            .zip(&self.frequencies)
            .map(|(group, frequency)| group.weight * formula.idf(*frequency))
            .collect();
        let mut ended = Ended {
            leg: Leg {
                ranked: Vec::new(),
                spread: Spread::of_rows(self.admitted),
            },
            ideal: self.ideal(&idf),
            bm25: HashMap::new(),
            cosines: HashMap::new(),
        };
        if idf.is_empty() {
            return ended;
        }
        let mut best = Best::new(depth, most);
        for (candidate, counts) in self
            .candidates
            .iter()
            .zip(self.counts.chunks_exact(idf.len()))
        {
            let mut score = 0.0;
            for (idf, count) in idf.iter().zip(counts).filter(|(_, count)| **count > 0) {
                score += formula.score(*idf, u32::from(*count), candidate.length);
            }
            ended.leg.spread.add_score(score);
            if others.contains(&candidate.row) {
                ended.bm25.insert(candidate.row, score);
            }
            let key = Key {
                document: self.documents[candidate.document as usize],
                version: candidate.version,
                index: candidate.index,
                row: candidate.row,
                parent: candidate.parent,
            };
            best.push(score, key, key.document);
        }
        ended.leg.ranked = best.into_ranked();
        let ranked: HashSet<u64> = ended.leg.ranked.iter().map(|(key, _)| key.row).collect();
        for candidate in &self.candidates {
            if ranked.contains(&candidate.row) {
                ended.cosines.insert(candidate.row, candidate.cosine);
            }
        }
        for (key, score) in &ended.leg.ranked {
            ended.bm25.insert(key.row, *score);
        }
        ended
    }
}

impl TextLeg<'_> {
    /// The BM25 score of an average chunk that has every word of the query, as a word in the languages of the chunks.
    fn ideal(&self, idf: &[f32]) -> f32 {
        let languages: Vec<Language> = self.languages.iter().copied().collect();
        let groups = words::query(self.text, &languages).groups;
        let of = |term: &String| idf.get(*self.groups.get(term.as_str())?).copied();
        let each = groups.iter().filter_map(|group| of(group.terms.first()?));
        each.sum()
    }
}

/// The result of the text retriever.
struct Ended {
    leg: Leg<Key>,
    ideal: f32,
    bm25: HashMap<u64, f32>,
    cosines: HashMap<u64, f32>,
}

/// The chunk of a row, as far as filters know it.
struct OfRow<'a>(&'a Columns<'a>, usize);

impl ChunkFields for OfRow<'_> {
    fn page(&self) -> Option<u32> {
        self.0.page(self.1)
    }

    fn language(&self) -> Option<&str> {
        self.0.language(self.1)
    }
}

/// Answers a query by reading the columns that its retrievers need, then the winning rows.
pub(crate) async fn search(
    dataset: &Dataset,
    query: &Prepared<'_>,
    scan_bytes: u64,
) -> Result<search::Found> {
    let dimension = Space::of(&dataset.schema().into())?.dimension;
    query.fits(dimension)?;
    let given = query.given;
    let depth = depth(given.mode, given.top_k) * CHILDREN;
    let most = given.max_per_document.map(|most| most * CHILDREN);
    let mut columns = hit_columns(dataset);
    columns.extend(query.vector.as_ref().map(|_| "vector"));

    let mut nearest = Best::new(depth, most);
    let mut spread = Spread::default();
    let in_all = query.text.map(words::query_in_all);
    let text = query.text.zip(in_all.as_ref());
    let mut text_leg = text.map(|(text, query)| TextLeg::new(text, query));
    let mut scanner = dataset.scan();
    scanner.project(&columns)?.filter(&query.live)?;
    scanner.with_row_id().batch_size(BATCH);
    scanner.io_buffer_size(scan_bytes);
    let mut batches = scanner.try_into_stream().await?;
    let mut normal = vec![0f32; dimension];
    let mut headings = (String::new(), Vec::new());
    while let Some(batch) = batches.try_next().await? {
        let columns = Columns::of(&batch)?;
        let keys = keys(&batch, &columns)?;
        let vectors = match &query.vector {
            None => None,
            Some(vector) => Some((vector, vectors(&batch)?)),
        };
        for (row, key) in keys.into_iter().enumerate() {
            let admitted = query.admits(key.document)
                && query.admits_chunk(key.document, &OfRow(&columns, row));
            let mut cosine = 0.0;
            if let Some((vector, vectors)) = vectors
                && admitted
            {
                normal.copy_from_slice(&vectors.values()[row * dimension..(row + 1) * dimension]);
                normalise(&mut normal);
                cosine = dot(vector, &normal);
                spread.add_row(cosine);
                nearest.push(cosine, key, key.document);
            }
            if let Some(leg) = &mut text_leg {
                if headings.0 != columns.heading_path(row) {
                    let text = columns.heading_path(row);
                    headings = (text.to_owned(), json(text)?);
                }
                let words = Words {
                    title: columns.title(row),
                    headings: &headings.1,
                    text: columns.text(row),
                    language: columns.language(row),
                };
                leg.push(&words, key, cosine, admitted);
            }
        }
    }

    let vector = query.vector.as_ref().map(|_| Leg {
        ranked: nearest.into_ranked(),
        spread,
    });
    let others: HashSet<u64> = vector
        .iter()
        .flat_map(|leg| leg.ranked.iter().map(|(key, _)| key.row))
        .collect();
    let ended = text_leg.map(|leg| leg.end(depth, most, &others));
    let mut cosines: HashMap<u64, f32> = vector
        .iter()
        .flat_map(|leg| leg.ranked.iter().map(|(key, score)| (key.row, *score)))
        .collect();
    let (text, ideal, bm25) = match ended {
        None => (None, 0.0, HashMap::new()),
        Some(ended) => {
            cosines.extend(ended.cosines);
            (Some(ended.leg), ended.ideal, ended.bm25)
        }
    };
    let legs = Legs {
        vector,
        text,
        ideal,
    };
    let of = |scores: &HashMap<u64, f32>, key: Key| scores.get(&key.row).copied().unwrap_or(0.0);
    let (found, fusion) = legs.fuse(
        given.mode,
        given.alpha,
        given.min_score,
        |key| of(&cosines, key),
        |key| of(&bm25, key),
    );
    let hits = hits::read(dataset, query, found).await?;
    Ok(search::Found { hits, fusion })
}

fn vectors(batch: &RecordBatch) -> Result<&Float32Array> {
    let vectors: &FixedSizeListArray = column(batch, "vector")?;
    let values = vectors.values().as_any().downcast_ref();
    values.ok_or_else(|| Error::fault("vectors are not f32"))
}

fn keys(batch: &RecordBatch, columns: &Columns<'_>) -> Result<Vec<Key>> {
    let rows: &UInt64Array = column(batch, "_rowid")?;
    (0..batch.num_rows())
        .map(|row| {
            Ok(Key {
                document: columns.document(row)?,
                version: columns.version(row)?,
                index: columns.index(row),
                row: rows.value(row),
                parent: columns.parent(row),
            })
        })
        .collect()
}
