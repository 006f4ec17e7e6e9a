//! BM25. A word of a query is a group of terms, any of which may stand for it (`shared/analysis`). It counts as one term: its
//! count in a chunk is the greatest of their counts, and its chunks are those that have any of them.

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
