//! Tells the main content of a web page from what is around it: menus, footers, teasers, banners.
//!
//! Each block of text is described by numbers ([`features`]): what it is like, what the elements around
//! it are named, how much of the page's text and links they hold. Small decision trees say how likely it
//! is content. More trees say it again, and are also told how likely the blocks around it are ([`context`]).
//! Of all ways to keep the likeliest blocks, the one with the best F-measure is taken that can be expected.
//! It weighs recall more: a price list that is lost costs a reader more than a footer that is kept.
//!
//! Rules come after that. The rest of the element with the content is taken in, as far as it is no furniture
//! ([`rest`]); so is what lies between blocks that are kept, and the rest of a table; and what is there a
//! second time is left out.
//!
//! The trees are learned from marked pages by `bench/extract/train_main_content.py`, which gets its numbers
//! from here, and judges models by what is read with all rules in the end.

mod before;
mod context;
mod features;
mod names;
mod page;
mod rest;
#[cfg(test)]
mod tests;
mod trees;
mod wording;

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use self::{page::Page, trees::Trees};
use crate::html_text::Blocks;

pub use self::features::Features;

/// What the script wrote.
const MODEL: &[u8] = include_bytes!("main_content/model.bin");
/// How much more recall weighs than precision: the square of beta in the F-measure.
const RECALL: f32 = 1.96;
/// A page with more blocks, or elements that may hold some, is an attack or a table: all of it is content.
const MAX_BLOCKS: usize = 50_000;
const MAX_SCOPES: usize = 200_000;
/// Blocks that are kept may be so far apart for what is between them to be kept too.
const MAX_GAP: usize = 11;
/// Shorter blocks may well be said twice, and so many words of longer ones in a row.
const REPEATED_WORDS: f32 = 4.0;
const REPEATED_RUN: f32 = 20.0;

/// What is learned: how likely a block is content by what it is like and where it is, and once more by how
/// likely the blocks around it are.
pub struct Model {
    first: Trees,
    second: Trees,
}

impl Model {
    /// Reads a model: its trees, the first before the second. `None` if the bytes are none.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        Some(Self {
            first: Trees::read(&mut bytes)?,
            second: Trees::read(&mut bytes)?,
        })
    }

    /// The model that is built in.
    pub fn built_in() -> Option<&'static Self> {
        static BUILT_IN: OnceLock<Option<Model>> = OnceLock::new();
        BUILT_IN.get_or_init(|| Self::read(MODEL)).as_ref()
    }
}

/// Says for each block of a page whether it is content. `None` if there is nothing to choose from.
pub fn of(model: &Model, blocks: &Blocks<'_>, title: Option<&str>) -> Option<Vec<bool>> {
    if blocks.blocks.len() > MAX_BLOCKS || blocks.scopes.len() > MAX_SCOPES {
        return None;
    }
    let page = Page::new(blocks);
    let first = features::of(&page, title);
    if first.width == 0 {
        return None;
    }
    let likely = model.first.likely(&first);
    let second = context::of(&page, &first, &likely);
    let likely = model.second.likely(&second);
    let mut kept = best(&likely, &first.weights);
    rest::take_in(&page, &first.weights, &likely, &mut kept);
    take_in_what_belongs(blocks, &mut kept);
    leave_out_repeats(blocks, &first.weights, &mut kept);
    Some(kept)
}

/// Describes the blocks of a page, whose title may be known, as the first model sees them, or as the second
/// does where the first has said how likely they are content.
pub fn features(blocks: &Blocks<'_>, title: Option<&str>, likely: Option<&[f32]>) -> Features {
    let page = Page::new(blocks);
    let first = features::of(&page, title);
    match likely {
        Some(likely) => context::of(&page, &first, likely),
        None => first,
    }
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

/// Takes in code and items between blocks that are kept, where all are beside each other in one element, all
/// rows of a table of which some are kept, and headings of what is kept. Their few words say little to the
/// model and much to a reader.
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
    let rows = |place: usize| page.blocks[place].row.as_ref().map(|row| row.table);
    let tables: HashSet<usize> = (0..kept.len())
        .filter(|place| kept[*place])
        .filter_map(rows)
        .collect();
    for (place, kept) in kept.iter_mut().enumerate() {
        *kept |= rows(place).is_some_and(|table| tables.contains(&table));
    }
    let mut below = false;
    for (block, kept) in page.blocks.iter().zip(kept).rev() {
        *kept |= below && block.heading.is_some();
        below = *kept;
    }
}

/// Leaves out what is there a second time, for narrow screens say: blocks that were there already, next
/// to the same neighbour, if many follow each other. Rows of two price lists may well be the same.
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
    // Pairs that overlap are no neighbours of an earlier one.
    let earlier = |first: Option<usize>, before: usize| {
        let pair = first.and_then(|first| Some((texts.get(first)?.1, texts.get(first + 1)?.1)));
        pair.and_then(|pair| pairs.get(&pair))
            .is_some_and(|first| *first < before)
    };
    let mut seen = HashSet::new();
    let mut run = Run::default();
    for (at, (place, text)) in texts.iter().enumerate() {
        let again = !seen.insert(*text);
        let words = words.get(*place).copied().unwrap_or_default();
        if words < REPEATED_WORDS {
            continue;
        }
        let above = at.checked_sub(1);
        if again && (earlier(above, above.unwrap_or(at)) || earlier(Some(at), at)) {
            run.places.push(*place);
            run.words += words;
        } else {
            run.end(kept);
        }
    }
    run.end(kept);
}

/// Blocks in a row that were there already.
#[derive(Default)]
struct Run {
    places: Vec<usize>,
    words: f32,
}

impl Run {
    fn end(&mut self, kept: &mut [bool]) {
        if self.words >= REPEATED_RUN {
            for place in &self.places {
                kept[*place] = false;
            }
        }
        self.places.clear();
        self.words = 0.0;
    }
}
