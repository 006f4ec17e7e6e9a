//! The product of a layer's weights and its inputs, in 8-bit integers.
//!
//! Weights and inputs are cut into blocks of 32 with a scale each, as in llama.cpp's Q4_0 and Q8_0: the sum
//! of a block is exact in integers, and scales are applied once a block. Weights are stored without a sign,
//! 64 being zero, and have at most seven bits, so that AVX2 cannot saturate where it adds two products
//! in 16 bits.

mod level;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use level::Level;
pub(crate) use level::for_each_level;

/// Numbers with a scale of their own.
pub const BLOCK: usize = 32;
/// The byte of a weight that is zero.
const ZERO: u8 = 64;
/// The largest weight before its scale.
const LARGEST: f32 = 63.0;
/// Rows of weights that are multiplied at once: the 32-bit lanes of a vector of 512 bits.
const ROWS: usize = 16;
/// Groups of four numbers in a block: a lane adds four products at once.
const FOURS: usize = BLOCK / 4;

/// Four columns of 16 rows.
type Weights = [[u8; 4]; ROWS];

/// A linear layer: weights in blocks, and a bias.
pub struct Matrix {
    /// Blocks of a row.
    blocks: usize,
    /// By group of 16 rows and block.
    weights: Vec<[Weights; FOURS]>,
    /// By group of 16 rows and block: the scale of each row.
    scales: Vec<[f32; ROWS]>,
    /// By group of 16 rows.
    bias: Vec<[f32; ROWS]>,
}

impl Matrix {
    /// Arranges blocks, given row by row, each with its scale and its weights from -63 to 63.
    ///
    /// `None`: the number of rows (of the bias) is no multiple of 16, or the blocks are no whole rows.
    pub fn new(bias: &[f32], blocks: &[(f32, [i8; BLOCK])]) -> Option<Self> {
        let (bias, []) = bias.as_chunks::<ROWS>() else {
            return None;
        };
        let rows = bias.len() * ROWS;
        let in_row = blocks.len().checked_div(rows)?;
        if in_row == 0 || blocks.len() != rows * in_row {
            return None;
        }
        let mut matrix = Self {
            blocks: in_row,
            weights: vec![[[[0; 4]; ROWS]; FOURS]; bias.len() * in_row],
            scales: vec![[0.0; ROWS]; bias.len() * in_row],
            bias: bias.to_vec(),
        };
        for (row, blocks) in blocks.chunks_exact(in_row).enumerate() {
            for (column, (scale, block)) in blocks.iter().enumerate() {
                let place = row / ROWS * in_row + column;
                matrix.scales[place][row % ROWS] = *scale;
                let fours = block.as_chunks::<4>().0;
                for (group, four) in matrix.weights[place].iter_mut().zip(fours) {
                    group[row % ROWS] = four.map(|weight| ZERO.wrapping_add_signed(weight));
                }
            }
        }
        Some(matrix)
    }

    /// Rounds a block of 32-bit floats to weights of seven bits.
    pub fn round(block: &[f32; BLOCK]) -> (f32, [i8; BLOCK]) {
        round_block(block, LARGEST)
    }

    /// Numbers of an output.
    pub fn rows(&self) -> usize {
        self.bias.len() * ROWS
    }

    /// Multiplies each input and adds the bias; `output` holds [`rows`](Self::rows) numbers for each.
    pub fn multiply(&self, level: Level, input: &Rounded, output: &mut [f32]) {
        match level {
            // SAFETY: the processor has the features, or `Level::detect` would not have found them.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::multiply_avx512(self, input, output) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::multiply_avx2(self, input, output) },
            Level::Plain => self.multiply_plain(input, output),
        }
    }

    fn multiply_plain(&self, input: &Rounded, output: &mut [f32]) {
        for (token, output) in output.chunks_exact_mut(self.rows()).enumerate() {
            for (group, output) in output.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
                *output = self.bias[group];
                for block in 0..self.blocks {
                    let place = group * self.blocks + block;
                    let values = &input.blocks[token * self.blocks + block];
                    let mut sums = [values.start; ROWS];
                    for (weights, four) in self.weights[place].iter().zip(values.fours) {
                        let four = four.to_le_bytes().map(u8::cast_signed).map(i32::from);
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            for (weight, value) in weights.iter().zip(four) {
                                *sum += i32::from(*weight) * value;
                            }
                        }
                    }
                    for row in 0..ROWS {
                        output[row] += sums[row] as f32 * (self.scales[place][row] * values.scale);
                    }
                }
            }
        }
    }
}

/// The inputs of a layer, rounded to 8 bits.
#[derive(Default)]
pub struct Rounded {
    /// By input and block.
    blocks: Vec<Block>,
}

#[derive(Clone, Copy)]
struct Block {
    /// Four signed bytes each.
    fours: [i32; FOURS],
    scale: f32,
    /// Where a sum starts, so that [`ZERO`] counts as zero.
    start: i32,
}

impl Rounded {
    /// Rounds inputs that are stored one after the other, each of whole blocks.
    pub fn set(&mut self, level: Level, values: &[f32]) {
        let values = values.as_chunks::<BLOCK>().0;
        self.blocks.clear();
        self.blocks.reserve(values.len());
        round_all(level, values, &mut self.blocks);
    }
}

for_each_level! {
    fn round_all(values: &[[f32; BLOCK]], blocks: &mut Vec<Block>) {
        for values in values {
            let (scale, bytes) = round_block(values, 127.0);
            let sum: i32 = bytes.iter().map(|byte| i32::from(*byte)).sum();
            let mut fours = [0; FOURS];
            for (four, bytes) in fours.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *four = i32::from_le_bytes(bytes.map(i8::cast_unsigned));
            }
            blocks.push(Block { fours, scale, start: -i32::from(ZERO) * sum });
        }
    }
}

/// A scale, and integers up to `largest`, of which the products with it are nearest to the block's numbers.
#[inline(always)]
fn round_block(block: &[f32; BLOCK], largest: f32) -> (f32, [i8; BLOCK]) {
    // Adding it leaves the nearest integer in the low bits of a 32-bit float.
    const SHIFT: f32 = 12_582_912.0;
    let mut most = [0f32; 8];
    for eight in block.as_chunks::<8>().0 {
        for (most, value) in most.iter_mut().zip(eight) {
            *most = if value.abs() > *most {
                value.abs()
            } else {
                *most
            };
        }
    }
    let most = most.into_iter().fold(0f32, f32::max);
    let inverse = if most > 0.0 { largest / most } else { 0.0 };
    let mut bytes = [0; BLOCK];
    for (byte, value) in bytes.iter_mut().zip(block) {
        let [low, ..] = (value * inverse + SHIFT).to_bits().to_le_bytes();
        *byte = low.cast_signed();
    }
    (most / largest, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 that repeat late.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(next).collect()
    }

    fn blocks(weights: &[f32]) -> Vec<(f32, [i8; BLOCK])> {
        weights.as_chunks().0.iter().map(Matrix::round).collect()
    }

    /// The levels that this processor has.
    fn levels() -> Vec<Level> {
        match Level::detect() {
            Level::Avx512 => vec![Level::Plain, Level::Avx2, Level::Avx512],
            Level::Avx2 => vec![Level::Plain, Level::Avx2],
            Level::Plain => vec![Level::Plain],
        }
    }

    #[test]
    fn every_level_multiplies_any_number_of_inputs() {
        let (rows, columns) = (48, 96);
        let (weights, bias) = (numbers(rows * columns, 1), numbers(rows, 2));
        let matrix = Matrix::new(&bias, &blocks(&weights)).unwrap();
        for tokens in [1, 2, 3, 8, 15] {
            let input = numbers(tokens * columns, 3);
            let exact: Vec<f32> = (0..tokens * rows)
                .map(|i| {
                    let input = &input[i / rows * columns..][..columns];
                    let row = &weights[i % rows * columns..][..columns];
                    let sum: f32 = input.iter().zip(row).map(|(x, y)| x * y).sum();
                    sum + bias[i % rows]
                })
                .collect();
            let product = |level| {
                let mut rounded = Rounded::default();
                rounded.set(level, &input);
                let mut output = vec![0.0; tokens * rows];
                matrix.multiply(level, &rounded, &mut output);
                output
            };
            let plain = product(Level::Plain);
            for (found, exact) in plain.iter().zip(&exact) {
                assert!((found - exact).abs() < 0.1, "{found} for {exact}");
            }
            for level in levels() {
                for (found, plain) in product(level).iter().zip(&plain) {
                    assert!(
                        (found - plain).abs() < 1e-4,
                        "{level:?}: {found} for {plain}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_saturate() {
        for (weight, value) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
            let matrix = Matrix::new(&[0.0; 16], &blocks(&[weight; 16 * BLOCK])).unwrap();
            for level in levels() {
                let mut rounded = Rounded::default();
                rounded.set(level, &[value; BLOCK]);
                let mut output = [0.0; 16];
                matrix.multiply(level, &rounded, &mut output);
                for found in output {
                    assert!(
                        (found - 32.0 * weight * value).abs() < 1e-3,
                        "{level:?}: {found}"
                    );
                }
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let (scale, bytes) = round_block(&[0.0; BLOCK], 127.0);
        assert_eq!((scale, bytes), (0.0, [0; BLOCK]));
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let block = (1.0, [0; BLOCK]);
        assert!(Matrix::new(&[0.0; 16], &vec![block; 32]).is_some());
        assert!(Matrix::new(&[0.0; 16], &vec![block; 31]).is_none());
        assert!(Matrix::new(&[0.0; 16], &[]).is_none());
        assert!(Matrix::new(&[0.0; 15], &vec![block; 15]).is_none());
        assert!(Matrix::new(&[], &[]).is_none());
    }
}
