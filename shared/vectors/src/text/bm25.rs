//! BM25: the formula, the query's terms, and an inverted index for tables held in memory.

use std::collections::HashMap;

use super::tokens::each_token;

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Most distinct terms of a query that count; a longer query is a document, and each term costs.
const MAX_TERMS: usize = 64;

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

/// The distinct terms of a query, in the order of their first appearance. Both ways of searching add
/// up their scores in this order, so that the sums are the same to the last bit.
pub(crate) fn query_terms(query: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    each_token(query, |token| {
        if terms.len() < MAX_TERMS && !terms.iter().any(|term| term == token) {
            terms.push(token.to_owned());
        }
    });
    terms
}

/// Postings of a term: gaps between rows and counts, each as a variable-length integer.
#[derive(Default)]
struct Postings {
    chunks: u32,
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
    /// Adds the text of the next row.
    pub(crate) fn push(&mut self, text: &str) {
        let row = self.lengths.len() as u32;
        let mut scratch = std::mem::take(&mut self.scratch);
        each_token(text, |token| {
            let term = match self.terms.get(token) {
                Some(term) => *term,
                None => {
                    let term = self.postings.len() as u32;
                    self.terms.insert(token.into(), term);
                    self.postings.push(Postings::default());
                    // The word, its entry in the table, and its list.
                    self.bytes += token.len() + 32 + size_of::<Postings>();
                    term
                }
            };
            scratch.push(term);
        });
        self.lengths.push(scratch.len() as u32);
        self.tokens += scratch.len() as u64;
        scratch.sort_unstable();
        for same in scratch.chunk_by(|a, b| a == b) {
            let postings = &mut self.postings[same[0] as usize];
            let before = postings.bytes.capacity();
            put(&mut postings.bytes, row - postings.last_row);
            put(&mut postings.bytes, same.len() as u32);
            postings.last_row = row;
            postings.chunks += 1;
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

    /// Scores of all rows that have a term of the query.
    pub(crate) fn search(&self, query: &str) -> Vec<(u32, f32)> {
        let formula = Bm25::new(self.lengths.len(), self.tokens);
        let mut scores = vec![0f32; self.lengths.len()];
        let mut touched = Vec::new();
        for term in query_terms(query) {
            let Some(term) = self.terms.get(term.as_str()) else {
                continue;
            };
            let postings = &self.postings[*term as usize];
            let idf = formula.idf(postings.chunks);
            let (mut bytes, mut row) = (postings.bytes.as_slice(), 0);
            while !bytes.is_empty() {
                row += take(&mut bytes);
                let count = take(&mut bytes);
                let score = &mut scores[row as usize];
                if *score == 0.0 {
                    touched.push(row);
                }
                *score += formula.score(idf, count, self.lengths[row as usize]);
            }
        }
        touched
            .into_iter()
            .map(|row| (row, scores[row as usize]))
            .collect()
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
    use super::*;

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

    #[test]
    fn a_rare_word_in_a_short_text_scores_highest() {
        let mut index = TextIndex::default();
        index.push("the cat sat on the mat with another cat and a very long tail of words");
        index.push("the dog");
        index.push("a zebra");
        let mut found = index.search("the zebra");
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        assert_eq!(found[0].0, 2);
        assert_eq!(found.len(), 3);
        assert!(index.search("nothing here matches xyz").is_empty());
    }
}
