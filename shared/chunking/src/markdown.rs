//! Cuts at headings, in any format: each section is a chunk.
//!
//! A section shorter than a quarter of `size` contains too little to be found: it absorbs the following
//! sections while the whole fits, if they are under the same heading or under its own. A section longer
//! than `size` is split, with code and tables kept whole if they fit. Only the parts of one section
//! overlap.

use std::ops::Range;

use crate::{
    cutter::{Cut, Cutter, Overlap, is_blank},
    paragraph,
};

/// A section is small if it is less than this share of the size.
const SMALL_SHARE: usize = 4;

/// Cuts the whole text by its sections.
pub(crate) fn cut(cutter: &Cutter<'_>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut open: Option<Group<'_>> = None;
    for section in sections(cutter) {
        if let Some(group) = &mut open {
            let joined = group.range.start..section.range.end;
            if is_blank(&cutter.text[section.range.clone()]) {
                group.range = joined;
                continue;
            }
            let small = cutter.measure.count(group.range.clone()) < cutter.size / SMALL_SHARE;
            let related = section.path.starts_with(parent(group.path));
            let between = group.range.start + 1..section.range.start + 1;
            let same_page = cutter.page_ends.range(between).next().is_none();
            if small && related && same_page && cutter.measure.count(joined.clone()) <= cutter.size
            {
                group.range = joined;
                continue;
            }
            close(cutter, group.range.clone(), &mut cuts);
        }
        open = Some(section);
    }
    if let Some(group) = open {
        close(cutter, group.range, &mut cuts);
    }
    cuts
}

/// One or more sections, with the headings of the first.
struct Group<'a> {
    range: Range<usize>,
    path: &'a [String],
}

fn parent(path: &[String]) -> &[String] {
    path.split_last().map_or(path, |(_, parent)| parent)
}

/// The sections in order, and the text before the first.
fn sections<'a>(cutter: &Cutter<'a>) -> impl Iterator<Item = Group<'a>> {
    let sections = &cutter.extracted.sections;
    let ends = sections.iter().map(|section| section.start);
    let paths = sections
        .iter()
        .map(|section| section.heading_path.as_slice());
    let mut start = 0;
    ends.chain([cutter.text.len()])
        .zip(std::iter::once(&[][..]).chain(paths))
        .map(move |(end, path)| {
            let range = start..end.max(start);
            start = range.end;
            Group { range, path }
        })
        .filter(|group| !group.range.is_empty())
}

fn close(cutter: &Cutter<'_>, range: Range<usize>, cuts: &mut Vec<Cut>) {
    if cutter.measure.count(range.clone()) <= cutter.size {
        cuts.push(Cut::new(range));
        return;
    }
    let pieces = paragraph::pieces(cutter, range.clone());
    let overlap = (cutter.overlap, Overlap::Anywhere);
    cutter.pack(range.start, &pieces, cutter.size, overlap, cuts);
}
