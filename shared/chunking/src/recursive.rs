//! Cuts recursively: at paragraphs if they fit, else at lines, sentences, words, and finally between
//! graphemes. Neighbouring chunks share an overlap that begins at a sentence or a word.

use crate::cutter::{Cut, Cutter, Overlap};

/// Cuts the whole text into chunks of at most `size`, with about `overlap` shared between neighbours.
pub(crate) fn cut(cutter: &Cutter<'_>, overlap: usize) -> Vec<Cut> {
    let mut pieces = Vec::new();
    for page in cutter.pages(0..cutter.text.len()) {
        // A piece and the overlap before it must fit.
        cutter.split(page, 0, cutter.size - overlap, &mut pieces);
    }
    let mut cuts = Vec::new();
    let overlap = (overlap, Overlap::Anywhere);
    cutter.pack(0, &pieces, cutter.size, overlap, &mut cuts);
    cuts
}
