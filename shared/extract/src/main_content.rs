//! Tells the main content of a web page from what is around it: menus, footers, teasers, banners.
//!
//! Each block of text is described by numbers ([`features`]): what it is like, what the elements around
//! it are named, how much of the page's text and links they hold. Small decision trees say how likely it
//! is content; of all ways to keep the likeliest blocks, the one with the best expected F1 is taken. The
//! trees are learned from marked pages by `bench/extract/train_main_content.py`, which gets its numbers
//! from here.

mod before;
mod features;
mod names;
mod rest;
#[cfg(test)]
mod tests;
mod trees;
mod wording;

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use self::features::Page;
use crate::html_text::Blocks;

pub use self::{features::Features, trees::Trees};

/// What the script wrote.
const MODEL: &[u8] = include_bytes!("main_content/model.bin");
/// How much more a word of the content weighs that is lost than one of the furniture that is kept: the
/// square of the beta of F-beta.
const RECALL: f32 = 1.69;
/// A page with more blocks, or elements that may hold some, is an attack or a table: all of it is content.
const MAX_BLOCKS: usize = 50_000;
const MAX_SCOPES: usize = 200_000;
/// Blocks that are kept may be so far apart for what is between them to be kept too.
const MAX_GAP: usize = 11;
/// Shorter blocks may well be said twice.
const REPEATED_WORDS: f32 = 4.0;

/// Says for each block of a page whether it is content. `None` if there is nothing to choose from.
pub fn of(trees: &Trees, page: &Blocks<'_>, title: Option<&str>) -> Option<Vec<bool>> {
    if page.blocks.len() > MAX_BLOCKS || page.scopes.len() > MAX_SCOPES {
        return None;
    }
    let described = Page::new(page);
    let Features {
        values,
        width,
        weights,
    } = features::of(&described, title);
    if width == 0 {
        return None;
    }
    let sums = trees.sums(&values, width);
    let likely: Vec<f32> = sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect();
    let mut kept = best(&likely, &weights);
    rest::take_in(&described, &weights, &mut kept);
    take_in_what_belongs(page, &mut kept);
    leave_out_repeats(page, &weights, &mut kept);
    Some(kept)
}

/// Describes the blocks of a page, whose title may be known, as the model sees them.
pub fn features(page: &Blocks<'_>, title: Option<&str>) -> Features {
    features::of(&Page::new(page), title)
}

/// The model that is built in.
pub fn model() -> Option<&'static Trees> {
    static TREES: OnceLock<Option<Trees>> = OnceLock::new();
    TREES.get_or_init(|| Trees::read(MODEL)).as_ref()
}

/// The likeliest blocks, as many as give the best F-measure that can be expected: words that are both kept
/// and content, over a mean of the words kept and the words that are content.
fn best(likely: &[f32], words: &[f32]) -> Vec<bool> {
    let mut order: Vec<(usize, f32, f32)> = likely
        .iter()
        .zip(words)
        .enumerate()
        .map(|(place, (likely, words))| (place, *likely, *words))
        .collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1));
    let content: f32 = order.iter().map(|(_, likely, words)| likely * words).sum();
    let (mut common, mut taken) = (0.0f32, 0.0f32);
    let (mut most, mut count) = (0.0f32, 0usize);
    for (at, (_, likely, words)) in order.iter().enumerate() {
        common += likely * words;
        taken += words;
        let expected = common / (taken + RECALL * content).max(f32::MIN_POSITIVE);
        if expected > most {
            (most, count) = (expected, at + 1);
        }
    }
    let mut kept = vec![false; likely.len()];
    for (place, ..) in order.into_iter().take(count) {
        if let Some(kept) = kept.get_mut(place) {
            *kept = true;
        }
    }
    kept
}

/// Takes in code, tables and items between blocks that are kept, where all are beside each other in one
/// element, and headings of what is kept. Their few words say little to the model and much to a reader.
fn take_in_what_belongs(page: &Blocks<'_>, kept: &mut [bool]) {
    let parent = |place: usize| {
        let scope = page.scopes.get(page.blocks.get(place)?.scope)?;
        Some(scope.parent)
    };
    let mut last: Option<usize> = None;
    for place in 0..kept.len() {
        if !kept[place] {
            continue;
        }
        if let Some(last) = last
            && place - last <= MAX_GAP
            && parent(last) == parent(place)
        {
            kept[last..place].fill(true);
        }
        last = Some(place);
    }
    let mut below = false;
    for (block, kept) in page.blocks.iter().zip(kept).rev() {
        *kept |= below && block.heading.is_some();
        below = *kept;
    }
}

/// Leaves out what is there a second time, for narrow screens say: blocks that were there already, next
/// to the same neighbour.
fn leave_out_repeats(page: &Blocks<'_>, words: &[f32], kept: &mut [bool]) {
    let texts: Vec<(usize, &str)> = page
        .blocks
        .iter()
        .enumerate()
        .filter(|(place, _)| kept.get(*place).copied().unwrap_or_default())
        .map(|(place, block)| (place, block.text.as_str()))
        .collect();
    let mut pairs: HashMap<(&str, &str), usize> = HashMap::new();
    for (at, pair) in texts.windows(2).enumerate() {
        pairs.entry((pair[0].1, pair[1].1)).or_insert(at);
    }
    let mut seen = HashSet::new();
    for (at, (place, text)) in texts.iter().enumerate() {
        if seen.insert(*text)
            || words
                .get(*place)
                .is_none_or(|words| *words < REPEATED_WORDS)
        {
            continue;
        }
        // Pairs that overlap are no neighbours of an earlier one.
        let earlier =
            |first: Option<&(usize, &str)>, second: Option<&(usize, &str)>, before: usize| {
                let pair = first.zip(second).map(|(first, second)| (first.1, second.1));
                pair.and_then(|pair| pairs.get(&pair))
                    .is_some_and(|first| *first < before)
            };
        let above = at.checked_sub(1);
        let repeats = above.is_some_and(|above| earlier(texts.get(above), texts.get(at), above))
            || earlier(texts.get(at), texts.get(at + 1), at);
        if repeats && let Some(kept) = kept.get_mut(*place) {
            *kept = false;
        }
    }
}
