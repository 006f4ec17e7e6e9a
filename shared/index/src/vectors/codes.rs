//! Codes of one bit a component that estimate distances without bias: RaBitQ (Gao and Long, arXiv 2405.12497).
//!
//! A code is the signs of a vector's rotated difference from its cluster's centroid. With it are stored that difference's
//! length and the factor that takes the product of the signs with a query to the product of the difference with it.

use half::f16;

use super::kernel::{self, PLANES, Planes, dot, subtract};
use crate::{error::Corrupt, wire};

/// Standard deviations of the estimate by which a bound is away from it. The paper's is 1.9; recall does not need more
/// than this, and each tenth is rows that are read in vain.
const BOUND: f32 = 1.5;

/// Bytes of a row in a list.
pub(crate) fn width(padded: usize) -> usize {
    padded / 8 + 4
}

/// Bytes of a list of `rows`.
pub(crate) fn list_length(rows: usize, padded: usize) -> usize {
    rows * width(padded) + wire::CHECKSUM
}

/// Encodes the rows of a cluster.
pub(crate) struct Encoder {
    codes: Vec<u8>,
    lengths: Vec<u8>,
    factors: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            codes: Vec::new(),
            lengths: Vec::new(),
            factors: Vec::new(),
        }
    }

    /// Adds a rotated vector, which is overwritten.
    pub(crate) fn push(&mut self, vector: &mut [f32], centroid: &[f32]) {
        subtract(vector, centroid);
        let length = dot(vector, vector).sqrt();
        let sum: f32 = vector.iter().map(|value| value.abs()).sum();
        // The code as a vector of length 1 has components ±1/√n; its product with the difference is the sum by √n.
        let product = sum / (vector.len() as f32).sqrt();
        let factor = if product > 0.0 {
            length * length / product
        } else {
            0.0
        };
        let (words, _) = vector.as_chunks::<8>();
        self.codes.extend(words.iter().map(|eight| {
            let bits = eight.iter().enumerate();
            bits.fold(0u8, |byte, (bit, value)| {
                byte | u8::from(*value >= 0.0) << bit
            })
        }));
        self.lengths.extend(f16::from_f32(length).to_le_bytes());
        self.factors.extend(f16::from_f32(factor).to_le_bytes());
    }

    /// Writes the list of the rows pushed since the last call.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        for part in [&mut self.codes, &mut self.lengths, &mut self.factors] {
            out.append(part);
        }
        wire::seal(out, start);
    }
}

/// The estimate of a cosine, and how far off it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) cosine: f32,
    pub(crate) error: f32,
}

/// Estimates the cosines of a query with the rows of a list.
///
/// `query` is rotated, `distance` its squared distance from the centroid. Both vectors have length 1, so that the cosine
/// is 1 − d²/2.
pub(crate) fn estimate(
    query: &[f32],
    centroid: &[f32],
    list: &[u8],
    rows: usize,
) -> Result<Vec<Estimate>, Corrupt> {
    const SHORT: Corrupt = Corrupt::Damaged("a list has another length");
    let list = wire::unseal(list)?;
    let (codes, factors) = list.split_at_checked(rows * query.len() / 8).ok_or(SHORT)?;
    let (lengths, factors) = factors.split_at_checked(rows * 2).ok_or(SHORT)?;
    let ((lengths, _), (factors, _)) = (lengths.as_chunks::<2>(), factors.as_chunks::<2>());
    if factors.len() != rows {
        return Err(SHORT);
    }
    let mut difference = query.to_vec();
    subtract(&mut difference, centroid);
    let distance = dot(&difference, &difference);
    let (planes, lowest, step, total) = quantise(&difference);
    let mut scanned = Vec::with_capacity(rows);
    kernel::scan(&planes, codes, &mut scanned);
    let scale = 1.0 / (query.len() as f32).sqrt();
    let spread = BOUND * distance.sqrt() / ((query.len() - 1) as f32).sqrt();
    let estimates = scanned.iter().zip(lengths).zip(factors);
    Ok(estimates
        .map(|(((ones, sum), length), factor)| {
            let (length, factor) = (f16::from_le_bytes(*length), f16::from_le_bytes(*factor));
            let (length, factor) = (length.to_f32(), factor.to_f32());
            // Twice the sum over the ones less the sum over all is the product with ±1.
            let signs = 2.0 * (lowest * *ones as f32 + step * *sum as f32) - total;
            let product = factor * scale * signs;
            let squared = distance + length * length - 2.0 * product;
            // The factor is the length by the cosine of code and difference, of which this is the tangent.
            let tangent = (factor * factor - length * length).max(0.0).sqrt();
            Estimate {
                cosine: 1.0 - squared / 2.0,
                error: spread * tangent,
            }
        })
        .collect())
}

/// A vector in steps from its lowest number: bits of the steps, lowest, step, and the sum of what the steps stand for.
fn quantise(vector: &[f32]) -> (Planes, f32, f32, f32) {
    let lowest = vector.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = vector.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let most = ((1u32 << PLANES) - 1) as f32;
    let step = ((highest - lowest) / most).max(f32::MIN_POSITIVE);
    let mut total = 0.0;
    let planes = vector
        .chunks(64)
        .map(|word| {
            let mut planes = [0u64; PLANES];
            for (bit, value) in word.iter().enumerate() {
                // Between 0 and 15 by construction; a conversion of what is not a number is 0.
                let steps = ((value - lowest) / step).round().min(most) as u64;
                total += lowest + step * steps as f32;
                for (place, plane) in planes.iter_mut().enumerate() {
                    *plane |= (steps >> place & 1) << bit;
                }
            }
            planes
        })
        .collect();
    (planes, lowest, step, total)
}

#[cfg(test)]
mod tests {
    use super::{super::rotation::Rotation, *};
    use crate::vectors::rotation::Random;

    fn unit(random: &mut Random, dimension: usize) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..dimension)
            .map(|_| {
                (0..4)
                    .map(|_| random.below(1000) as f32 / 500.0 - 1.0)
                    .sum()
            })
            .collect();
        let length = dot(&vector, &vector).sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
        vector
    }

    #[test]
    fn estimates_are_unbiased_and_mostly_within_their_bounds() {
        let mut random = Random(3);
        let rotation = Rotation::new(768, 5);
        let centre = unit(&mut random, 768);
        let mut near = |share: f32| {
            let mut vector = unit(&mut random, 768);
            for (value, centre) in vector.iter_mut().zip(&centre) {
                *value = *value * (1.0 - share) + centre * share;
            }
            let length = dot(&vector, &vector).sqrt();
            vector.iter_mut().for_each(|value| *value /= length);
            let mut turned = Vec::new();
            rotation.rotate(&vector, &mut turned);
            turned
        };
        let query = near(0.5);
        let rows: Vec<_> = (0..500).map(|_| near(0.4)).collect();
        let mut centroid = Vec::new();
        rotation.rotate(&centre, &mut centroid);
        let mut encoder = Encoder::new();
        for row in &rows {
            encoder.push(&mut row.clone(), &centroid);
        }
        let mut list = Vec::new();
        encoder.finish(&mut list);
        assert_eq!(list.len(), list_length(500, 768));
        let estimates = estimate(&query, &centroid, &list, 500).unwrap();
        let (mut bias, mut within) = (0.0, 0);
        for (row, found) in rows.iter().zip(&estimates) {
            let off = found.cosine - dot(row, &query);
            bias += off / 500.0;
            within += usize::from(off.abs() <= found.error);
        }
        assert!(bias.abs() < 0.003, "{bias}");
        assert!(within > 400, "{within}");
    }

    #[test]
    fn a_row_at_its_centroid_has_its_distance() {
        let centroid = vec![0.125; 64];
        let mut encoder = Encoder::new();
        encoder.push(&mut centroid.clone(), &centroid);
        let mut list = Vec::new();
        encoder.finish(&mut list);
        let found = estimate(&centroid, &centroid, &list, 1).unwrap()[0];
        assert_eq!((found.cosine, found.error), (1.0, 0.0));
    }
}
