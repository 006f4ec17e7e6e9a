//! A random rotation that costs n log n: signs, Hadamard transforms and Kac's walk, as in the RaBitQ library.
//!
//! Codes keep only signs, so a vector's length must be spread over all its components. For that, four rounds flip signs at
//! random, transform the first or the last power of two of the components, and turn each pair of the two halves.

use std::f32::consts::FRAC_1_SQRT_2;

use super::kernel::hadamard;

const ROUNDS: usize = 4;

/// A rotation of vectors.
#[derive(Debug)]
pub(crate) struct Rotation {
    padded: usize,
    signs: Vec<f32>,
}

/// A generator of numbers that are the same everywhere: splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, 0 if that is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }
}

/// Components of a rotated vector: whole words of 64 bits.
pub(crate) fn padded(dimension: usize) -> usize {
    dimension.next_multiple_of(64).max(64)
}

impl Rotation {
    pub(crate) fn new(dimension: usize, seed: u64) -> Self {
        let padded = padded(dimension);
        let mut random = Random(seed);
        let signs = (0..ROUNDS * padded)
            .map(|_| if random.next() & 1 == 0 { 1.0 } else { -1.0 })
            .collect();
        Self { padded, signs }
    }

    /// Turns a vector; lengths and angles stay. `to` becomes [`padded`] long.
    pub(crate) fn rotate(&self, vector: &[f32], to: &mut Vec<f32>) {
        to.clear();
        to.extend_from_slice(vector);
        to.resize(self.padded, 0.0);
        let whole = 1usize << self.padded.ilog2();
        let scale = 1.0 / (whole as f32).sqrt();
        for (round, signs) in self.signs.chunks_exact(self.padded).enumerate() {
            for (value, sign) in to.iter_mut().zip(signs) {
                *value *= sign;
            }
            let start = if round % 2 == 0 {
                0
            } else {
                self.padded - whole
            };
            let Some(part) = to.get_mut(start..start + whole) else {
                continue;
            };
            hadamard(part);
            for value in part {
                *value *= scale;
            }
            if whole < self.padded {
                let (low, high) = to.split_at_mut(self.padded / 2);
                for (low, high) in low.iter_mut().zip(high) {
                    (*low, *high) = (
                        (*low + *high) * FRAC_1_SQRT_2,
                        (*low - *high) * FRAC_1_SQRT_2,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::kernel::dot, *};

    #[test]
    fn angles_stay_and_one_component_spreads_over_all() {
        for dimension in [1, 3, 64, 384, 1000, 1536] {
            let rotation = Rotation::new(dimension, 7);
            let (mut a, mut b) = (vec![0.0; dimension], vec![0.5; dimension]);
            a[dimension / 2] = 1.0;
            b[0] = -2.0;
            let (mut turned_a, mut turned_b) = (Vec::new(), Vec::new());
            rotation.rotate(&a, &mut turned_a);
            rotation.rotate(&b, &mut turned_b);
            assert_eq!(turned_a.len() % 64, 0);
            assert!((dot(&turned_a, &turned_a) - 1.0).abs() < 1e-4);
            assert!((dot(&turned_a, &turned_b) - dot(&a, &b)).abs() < 1e-3);
            let largest = turned_a
                .iter()
                .fold(0f32, |most, value| most.max(value.abs()));
            assert!(
                largest < 7.0 / (turned_a.len() as f32).sqrt(),
                "{dimension}: {largest}"
            );
        }
    }
}
