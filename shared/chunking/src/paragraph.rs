//! Packs whole paragraphs, tables and fenced code; only a block longer than `size` is split.

use std::ops::Range;

use crate::{
    cutter::{Cut, Cutter, Overlap},
    separators::blocks,
};

/// Cuts the whole text. The overlap consists of whole paragraphs, else whole sentences, else
/// nothing.
pub(crate) fn cut(cutter: &Cutter<'_>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let pieces = pieces(cutter, 0..cutter.text.len());
    let overlap = (cutter.overlap, Overlap::Whole);
    cutter.pack(0, &pieces, cutter.size, overlap, &mut cuts);
    cuts
}

/// Ends of the blocks of a range, and of the pieces of blocks that do not fit.
pub(crate) fn pieces(cutter: &Cutter<'_>, range: Range<usize>) -> Vec<usize> {
    let mut pieces = Vec::new();
    for page in cutter.pages(range) {
        let mut start = page.start;
        for end in blocks(cutter.text, page) {
            if cutter.measure.count(start..end) <= cutter.size {
                pieces.push(end);
            } else {
                let most = cutter.size - cutter.overlap;
                cutter.split(start..end, 0, most, &mut pieces);
            }
            start = end;
        }
    }
    pieces
}
