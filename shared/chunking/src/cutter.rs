//! Shared by the strategies: indivisible pieces, packed into chunks with an overlap.

use std::{collections::BTreeSet, ops::Range};

use dynrag_domain::{
    chunks::{Chunk, Extracted},
    config::Chunking,
};

use crate::{
    graphemes,
    measure::Measure,
    separators::{LEVELS, LINES, PARAGRAPHS, SENTENCES, WORDS, cuts},
    writer::Writer,
};

/// Pieces are at most this share of the size if only graphemes are left to cut at: an overlap can begin
/// between them.
const GRAPHEMES_SHARE: usize = 8;
/// Boundaries tried for the start of an overlap.
const MAX_TRIES: usize = 8;

/// A range of the text that becomes a chunk.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) range: Range<usize>,
    /// Start of the text that is not overlap with an earlier chunk.
    pub(crate) fresh: usize,
    /// Index of its parent.
    pub(crate) parent: Option<u32>,
}

impl Cut {
    /// A range without overlap.
    pub(crate) fn new(range: Range<usize>) -> Self {
        Self {
            fresh: range.start,
            range,
            parent: None,
        }
    }
}

/// Where an overlap may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// At a sentence, a line or a word, else between graphemes.
    Anywhere,
    /// At a paragraph or a sentence; otherwise there is no overlap.
    Whole,
}

/// A text being cut.
pub(crate) struct Cutter<'a> {
    pub(crate) extracted: &'a Extracted,
    pub(crate) text: &'a str,
    pub(crate) measure: Measure<'a>,
    pub(crate) size: usize,
    pub(crate) overlap: usize,
    /// Page boundaries. No chunk adds text of two pages, so the page it names is the one on which it is
    /// found.
    pub(crate) page_ends: BTreeSet<usize>,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(extracted: &'a Extracted, chunking: Chunking) -> Self {
        let size = (chunking.size as usize).max(1);
        Self {
            extracted,
            text: &extracted.text,
            measure: Measure::new(&extracted.text, chunking.unit),
            size,
            overlap: (chunking.overlap as usize).min(size / 2),
            page_ends: page_ends(extracted),
        }
    }

    /// Splits a range at page boundaries.
    pub(crate) fn pages(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let inner = self
            .page_ends
            .range(range.start + 1..range.end.max(range.start + 1));
        let mut start = range.start;
        inner.copied().chain([range.end]).map(move |end| {
            let page = start..end;
            start = end;
            page
        })
    }

    /// Splits a range into pieces of at most `most`, as coarsely as possible, and appends their ends.
    pub(crate) fn split(
        &self,
        range: Range<usize>,
        level: usize,
        most: usize,
        pieces: &mut Vec<usize>,
    ) {
        if range.is_empty() {
            return;
        }
        if self.measure.count(range.clone()) <= most {
            pieces.push(range.end);
            return;
        }
        let mut start = range.start;
        if level == LEVELS.len() {
            while start < range.end {
                let part = (most / GRAPHEMES_SHARE).max(1);
                start = self.measure.reach(start, range.end, part, self.size);
                pieces.push(start);
            }
            return;
        }
        for cut in cuts(self.text, range.clone(), level) {
            if cut < range.end && graphemes::is_boundary(self.text, cut) {
                self.split(start..cut, level + 1, most, pieces);
                start = cut;
            }
        }
        self.split(start..range.end, level + 1, most, pieces);
    }

    /// Packs pieces, given by their ends, into chunks of at most `size` including the overlap. A piece
    /// that leaves no room for the overlap gets none.
    pub(crate) fn pack(
        &self,
        begin: usize,
        pieces: &[usize],
        size: usize,
        overlap: (usize, Overlap),
        cuts: &mut Vec<Cut>,
    ) {
        let mut ruler = self.measure.from(begin);
        // A chunk is start..end; its text without overlap begins at fresh.
        let (mut start, mut fresh, mut end) = (begin, begin, begin);
        for &piece_end in pieces {
            let page_ended = self.page_ends.contains(&end) && !is_blank(&self.text[fresh..end]);
            if end > start && (page_ended || ruler.to(piece_end) > size) {
                let range = start..end;
                let room = size.saturating_sub(self.measure.count(end..piece_end));
                start = self.overlap_start(range.clone(), overlap.0.min(room), overlap.1);
                cuts.push(Cut {
                    range,
                    fresh,
                    parent: None,
                });
                fresh = end;
                ruler = self.measure.from(start);
                if ruler.to(piece_end) > size {
                    start = end;
                    ruler = self.measure.from(start);
                }
            }
            end = piece_end;
        }
        cuts.push(Cut {
            range: start..end,
            fresh,
            parent: None,
        });
    }

    /// Start of the chunk after `range`: the first boundary of the coarsest kind within its last
    /// `overlap`, or the end if there is no such boundary.
    fn overlap_start(&self, range: Range<usize>, overlap: usize, kind: Overlap) -> usize {
        let none = range.end;
        if overlap == 0 {
            return none;
        }
        let earliest = self.measure.back(range.clone(), overlap);
        // Do not repeat the whole chunk.
        if earliest == range.start {
            return none;
        }
        let levels: &[usize] = match kind {
            Overlap::Anywhere => &[SENTENCES, LINES, WORDS],
            Overlap::Whole => &[PARAGRAPHS, SENTENCES],
        };
        for level in levels {
            // A separator may be right before the earliest position.
            let cut = cuts(self.text, earliest..range.end, *level)
                .take(MAX_TRIES)
                .find(|cut| graphemes::is_boundary(self.text, *cut));
            if let Some(cut) = cut.filter(|cut| !is_blank(&self.text[*cut..range.end])) {
                return cut;
            }
        }
        match kind {
            Overlap::Anywhere => graphemes::ceil(self.text, range.start, earliest, range.end),
            Overlap::Whole => none,
        }
    }

    /// Makes the chunks. Chunks of only white space are omitted.
    pub(crate) fn write(&self, cuts: Vec<Cut>) -> Vec<Chunk> {
        let mut writer = Writer::new(self.extracted);
        for cut in cuts {
            writer.write(cut);
        }
        writer.finish()
    }
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.trim_start().is_empty()
}

fn page_ends(extracted: &Extracted) -> BTreeSet<usize> {
    let pages = extracted.sections.iter().map(|section| section.page);
    let before = std::iter::once(None).chain(pages);
    extracted
        .sections
        .iter()
        .zip(before)
        .filter(|(section, before)| section.page != *before && section.start > 0)
        .map(|(section, _)| section.start)
        .collect()
}
