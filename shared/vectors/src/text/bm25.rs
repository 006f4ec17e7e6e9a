//! BM25: the formula, and an inverted index for tables held in memory.
//!
//! A word of a query is a group of terms, any of which may stand for it (`shared/analysis`). It counts as one term: its
//! count in a chunk is the greatest of their counts, and its chunks are those that have any of them.

use std::collections::HashMap;

use dynrag_analysis::Query;

use super::words::Words;

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// BM25 statistics of a collection of chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bm25 {
    chunks: f32,
    average_length: f32,
}

impl Bm25 {
    /// `chunks` is how many there are, `tokens` how many tokens they have together.
    pub(crate) fn new(chunks: usize, tokens: u64) -> Self {
        Self {
            chunks: chunks as f32,
            average_length: (tokens as f32 / (chunks.max(1)) as f32).max(1.0),
        }
    }

    /// Inverse document frequency of a term that `frequency` chunks contain.
    pub(crate) fn idf(&self, frequency: u32) -> f32 {
        let frequency = frequency as f32;
        (1.0 + (self.chunks - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    /// A term's contribution to the score of a chunk of `length` tokens that contains it `count`
    /// times.
    pub(crate) fn score(&self, idf: f32, count: u32, length: u32) -> f32 {
        let count = count as f32;
        let norm = 1.0 - B + B * length as f32 / self.average_length;
        idf * count * (K1 + 1.0) / (count + K1 * norm)
    }
}

/// Postings of a term: gaps between rows and counts, each as a variable-length integer.
#[derive(Default)]
struct Postings {
    last_row: u32,
    bytes: Vec<u8>,
}

/// An inverted index over rows `0..`.
#[derive(Default)]
pub(crate) struct TextIndex {
    terms: HashMap<Box<str>, u32>,
    postings: Vec<Postings>,
    lengths: Vec<u32>,
    tokens: u64,
    bytes: usize,
    /// Term numbers of the row being added; kept to reuse its allocation.
    scratch: Vec<u32>,
}

impl TextIndex {
    /// Adds the words of the next row.
    pub(crate) fn push(&mut self, words: &Words<'_>) {
        let row = self.lengths.len() as u32;
        let mut scratch = std::mem::take(&mut self.scratch);
        let length = words.each(|token| {
            let term = match self.terms.get(token) {
                Some(term) => *term,
                None => {
                    let term = self.postings.len() as u32;
                    self.terms.insert(token.into(), term);
                    self.postings.push(Postings::default());
                    // The term, its entry in the table, and its list.
                    self.bytes += token.len() + 32 + size_of::<Postings>();
                    term
                }
            };
            scratch.push(term);
        });
        self.lengths.push(length);
        self.tokens += u64::from(length);
        scratch.sort_unstable();
        for same in scratch.chunk_by(|a, b| a == b) {
            let postings = &mut self.postings[same[0] as usize];
            let before = postings.bytes.capacity();
            put(&mut postings.bytes, row - postings.last_row);
            put(&mut postings.bytes, same.len() as u32);
            postings.last_row = row;
            self.bytes += postings.bytes.capacity() - before;
        }
        scratch.clear();
        self.scratch = scratch;
        self.bytes += size_of::<u32>();
    }

    /// Approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Scores of all rows that have a word of the query.
    pub(crate) fn search(&self, query: &Query) -> Scores {
        let formula = Bm25::new(self.lengths.len(), self.tokens);
        let mut scores = vec![0f32; self.lengths.len()];
        let mut counts = vec![0u32; self.lengths.len()];
        let (mut touched, mut rows) = (Vec::new(), Vec::new());
        let mut ideal = 0.0;
        for group in &query.groups {
            rows.clear();
            for term in &group.terms {
                let Some(term) = self.terms.get(term.as_str()) else {
                    continue;
                };
                let (mut bytes, mut row) = (self.postings[*term as usize].bytes.as_slice(), 0);
                while !bytes.is_empty() {
                    row += take(&mut bytes);
                    let count = take(&mut bytes);
                    let most = &mut counts[row as usize];
                    if *most == 0 {
                        rows.push(row);
                    }
                    *most = count.max(*most);
                }
            }
            let idf = group.weight * formula.idf(rows.len() as u32);
            ideal += idf;
            for row in &rows {
                let row = *row as usize;
                if scores[row] == 0.0 {
                    touched.push(row as u32);
                }
                scores[row] += formula.score(idf, counts[row], self.lengths[row]);
                counts[row] = 0;
            }
        }
        Scores {
            scores,
            touched,
            ideal,
        }
    }
}

/// BM25 scores of all rows.
pub(crate) struct Scores {
    /// By row; 0 without a word of the query.
    scores: Vec<f32>,
    touched: Vec<u32>,
    /// The score of an average chunk that has every word once.
    pub(crate) ideal: f32,
}

impl Scores {
    /// The score of a row.
    pub(crate) fn of(&self, row: usize) -> f32 {
        self.scores.get(row).copied().unwrap_or(0.0)
    }

    /// The rows that have a word of the query, with their scores.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, f32)> {
        let rows = self.touched.iter().map(|row| *row as usize);
        rows.map(|row| (row, self.of(row)))
    }
}

/// Appends an integer, seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes an integer that [`put`] wrote.
fn take(bytes: &mut &[u8]) -> u32 {
    let (mut value, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{super::words::query_in_all as query, *};

    #[test]
    fn integers_come_back() {
        let values = [0, 1, 127, 128, 16_383, 16_384, u32::MAX];
        let mut bytes = Vec::new();
        values.iter().for_each(|value| put(&mut bytes, *value));
        let mut rest = bytes.as_slice();
        for value in values {
            assert_eq!(take(&mut rest), value);
        }
        assert!(rest.is_empty());
    }

    fn words(text: &str) -> Words<'_> {
        Words {
            title: "",
            headings: &[],
            text,
            language: Some("en"),
        }
    }

    #[test]
    fn a_rare_word_in_a_short_text_scores_highest() {
        let mut index = TextIndex::default();
        index.push(&words(
            "the cat sat on the mat with another cat and a very long tail of words",
        ));
        index.push(&words("the dog"));
        index.push(&words("a zebra"));
        index.push(&words(
            "zebras of the very long plain, far from the cat and the dog",
        ));
        let scores = index.search(&query("the zebra"));
        let mut found: Vec<_> = scores.rows().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        let rows: Vec<usize> = found.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [2, 3]);
        assert_eq!(
            index.search(&query("nothing matches xyz")).rows().count(),
            0
        );
    }

    #[test]
    fn two_forms_of_a_word_count_once() {
        let mut index = TextIndex::default();
        index.push(&words("walruses"));
        index.push(&words("seals"));
        let once = index.search(&query("walrus"));
        let twice = index.search(&query("walrus walruses"));
        assert!(once.of(0) > 0.0);
        assert_eq!(once.of(0), twice.of(0));
    }
}
