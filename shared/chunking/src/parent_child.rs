//! Cuts parents of `size`, and each into children of a quarter of it. The children are embedded and
//! matched; the parent is returned.

use dynrag_domain::config::Unit;

use crate::{
    cutter::{Cut, Cutter, Overlap, is_blank},
    recursive,
};

/// Children of a parent, if they are large enough.
const CHILDREN: usize = 4;

/// Cuts the whole text. Nothing overlaps.
pub(crate) fn cut(cutter: &Cutter<'_>, unit: Unit) -> Vec<Cut> {
    let (least, _) = unit.sizes();
    let size = (cutter.size / CHILDREN)
        .max(least as usize)
        .min(cutter.size);
    let parents = recursive::cut(cutter, 0);
    let parents = parents
        .into_iter()
        .filter(|parent| !is_blank(&cutter.text[parent.range.clone()]));
    let mut children = Vec::new();
    for (index, parent) in (0..).zip(parents) {
        let mut pieces = Vec::new();
        let first = children.len();
        cutter.split(parent.range.clone(), 0, size, &mut pieces);
        let overlap = (0, Overlap::Anywhere);
        cutter.pack(parent.range.start, &pieces, size, overlap, &mut children);
        for child in &mut children[first..] {
            child.parent = Some(index);
        }
    }
    children
}
