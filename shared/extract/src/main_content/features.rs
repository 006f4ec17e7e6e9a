//! Features of each block of a page: numbers, the same here as in training.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::before::Before;
use super::names::KINDS;
use super::page::{Page, Sum, is_frame};
use super::wording::Wording;
use crate::html_text::Block;

/// Maximum surrounding elements considered; those further out are the page's frame.
const MAX_AROUND: usize = 64;
/// Blocks before and after that are considered one by one.
const NEIGHBOURS: isize = 3;

/// Parts of the page around a block that are described, from within, by so many numbers each.
const PARTS: usize = 2;
const SUMS: usize = 8;

/// A page as numbers, a row for each block.
pub struct Features {
    /// The rows, concatenated.
    pub values: Vec<f32>,
    /// Numbers in a row.
    pub width: usize,
    /// Words of each block.
    pub weights: Vec<f32>,
}

/// Describes the blocks of a page, whose title may be known.
pub fn of(described: &Page<'_, '_>, title: Option<&str>) -> Features {
    let mut values = Vec::new();
    let shared = described.shared();
    let likes = described.likes();
    let twins = twins(described.blocks);
    let cores = [0.5, 0.8].map(|share| described.core(share));
    let title: Vec<String> = title.map(words_of).unwrap_or_default();
    let mut before = Before::default();
    for place in 0..described.blocks.len() {
        described.wording(place, &mut values);
        described.surroundings(place, &mut values);
        described.neighbours(place, &mut values);
        before.of(described, place, &mut values);
        for core in &cores {
            described.in_core(place, *core, &mut values);
        }
        let (count, like) = likes
            .get(&described.likeness(place))
            .copied()
            .unwrap_or_default();
        values.push((count as f32).ln_1p());
        like.into(&described.total, &mut values);
        values.push(
            (twins
                .get(&hash(&described.blocks[place].text))
                .copied()
                .unwrap_or(1) as f32)
                .min(9.0),
        );
        values.push(in_title(&described.blocks[place].text, &title));
        values.extend_from_slice(&shared);
    }
    let width = values
        .len()
        .checked_div(described.blocks.len())
        .unwrap_or(0);
    let weights = described.wordings.iter().map(Wording::weight).collect();
    Features {
        values,
        width,
        weights,
    }
}

impl Page<'_, '_> {
    fn wording(&self, place: usize, row: &mut Vec<f32>) {
        let (block, wording) = (&self.blocks[place], &self.wordings[place]);
        let letters = block.letters.max(1) as f32;
        let words = wording.words.max(1) as f32;
        row.extend([
            (block.letters as f32).ln_1p(),
            wording.weight().ln_1p(),
            block.linked as f32 / letters,
            wording.sentences as f32,
            wording.sentences as f32 / words,
            wording.furniture as f32,
            wording.furniture as f32 / words,
            wording.afterwards as f32 / words,
            f32::from(u8::from(wording.ends)),
            f32::from(block.heading.unwrap_or(0)),
            block.text.lines().count().min(50) as f32,
            self.tag(block.scope),
        ]);
    }

    fn tag(&self, scope: usize) -> f32 {
        let name = self
            .scopes
            .get(scope)
            .map_or("", |scope| scope.element.name());
        let order = [
            "p",
            "pre",
            "blockquote",
            "dd",
            "dt",
            "td",
            "tr",
            "li",
            "figcaption",
            "div",
            "section",
            "summary",
        ];
        order
            .iter()
            .position(|known| *known == name)
            .unwrap_or(order.len()) as f32
    }

    /// The names around a block, and the parts of the page that it is in, from within.
    fn surroundings(&self, place: usize, row: &mut Vec<f32>) {
        let mut at = self.blocks[place].scope;
        let Some(around) = self.around.get(at) else {
            row.extend([0.0; KINDS]);
            row.extend([0.0; SUMS * PARTS + 2]);
            return;
        };
        row.extend(around.iter().map(|far| f32::from(*far)));
        // Wrappers that hold no more than what they wrap say nothing.
        let mut parts: Vec<usize> = Vec::with_capacity(MAX_AROUND);
        let mut blocks = 1.0;
        for _ in 0..MAX_AROUND {
            if self.wholes[at].blocks > blocks {
                blocks = self.wholes[at].blocks;
                parts.push(at);
            }
            let parent = self.scopes[at].parent;
            if parent == at || is_frame(&self.scopes[parent]) {
                break;
            }
            at = parent;
        }
        for step in 0..PARTS {
            let part = parts.get(step).or(parts.last());
            part.map_or(self.sums[place], |at| self.wholes[*at])
                .into(&self.total, row);
        }
        row.push(parts.len() as f32);
        // Place within the innermost part.
        let first = parts.first().map_or(0.0, |at| {
            let scope = &self.scopes[*at];
            (self.blocks[place].scope - at) as f32 / (scope.end - at).max(1) as f32
        });
        row.push(first);
    }

    fn neighbours(&self, place: usize, row: &mut Vec<f32>) {
        for step in (-NEIGHBOURS..=NEIGHBOURS).filter(|step| *step != 0) {
            let other = place
                .checked_add_signed(step)
                .and_then(|at| self.sums.get(at));
            row.extend(other.map_or([-1.0; 2], |sum| [sum.letters.ln_1p(), sum.link_density()]));
        }
    }

    /// The smallest element with such a share of the page's long blocks.
    fn core(&self, share: f32) -> usize {
        let mut core = 0;
        for (place, whole) in self.wholes.iter().enumerate() {
            if whole.long >= share * self.total.long && place < self.scopes[core].end {
                core = place;
            }
        }
        core
    }

    fn in_core(&self, place: usize, core: usize, row: &mut Vec<f32>) {
        let scope = self.blocks[place].scope;
        let (Some(around), Some(whole)) = (self.scopes.get(core), self.wholes.get(core)) else {
            row.extend([0.0; 4]);
            return;
        };
        let within = (core..around.end).contains(&scope);
        let side = if scope < core { -1.0 } else { 1.0 };
        let position = (scope as f32 - core as f32) / (around.end - core).max(1) as f32;
        row.extend([
            if within { 0.0 } else { side },
            position.clamp(-3.0, 3.0),
            whole.letters / self.total.letters.max(1.0),
            whole.link_density(),
        ]);
    }

    /// A key shared by similarly built blocks: posts of a thread, entries of a list.
    pub fn likeness(&self, place: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut at = self.blocks[place].scope;
        for _ in 0..3 {
            let Some(scope) = self.scopes.get(at) else {
                break;
            };
            scope.element.name().hash(&mut hasher);
            let class = scope.element.attrs().find(|(name, _)| *name == "class");
            class
                .map(|(_, class)| class)
                .unwrap_or_default()
                .hash(&mut hasher);
            at = scope.parent;
        }
        hasher.finish()
    }

    fn likes(&self) -> HashMap<u64, (usize, Sum)> {
        let mut likes: HashMap<u64, (usize, Sum)> = HashMap::new();
        for place in 0..self.blocks.len() {
            let (count, sum) = likes.entry(self.likeness(place)).or_default();
            *count += 1;
            sum.add(self.sums[place]);
        }
        likes
    }

    /// Features of the whole page.
    fn shared(&self) -> [f32; 6] {
        [
            self.total.blocks.ln_1p(),
            self.total.letters.ln_1p(),
            self.total.link_density(),
            self.total.long / self.total.letters.max(1.0),
            self.total.headings / self.total.blocks.max(1.0),
            self.total.sentences / self.total.blocks.max(1.0),
        ]
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn twins(blocks: &[Block]) -> HashMap<u64, usize> {
    let mut twins: HashMap<u64, usize> = HashMap::new();
    for block in blocks {
        *twins.entry(hash(&block.text)).or_default() += 1;
    }
    twins
}

fn words_of(text: &str) -> Vec<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Share of a short block's words that are in the title.
fn in_title(text: &str, title: &[String]) -> f32 {
    if title.is_empty() || text.len() > 300 {
        return 0.0;
    }
    let words = words_of(text);
    words.iter().filter(|word| title.contains(word)).count() as f32 / words.len().max(1) as f32
}
