//! Cuts where the subject changes according to the embedding model.
//!
//! Sentences, or groups of them in a long text, are embedded. At each boundary, the two groups before are
//! compared with the two after; a chunk ends at the largest 5 % of the distances. A range of one subject
//! longer than `size` is cut in its second half, at the largest distance. Chunks do not overlap: nothing
//! belongs on both sides of such a cut.
//!
//! The cost: the text is embedded once to find the cuts, in at most [`MAX_GROUPS`] inputs, and once more
//! as chunks. The idea is Greg Kamradt's ("5 levels of text splitting", 2023); adding up the vectors of
//! single groups instead of embedding every window is ours, and takes a third of the tokens.

use std::{collections::HashMap, ops::Range};

use dynrag_domain::{Error, Result, chunks::Chunk};

use crate::{
    cutter::{Cut, Cutter},
    graphemes,
    separators::{LINES, SENTENCES, cuts},
};

/// Maximum groups of sentences in which a text is embedded.
pub(crate) const MAX_GROUPS: usize = 900;
/// Groups compared on each side.
const WINDOW: usize = 2;
/// A chunk ends at distances above this quantile.
const PERCENTILE: f64 = 0.95;
/// Groups larger than this share of the size would be too coarse to place a cut.
const LARGEST_SHARE: usize = 2;

/// A text whose cuts depend on vectors that are not available yet.
pub struct Semantic<'a> {
    cutter: Cutter<'a>,
    groups: Vec<Range<usize>>,
    chunks: Vec<Chunk>,
}

impl<'a> Semantic<'a> {
    /// Returns the cutter as error if vectors would not help: too short a text, or one so long that a group is
    /// more than half a chunk (with 900 groups of up to 500 characters, 450,000 characters).
    pub(crate) fn new(cutter: Cutter<'a>) -> std::result::Result<Self, Cutter<'a>> {
        let whole = 0..cutter.text.len();
        let mut least = cutter.measure.count(whole).div_ceil(MAX_GROUPS);
        let groups = loop {
            if least > cutter.size / LARGEST_SHARE {
                return Err(cutter);
            }
            let groups = groups(&cutter, least);
            if groups.len() <= MAX_GROUPS {
                break groups;
            }
            // The groups together have slightly more tokens than the whole text.
            least += least / 8 + 1;
        };
        let cuts = groups.iter().cloned().map(Cut::new).collect();
        let chunks = cutter.write(cuts);
        if groups.len() < 2 || chunks.len() != groups.len() {
            return Err(cutter);
        }
        Ok(Self {
            cutter,
            groups,
            chunks,
        })
    }

    /// Texts to embed, as chunks, so that they are requested, staged and reused like chunks.
    pub fn groups(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Cuts the text by the vectors of [`Self::groups`], keyed by their `text_hash`.
    ///
    /// # Errors
    /// An internal error if a vector is missing or their lengths differ.
    pub fn cut(&self, vectors: &HashMap<String, Vec<f32>>) -> Result<Vec<Chunk>> {
        let vectors = self
            .chunks
            .iter()
            .map(|chunk| vectors.get(&chunk.text_hash).map(Vec::as_slice))
            .collect::<Option<Vec<&[f32]>>>()
            .ok_or_else(|| Error::internal_fault("a group of sentences has no vector"))?;
        let same = vectors
            .windows(2)
            .all(|pair| pair[0].len() == pair[1].len());
        if !same {
            return Err(Error::internal_fault("vectors of several lengths"));
        }
        let distances = distances(&vectors);
        let threshold = percentile(&distances);
        let mut cuts = Vec::new();
        let mut first = 0;
        for (at, distance) in distances.iter().enumerate() {
            if *distance > threshold {
                self.stretch(first..at + 1, &distances, &mut cuts);
                first = at + 1;
            }
        }
        self.stretch(first..self.groups.len(), &distances, &mut cuts);
        Ok(self.cutter.write(cuts))
    }

    /// Splits a run of groups of one subject into chunks that fit, each on one page.
    fn stretch(&self, groups: Range<usize>, distances: &[f64], cuts: &mut Vec<Cut>) {
        let Cutter { measure, size, .. } = &self.cutter;
        let mut first = groups.start;
        while first < groups.end {
            let start = self.groups[first].start;
            let mut ruler = measure.from(start);
            let mut best = None;
            let mut last = first;
            let mut whole = true;
            for at in first..groups.end {
                let length = ruler.to(self.groups[at].end);
                if at > first && length > *size {
                    whole = false;
                    break;
                }
                last = at;
                let distance = distances.get(at).copied().unwrap_or_default();
                if length >= size / 2 && best.is_none_or(|(_, most)| distance > most) {
                    best = Some((at, distance));
                }
            }
            if let (false, Some((at, _))) = (whole, best) {
                last = at;
            }
            let range = start..self.groups[last].end;
            for page in self.cutter.pages(range) {
                let mut pieces = Vec::new();
                let mut begun = page.start;
                // A part may have more tokens than the whole.
                self.cutter.split(page, 0, *size, &mut pieces);
                for end in pieces {
                    cuts.push(Cut::new(begun..end));
                    begun = end;
                }
            }
            first = last + 1;
        }
    }
}

/// Groups of whole sentences, each at least `least` and at most the size.
fn groups(cutter: &Cutter<'_>, least: usize) -> Vec<Range<usize>> {
    let text = cutter.text;
    let mut pieces = Vec::new();
    let mut begun = 0;
    let mut ends: Vec<usize> = cuts(text, 0..text.len(), LINES)
        .chain(cuts(text, 0..text.len(), SENTENCES))
        .filter(|cut| graphemes::is_boundary(text, *cut))
        .chain([text.len()])
        .collect();
    ends.sort_unstable();
    for end in ends {
        cutter.split(begun..end, 0, cutter.size, &mut pieces);
        begun = end;
    }
    let mut groups = Vec::new();
    let mut start = 0;
    let mut end = 0;
    let mut ruler = cutter.measure.from(0);
    for piece in pieces {
        let length = ruler.to(piece);
        if end > start && length > cutter.size && cutter.measure.count(start..end) > 0 {
            groups.push(start..end);
            start = end;
            ruler = cutter.measure.from(start);
        }
        end = piece;
        if ruler.to(end) >= least.max(1) {
            groups.push(start..end);
            start = end;
            ruler = cutter.measure.from(start);
        }
    }
    match groups.last_mut() {
        // The rest is white space, or less than a group.
        Some(last) if cutter.measure.count(last.start..end) <= cutter.size => last.end = end,
        _ => groups.push(start..end),
    }
    groups
}

/// Cosine distance between the groups before and after each boundary, in order. The distance of a zero
/// vector is 0.
fn distances(vectors: &[&[f32]]) -> Vec<f64> {
    (1..vectors.len())
        .map(|at| {
            let before = sum(&vectors[at.saturating_sub(WINDOW)..at]);
            let behind = sum(&vectors[at..vectors.len().min(at + WINDOW)]);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let norms = (dot(&before, &before) * dot(&behind, &behind)).sqrt();
            let distance = 1.0 - dot(&before, &behind) / norms;
            if distance.is_finite() { distance } else { 0.0 }
        })
        .collect()
}

fn sum(vectors: &[&[f32]]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, |vector| vector.len())];
    for vector in vectors {
        for (sum, value) in sum.iter_mut().zip(*vector) {
            *sum += f64::from(*value);
        }
    }
    sum
}

/// The quantile of the values, interpolated.
fn percentile(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = PERCENTILE * last as f64;
    let below = place.floor();
    let (low, high) = (sorted[below as usize], sorted[place.ceil() as usize]);
    low + (high - low) * (place - below)
}
