//! Finds the main content of a web page among menus, footers, teasers and banners.
//!
//! Each block of text is described by numbers ([`features`]): its own properties, the names of the elements around it,
//! and their share of the page's text and links. Small decision trees estimate the probability that the block is
//! content. A second set of trees refines it from the probabilities of the blocks nearby ([`context`]). The most
//! probable blocks are kept, as many as maximize the expected F-measure. Recall weighs more: losing a price list costs
//! a reader more than keeping a footer.
//!
//! Rules follow. The rest of the element with the content is added, except for furniture ([`rest`]); so are blocks
//! between kept blocks, and the rest of kept tables. Repeated blocks are left out.
//!
//! The trees are trained on marked pages by `bench/extract/train_main_content.py`, which gets the features from this
//! code and evaluates models with all rules applied. Data, figures and limits are in the model card,
//! `main_content/model.md`.

mod before;
mod context;
mod features;
mod furniture;
mod links;
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

/// The model written by the training script.
const MODEL: &[u8] = include_bytes!("main_content/model.bin");
/// Weight of recall relative to precision: beta squared in the F-measure.
const RECALL: f32 = 1.96;
/// A page with more blocks, or elements that may hold some, is an attack or a table: all of it is content.
const MAX_BLOCKS: usize = 50_000;
const MAX_SCOPES: usize = 200_000;
/// Largest gap between kept blocks at which the blocks in between are kept too.
const MAX_GAP: usize = 11;
/// Fewest words of a repeated block, and of a run of repeated blocks, that is left out.
const REPEATED_WORDS: f32 = 4.0;
const REPEATED_RUN: f32 = 20.0;

/// The trained model: trees that estimate the probability of content from a block and its position, and trees that
/// refine it from the blocks nearby.
pub struct Model {
    first: Trees,
    second: Trees,
}

impl Model {
    /// Reads a model: the first trees, then the second ones. `None` if the bytes are invalid.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        Some(Self {
            first: Trees::read(&mut bytes)?,
            second: Trees::read(&mut bytes)?,
        })
    }

    /// The built-in model.
    pub fn built_in() -> Option<&'static Self> {
        static BUILT_IN: OnceLock<Option<Model>> = OnceLock::new();
        BUILT_IN.get_or_init(|| Self::read(MODEL)).as_ref()
    }
}

/// Classifies each block of a page as content or not. `None` if there is nothing to choose from.
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

/// The features of a page's blocks for the first model; for the second one if `likely` has the first one's results.
pub fn features(blocks: &Blocks<'_>, title: Option<&str>, likely: Option<&[f32]>) -> Features {
    let page = Page::new(blocks);
    let first = features::of(&page, title);
    match likely {
        Some(likely) => context::of(&page, &first, likely),
        None => first,
    }
}

/// The most probable blocks, as many as maximize the expected F-measure: words that are both kept and content, over a
/// weighted mean of kept words and content words.
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

/// Adds blocks between kept blocks of one parent element, such as code and items, all rows of a table with a kept row,
/// and headings of kept blocks. Their few words mean little to the model but much to readers.
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

/// Leaves out repeated content, such as a copy for narrow screens: a long run of blocks that occurred before next to
/// the same neighbour. Single rows of two price lists may well be equal.
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
    // Overlapping pairs do not count as earlier ones.
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

/// A run of repeated blocks.
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
