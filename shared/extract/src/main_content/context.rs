//! Features for the second model: the first model's probabilities for a block, for its neighbours, for the elements
//! around it, and for blocks of the same structure.

use std::collections::HashMap;

use super::best;
use super::features::Features;
use super::page::Page;

/// Number of features in addition to those of the first model.
const WIDTH: usize = 36;
/// Neighbours before and after that are described one by one.
const NEIGHBOURS: usize = 3;
/// The value for a missing block.
const NOTHING: f32 = -9.0;
/// Ranges of blocks, relative to the current one, that are described as a whole.
const STRETCHES: [(isize, isize); 7] = [
    (-2, 2),
    (-6, 6),
    (-15, 15),
    (-10, -1),
    (1, 10),
    (-30, -1),
    (1, 30),
];
/// Largest distance to a kept block.
const FAR: usize = 60;
/// Number of surrounding elements that are described; each contains the previous one.
const AROUND: usize = 4;
const MAX_AROUND: usize = 64;
/// The smallest elements with these shares of the probable content are described.
const CORES: [f32; 3] = [0.5, 0.8, 0.95];
/// Weight of blocks without words.
const LEAST_WORDS: f32 = 0.5;

/// Words of some blocks, and the expected number that are content.
#[derive(Default, Clone, Copy)]
struct Sum {
    words: f32,
    likely: f32,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.words += other.words;
        self.likely += other.likely;
    }

    fn without(self, other: Self) -> Self {
        Self {
            words: self.words - other.words,
            likely: self.likely - other.likely,
        }
    }

    /// The share that is probably content; -1 if there are no words.
    fn share(self) -> f32 {
        if self.words > 1e-3 {
            self.likely / self.words
        } else {
            -1.0
        }
    }
}

/// The features of a page's blocks, given the first model's probabilities.
pub fn of(page: &Page<'_, '_>, first: &Features, likely: &[f32]) -> Features {
    let weights = first.weights.as_slice();
    let likely: Vec<f32> = likely
        .iter()
        .map(|one| one.clamp(1e-6, 1.0 - 1e-6))
        .collect();
    let sums: Vec<Sum> = likely
        .iter()
        .zip(weights)
        .map(|(likely, words)| {
            let words = words.max(LEAST_WORDS);
            Sum {
                words,
                likely: words * likely,
            }
        })
        .collect();
    let logits: Vec<f32> = likely.iter().map(|one| (one / (1.0 - one)).ln()).collect();
    let up_to = up_to(&sums);
    let kept = best(&likely, weights);
    let (before, after) = distances(&kept);
    let elements = Elements::new(page, &sums);
    let alike = alike(page, &sums);
    let total = up_to.last().copied().unwrap_or_default();
    let width = first.width + WIDTH;
    let mut values = Vec::with_capacity(sums.len() * width);
    for (place, own) in sums.iter().enumerate() {
        let row = place * first.width..(place + 1) * first.width;
        values.extend_from_slice(first.values.get(row).unwrap_or_default());
        values.push(logits[place]);
        values.extend(neighbours(&logits, place));
        values.extend(STRETCHES.map(|stretch| stretch_of(&up_to, *own, place, stretch)));
        values.extend([
            up_to[place].likely / total.likely,
            total.without(up_to[place + 1]).likely / total.likely,
            total.share(),
            total.likely.ln_1p(),
            f32::from(u8::from(kept[place])),
            before[place],
            after[place],
        ]);
        elements.around(page, page.blocks[place].scope, (*own, total), &mut values);
        elements.cores(page, page.blocks[place].scope, &mut values);
        let like = alike
            .get(&page.likeness(place))
            .copied()
            .unwrap_or_default();
        values.push(like.without(*own).share());
    }
    Features {
        values,
        width: if sums.is_empty() { 0 } else { width },
        weights: weights.to_vec(),
    }
}

/// Prefix sums: for each index the sum of all blocks before it, then the total.
fn up_to(sums: &[Sum]) -> Vec<Sum> {
    let mut total = Sum::default();
    let mut up_to = vec![total];
    for sum in sums {
        total.add(*sum);
        up_to.push(total);
    }
    up_to
}

fn neighbours(logits: &[f32], place: usize) -> impl Iterator<Item = f32> {
    let before = (1..=NEIGHBOURS)
        .rev()
        .map(move |step| place.checked_sub(step));
    let after = (1..=NEIGHBOURS).map(move |step| Some(place + step));
    before.chain(after).map(|at| {
        let logit = at.and_then(|at| logits.get(at));
        logit.copied().unwrap_or(NOTHING)
    })
}

/// The share of probable content in a range of blocks, without the block itself.
fn stretch_of(up_to: &[Sum], own: Sum, place: usize, (from, to): (isize, isize)) -> f32 {
    let last = up_to.len() - 1;
    let start = place.saturating_add_signed(from).min(last);
    let end = place.saturating_add_signed(to + 1).min(last);
    let mut sum = up_to[end].without(up_to[start]);
    if from <= 0 && to >= 0 {
        sum = sum.without(own);
    }
    sum.share()
}

/// Distances to the last kept block before and to the next one after.
fn distances(kept: &[bool]) -> (Vec<f32>, Vec<f32>) {
    fn since<'k>(kept: impl Iterator<Item = &'k bool>) -> Vec<f32> {
        let mut far = FAR;
        let distances = kept.map(|kept| {
            let distance = far.min(FAR) as f32;
            far = if *kept { 1 } else { far + 1 };
            distance
        });
        distances.collect()
    }
    let mut after = since(kept.iter().rev());
    after.reverse();
    (since(kept.iter()), after)
}

/// Content of the elements of a page.
struct Elements {
    wholes: Vec<Sum>,
    blocks: Vec<usize>,
    cores: [usize; CORES.len()],
}

impl Elements {
    fn new(page: &Page<'_, '_>, sums: &[Sum]) -> Self {
        let mut wholes = vec![Sum::default(); page.scopes.len()];
        let mut blocks = vec![0; page.scopes.len()];
        let mut total = 0.0;
        for (block, sum) in page.blocks.iter().zip(sums) {
            total += sum.likely;
            if let (Some(whole), Some(count)) =
                (wholes.get_mut(block.scope), blocks.get_mut(block.scope))
            {
                whole.add(*sum);
                *count += 1;
            }
        }
        for place in (1..page.scopes.len()).rev() {
            let parent = page.scopes[place].parent;
            if parent < place {
                let (whole, count) = (wholes[place], blocks[place]);
                wholes[parent].add(whole);
                blocks[parent] += count;
            }
        }
        let cores = CORES.map(|share| {
            let mut core = 0;
            for (place, whole) in wholes.iter().enumerate() {
                if whole.likely >= share * total && place < page.scopes[core].end {
                    core = place;
                }
            }
            core
        });
        Self {
            wholes,
            blocks,
            cores,
        }
    }

    /// The elements around a block that hold more than it, innermost first.
    fn around(
        &self,
        page: &Page<'_, '_>,
        scope: usize,
        (own, total): (Sum, Sum),
        values: &mut Vec<f32>,
    ) {
        let mut found = [[-1.0; 2]; AROUND];
        let (mut at, mut blocks, mut count) = (scope, 1, 0);
        for _ in 0..MAX_AROUND {
            let Some(more) = self.blocks.get(at).copied() else {
                break;
            };
            if more > blocks {
                blocks = more;
                let whole = self.wholes[at];
                found[count..].fill([whole.without(own).share(), whole.likely / total.likely]);
                count += 1;
            }
            let parent = page.scopes[at].parent;
            if parent == at || count == AROUND {
                break;
            }
            at = parent;
        }
        values.extend(found.as_flattened());
    }

    fn cores(&self, page: &Page<'_, '_>, scope: usize, values: &mut Vec<f32>) {
        for core in self.cores {
            let side = match page.scopes.get(core) {
                Some(around) if (core..around.end).contains(&scope) => 0.0,
                _ if scope < core => -1.0,
                _ => 1.0,
            };
            values.push(side);
            values.push(self.wholes.get(core).copied().unwrap_or_default().share());
        }
    }
}

/// Totals of blocks with the same structure.
fn alike(page: &Page<'_, '_>, sums: &[Sum]) -> HashMap<u64, Sum> {
    let mut alike: HashMap<u64, Sum> = HashMap::new();
    for (place, sum) in sums.iter().enumerate() {
        alike.entry(page.likeness(place)).or_default().add(*sum);
    }
    alike
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::html_text;

    #[test]
    fn blocks_know_how_likely_those_around_them_are() {
        let page = Html::parse_document("<p>a</p><main><p>b</p><p>c</p><div>d</div></main>");
        let blocks = html_text::blocks(&page, false);
        let likely = [0.1, 0.9, 0.8, 0.5];
        let first = Features {
            values: Vec::new(),
            width: 0,
            weights: vec![1.0; 4],
        };
        let context = of(&Page::new(&blocks), &first, &likely);
        assert_eq!((context.width, context.values.len()), (WIDTH, 4 * WIDTH));
        let last = &context.values[3 * WIDTH..];
        // Its own probability is even; nothing follows; the two before have .85, all before .6.
        assert_eq!((last[0], last[4], last[5]), (0.0, NOTHING, NOTHING));
        assert!((last[7] - 0.85).abs() < 1e-5 && (last[12] - 0.6).abs() < 1e-5);
        // The main part holds .85 without it, and 2.2 of the page's 2.3 words.
        let around = &last[21..23];
        assert!((around[0] - 0.85).abs() < 1e-5 && (around[1] - 2.2 / 2.3).abs() < 1e-5);
    }
}
