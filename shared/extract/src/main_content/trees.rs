//! Sums of small decision trees, as `bench/extract/train_main_content.py` writes them.
//!
//! All numbers are little-endian. First the number of trees (u32), then the trees, each: number of splits
//! (u32), the splits (feature u16, unused u16, the next splits i16 where the feature is at most the
//! threshold and where it is more, threshold f32), and the leaves (f32), of which there is one more than
//! splits. The next split `-1 - n` is leaf `n`.

use super::features::Features;

/// A split of a tree.
struct Split {
    feature: u16,
    next: [i16; 2],
    threshold: f32,
}

struct Tree {
    splits: Vec<Split>,
    leaves: Vec<f32>,
}

/// Trees whose values are added up.
pub struct Trees(Vec<Tree>);

impl Trees {
    /// Reads trees, and advances past them. `None` if the bytes are invalid.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let trees = u32::from_le_bytes(take(bytes)?);
        let trees = (0..trees).map(|_| {
            let splits = u32::from_le_bytes(take(bytes)?);
            let read = |_| {
                let feature = u16::from_le_bytes(take(bytes)?);
                let _unused: [u8; 2] = take(bytes)?;
                let next = [
                    i16::from_le_bytes(take(bytes)?),
                    i16::from_le_bytes(take(bytes)?),
                ];
                let threshold = f32::from_le_bytes(take(bytes)?);
                Some(Split {
                    feature,
                    next,
                    threshold,
                })
            };
            let splits_read = (0..splits).map(read).collect::<Option<Vec<_>>>()?;
            let leaves = (0..=splits).map(|_| Some(f32::from_le_bytes(take(bytes)?)));
            Some(Tree {
                splits: splits_read,
                leaves: leaves.collect::<Option<_>>()?,
            })
        });
        trees.collect::<Option<_>>().map(Self)
    }

    /// The probability for each row of features.
    pub fn likely(&self, features: &Features) -> Vec<f32> {
        let sums = self.sums(&features.values, features.width);
        sums.iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }

    /// The sums for rows of features of this width. Tree by tree, so that one tree stays cached for all
    /// rows.
    fn sums(&self, values: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; values.len() / width.max(1)];
        for tree in &self.0 {
            for (sum, row) in sums.iter_mut().zip(values.chunks_exact(width.max(1))) {
                *sum += tree.value(row);
            }
        }
        sums
    }
}

impl Tree {
    fn value(&self, row: &[f32]) -> f32 {
        let mut next: i16 = if self.splits.is_empty() { -1 } else { 0 };
        // As many steps as there are splits: a file that goes round in circles ends too.
        for _ in 0..=self.splits.len() {
            let Ok(place) = usize::try_from(next) else {
                let leaf = usize::from((-1 - next).unsigned_abs());
                return self.leaves.get(leaf).copied().unwrap_or(0.0);
            };
            let Some(split) = self.splits.get(place) else {
                break;
            };
            let value = row.get(usize::from(split.feature)).copied().unwrap_or(0.0);
            next = split.next[usize::from(value > split.threshold)];
        }
        0.0
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_add_up() {
        let mut file = 2u32.to_le_bytes().to_vec();
        // A tree with one split, on the second feature, and one with a single leaf.
        file.extend(1u32.to_le_bytes());
        file.extend([1, 0, 0, 0, 0xff, 0xff, 0xfe, 0xff]);
        for number in [0.5f32, 10.0, 20.0] {
            file.extend(number.to_le_bytes());
        }
        file.extend(0u32.to_le_bytes());
        file.extend(1.0f32.to_le_bytes());
        let trees = Trees::read(&mut file.as_slice()).unwrap();
        assert_eq!(trees.sums(&[9.0, 0.5, 9.0, 0.6], 2), [11.0, 21.0]);
        assert!(Trees::read(&mut &file[..file.len() - 1]).is_none());
    }
}
