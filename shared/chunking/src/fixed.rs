//! Cuts windows of exactly `size` that overlap by `overlap`, only between graphemes. A page's last
//! window is shorter.

use std::ops::Range;

use crate::{
    cutter::{Cut, Cutter},
    graphemes,
};

/// Cuts the whole text. Paragraphs and sentences are ignored; pages are not, and there is no overlap
/// across pages.
pub(crate) fn cut(cutter: &Cutter<'_>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for page in cutter.pages(0..cutter.text.len()) {
        let page = page.start..page.start + cutter.text[page].trim_end().len();
        windows(cutter, page, &mut cuts);
    }
    cuts
}

fn windows(cutter: &Cutter<'_>, page: Range<usize>, cuts: &mut Vec<Cut>) {
    let (measure, size) = (&cutter.measure, cutter.size);
    let (mut start, mut fresh) = (page.start, page.start);
    while fresh < page.end {
        let end = measure.reach(start, page.end, size, size);
        if end <= fresh {
            // A long grapheme leaves no room for the overlap.
            start = fresh;
            continue;
        }
        cuts.push(Cut {
            range: start..end,
            fresh,
            parent: None,
        });
        start = overlap_start(cutter, start..end);
        fresh = end;
    }
}

fn overlap_start(cutter: &Cutter<'_>, range: Range<usize>) -> usize {
    if cutter.overlap == 0 {
        return range.end;
    }
    let mut start = cutter.measure.back(range.clone(), cutter.overlap);
    if start == range.start {
        return range.end;
    }
    // Fewer bytes may be more tokens.
    loop {
        start = graphemes::ceil(cutter.text, range.start, start, range.end);
        if start >= range.end || cutter.measure.count(start..range.end) <= cutter.overlap {
            return start;
        }
        start = cutter.text.ceil_char_boundary(start + 1);
    }
}
