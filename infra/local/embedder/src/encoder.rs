//! The BERT encoder: token ids in, one vector for each text out.

use crate::{
    kernel::{BLOCK, Level, Matrix, Rounded, for_each_level},
    math::{exp, gelu, reduce},
};

/// Numbers of an attention head, in every model of this family.
const HEAD: usize = 32;
/// Tokens of which scores are computed together: four vectors of 512 bits.
const SPAN: usize = 64;

/// The vectors of the vocabulary.
pub enum Words {
    /// 32-bit floats, one vector after the other.
    Floats(Vec<f32>),
    /// Blocks of 32 numbers with a scale.
    Blocks(Vec<(f32, [i8; BLOCK])>),
}

impl Words {
    /// Writes the vector of a word.
    fn read(&self, id: u32, vector: &mut [f32]) {
        let (id, length) = (id as usize, vector.len());
        match self {
            Self::Floats(all) => vector.copy_from_slice(&all[id * length..][..length]),
            Self::Blocks(all) => {
                let blocks = &all[id * (length / BLOCK)..];
                for (numbers, (scale, block)) in
                    vector.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks)
                {
                    *numbers = block.map(|weight| f32::from(weight) * scale);
                }
            }
        }
    }
}

/// Factor and offset of a layer normalisation.
pub struct Norm {
    /// Factors.
    pub weight: Vec<f32>,
    /// Offsets.
    pub bias: Vec<f32>,
}

/// One layer of the encoder.
pub struct Layer {
    /// Queries, keys and values, one after the other.
    pub attention: Matrix,
    /// What follows attention.
    pub output: Matrix,
    /// The normalisation after it.
    pub output_norm: Norm,
    /// Into the wide layer.
    pub wide: Matrix,
    /// Back from it.
    pub narrow: Matrix,
    /// The normalisation after it.
    pub narrow_norm: Norm,
}

/// The encoder of a model.
pub struct Encoder {
    /// Vectors of the vocabulary.
    pub words: Words,
    /// Vectors of the positions, with that of the only token type added.
    pub positions: Vec<f32>,
    /// The normalisation of their sum.
    pub norm: Norm,
    /// The layers.
    pub layers: Vec<Layer>,
    /// What keeps a normalisation from dividing by zero.
    pub epsilon: f32,
    /// The processor's instructions.
    pub level: Level,
}

impl Encoder {
    /// Embeds texts, given as token ids: the mean of each text's last layer, at length 1.
    ///
    /// The texts are multiplied together, without padding; each attends to itself alone. Memory is about
    /// 24 kB a token.
    pub fn embed(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let width = self.norm.weight.len();
        let tokens: usize = texts.iter().map(|text| text.len()).sum();
        let mut x = vec![0.0; tokens * width];
        let ids = texts.iter().flat_map(|text| text.iter().enumerate());
        for ((place, id), x) in ids.zip(x.chunks_exact_mut(width)) {
            self.words.read(*id, x);
            let position = &self.positions[place * width..][..width];
            x.iter_mut()
                .zip(position)
                .for_each(|(x, position)| *x += position);
        }
        self.normalise(&mut x, None, &self.norm);
        let mut scratch = Scratch::default();
        for layer in &self.layers {
            self.layer(layer, texts, &mut x, &mut scratch);
        }
        let mut left = x.as_slice();
        texts
            .iter()
            .map(|text| {
                let (own, rest) = left.split_at(text.len() * width);
                left = rest;
                mean(own, width)
            })
            .collect()
    }

    fn layer(&self, layer: &Layer, texts: &[&[u32]], x: &mut [f32], scratch: &mut Scratch) {
        let Scratch {
            rounded,
            wide,
            narrow,
        } = scratch;
        let width = self.norm.weight.len();
        let tokens = x.len() / width;
        let mut multiply = |matrix: &Matrix, input: &[f32], output: &mut Vec<f32>| {
            rounded.set(self.level, input);
            output.resize(tokens * matrix.rows(), 0.0);
            matrix.multiply(self.level, rounded, output);
        };
        multiply(&layer.attention, x, wide);
        narrow.resize(tokens * width, 0.0);
        let (mut qkv, mut out) = (wide.as_slice(), narrow.as_mut_slice());
        for text in texts {
            let (own, rest) = qkv.split_at(text.len() * 3 * width);
            let (own_out, rest_out) = out.split_at_mut(text.len() * width);
            (qkv, out) = (rest, rest_out);
            attend(self.level, own, width, own_out);
        }
        multiply(&layer.output, narrow, wide);
        self.normalise(x, Some(wide), &layer.output_norm);
        multiply(&layer.wide, x, wide);
        activate(self.level, wide);
        multiply(&layer.narrow, wide, narrow);
        self.normalise(x, Some(narrow), &layer.narrow_norm);
    }

    /// Adds to `x` and normalises each token.
    fn normalise(&self, x: &mut [f32], add: Option<&[f32]>, norm: &Norm) {
        if let Some(add) = add {
            x.iter_mut().zip(add).for_each(|(x, add)| *x += add);
        }
        normalise(self.level, x, norm, self.epsilon);
    }
}

/// Memory that one layer leaves to the next.
#[derive(Default)]
struct Scratch {
    rounded: Rounded,
    wide: Vec<f32>,
    narrow: Vec<f32>,
}

for_each_level! {
    fn activate(values: &mut [f32]) {
        for value in values {
            *value = gelu(*value);
        }
    }
}

for_each_level! {
    fn normalise(values: &mut [f32], norm: &Norm, epsilon: f32) {
        let count = norm.weight.len() as f32;
        for token in values.chunks_exact_mut(norm.weight.len()) {
            let mean = reduce(token, 0.0, |x| x, |sum, x| sum + x) / count;
            token.iter_mut().for_each(|x| *x -= mean);
            let variance = reduce(token, 0.0, |x| x * x, |sum, x| sum + x) / count;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((x, weight), bias) in token.iter_mut().zip(&norm.weight).zip(&norm.bias) {
                *x = (*x * factor).mul_add(*weight, *bias);
            }
        }
    }
}

for_each_level! {
    /// Attention of one text's tokens to each other. `qkv` holds queries, keys and values of a token, one
    /// after the other.
    fn attend(qkv: &[f32], width: usize, output: &mut [f32]) {
        let tokens = output.len() / width;
        let scale = 1.0 / (HEAD as f32).sqrt();
        // By dimension within a span of tokens, so that scores of neighbours are computed together.
        let mut keys = vec![[[0f32; SPAN]; HEAD]; tokens.div_ceil(SPAN)];
        let mut values = vec![[0f32; HEAD]; tokens];
        let mut spans = vec![[0f32; SPAN]; keys.len()];
        for head in (0..width).step_by(HEAD) {
            for (token, qkv) in qkv.chunks_exact(3 * width).enumerate() {
                let span = &mut keys[token / SPAN];
                for (keys, key) in span.iter_mut().zip(&qkv[width + head..][..HEAD]) {
                    keys[token % SPAN] = key * scale;
                }
                values[token].copy_from_slice(&qkv[2 * width + head..][..HEAD]);
            }
            let outputs = output.chunks_exact_mut(width);
            for (qkv, output) in qkv.chunks_exact(3 * width).zip(outputs) {
                for (scores, keys) in spans.iter_mut().zip(&keys) {
                    let mut sums = [0f32; SPAN];
                    for (keys, query) in keys.iter().zip(&qkv[head..][..HEAD]) {
                        for (sum, key) in sums.iter_mut().zip(keys) {
                            *sum = key.mul_add(*query, *sum);
                        }
                    }
                    *scores = sums;
                }
                let scores = &mut spans.as_flattened_mut()[..tokens];
                let most = reduce(scores, f32::MIN, |x| x, |most, x| if x > most { x } else { most });
                for score in scores.iter_mut() {
                    *score = exp(*score - most);
                }
                let inverse = 1.0 / reduce(scores, 0.0, |x| x, |sum, x| sum + x);
                let mean = weighted_sum(scores, &values).map(|sum| sum * inverse);
                output[head..][..HEAD].copy_from_slice(&mean);
            }
        }
    }
}

/// Adds up vectors, each times its weight: in two sums, so that one's additions do not wait for the other's.
#[inline(always)]
fn weighted_sum(weights: &[f32], vectors: &[[f32; HEAD]]) -> [f32; HEAD] {
    let (mut even, mut odd) = ([0f32; HEAD], [0f32; HEAD]);
    let (weights, last_weight) = weights.as_chunks::<2>();
    let (vectors, last_vector) = vectors.as_chunks::<2>();
    for (weights, vectors) in weights.iter().zip(vectors) {
        for dimension in 0..HEAD {
            even[dimension] = vectors[0][dimension].mul_add(weights[0], even[dimension]);
        }
        for dimension in 0..HEAD {
            odd[dimension] = vectors[1][dimension].mul_add(weights[1], odd[dimension]);
        }
    }
    for (weight, vector) in last_weight.iter().zip(last_vector) {
        for dimension in 0..HEAD {
            even[dimension] = vector[dimension].mul_add(*weight, even[dimension]);
        }
    }
    std::array::from_fn(|dimension| even[dimension] + odd[dimension])
}

/// The mean of some tokens' vectors, at length 1.
fn mean(tokens: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for token in tokens.chunks_exact(width) {
        mean.iter_mut().zip(token).for_each(|(mean, x)| *mean += x);
    }
    let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
    mean.iter_mut().for_each(|x| *x /= length);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 64;
    const WIDE: usize = 96;

    /// A linear layer as it is stored, and as it was.
    struct Linear {
        matrix: Matrix,
        bias: Vec<f32>,
        weights: Vec<f32>,
    }

    impl Linear {
        fn new(rows: usize, columns: usize, seed: usize) -> Self {
            let bias = wave(rows, seed);
            let weights: Vec<f32> = wave(rows * columns, seed + 1)
                .iter()
                .map(|x| x * 0.2)
                .collect();
            let blocks: Vec<_> = weights.as_chunks().0.iter().map(Matrix::round).collect();
            let matrix = Matrix::new(&bias, &blocks).unwrap();
            Self {
                matrix,
                bias,
                weights,
            }
        }

        fn apply(&self, x: &[f32]) -> Vec<f32> {
            let rows = self.weights.chunks_exact(x.len()).zip(&self.bias);
            rows.map(|(row, bias)| dot(row, x) + bias).collect()
        }
    }

    fn wave(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|n| ((n * n + 7 * seed) as f32).sin())
            .collect()
    }

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn norm(seed: usize) -> Norm {
        let weight = wave(WIDTH, seed).iter().map(|x| 1.0 + 0.1 * x).collect();
        Norm {
            weight,
            bias: wave(WIDTH, seed + 1),
        }
    }

    fn normalised(x: &[f32], norm: &Norm) -> Vec<f32> {
        let mean = x.iter().sum::<f32>() / WIDTH as f32;
        let centred: Vec<f32> = x.iter().map(|x| x - mean).collect();
        let deviation = (dot(&centred, &centred) / WIDTH as f32).sqrt();
        let factors = norm.weight.iter().zip(&norm.bias);
        let scaled = centred.iter().zip(factors);
        scaled
            .map(|(x, (weight, bias))| x / deviation * weight + bias)
            .collect()
    }

    fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| a + b).collect()
    }

    #[test]
    fn a_text_is_embedded_as_the_formulas_say() {
        let (words, positions) = (wave(9 * WIDTH, 1), wave(80 * WIDTH, 2));
        let [attention, output, wide, narrow] = [
            Linear::new(3 * WIDTH, WIDTH, 3),
            Linear::new(WIDTH, WIDTH, 4),
            Linear::new(WIDE, WIDTH, 5),
            Linear::new(WIDTH, WIDE, 6),
        ];
        let norms = [norm(7), norm(8), norm(9)];
        let plain = |text: &Vec<u32>| {
            let x: Vec<Vec<f32>> = text
                .iter()
                .enumerate()
                .map(|(place, id)| {
                    let word = &words[*id as usize * WIDTH..][..WIDTH];
                    normalised(&sum(word, &positions[place * WIDTH..][..WIDTH]), &norms[0])
                })
                .collect();
            let qkv: Vec<Vec<f32>> = x.iter().map(|x| attention.apply(x)).collect();
            let mut mean = vec![0.0; WIDTH];
            for (x, own) in x.iter().zip(&qkv) {
                let mut seen = Vec::new();
                for head in (0..WIDTH).step_by(HEAD) {
                    let part =
                        |qkv: &Vec<f32>, kind: usize| qkv[kind * WIDTH + head..][..HEAD].to_vec();
                    let score = |other| dot(&part(own, 0), &part(other, 1)) / (HEAD as f32).sqrt();
                    let weights: Vec<f32> = qkv.iter().map(|other| score(other).exp()).collect();
                    let total: f32 = weights.iter().sum();
                    seen.extend((0..HEAD).map(|d| {
                        let weighted = qkv
                            .iter()
                            .zip(&weights)
                            .map(|(other, w)| part(other, 2)[d] * w);
                        weighted.sum::<f32>() / total
                    }));
                }
                let x = normalised(&sum(x, &output.apply(&seen)), &norms[1]);
                let inner: Vec<f32> = wide.apply(&x).into_iter().map(gelu).collect();
                mean = sum(
                    &mean,
                    &normalised(&sum(&x, &narrow.apply(&inner)), &norms[2]),
                );
            }
            let length = dot(&mean, &mean).sqrt();
            mean.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        // One that is alone, one that fills a span of attention and more, one of an odd length.
        let texts: [Vec<u32>; 3] = [vec![3], (0..70).map(|n| n % 9).collect(), vec![8, 0, 5]];
        let expected: Vec<Vec<f32>> = texts.iter().map(plain).collect();
        let [norm, output_norm, narrow_norm] = [norm(7), norm(8), norm(9)];
        let encoder = Encoder {
            words: Words::Floats(words),
            positions,
            norm,
            layers: vec![Layer {
                attention: attention.matrix,
                output: output.matrix,
                output_norm,
                wide: wide.matrix,
                narrow: narrow.matrix,
                narrow_norm,
            }],
            epsilon: 1e-12,
            level: Level::detect(),
        };
        let found = encoder.embed(&texts.each_ref().map(Vec::as_slice));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((dot(found, found) - 1.0).abs() < 1e-5);
            let cosine = dot(found, expected);
            assert!(cosine > 0.999, "{cosine}");
        }
        assert!(
            dot(&expected[0], &expected[2]) < 0.99,
            "the texts are too much alike"
        );
    }

    #[test]
    fn words_are_read_from_blocks() {
        let block = |scale, weight| (scale, [weight; BLOCK]);
        let words = Words::Blocks(vec![
            block(1.0, 1),
            block(1.0, 2),
            block(0.5, 3),
            block(2.0, -4),
        ]);
        let mut vector = [0.0; 2 * BLOCK];
        words.read(1, &mut vector);
        assert_eq!(
            (vector[0], vector[BLOCK - 1], vector[BLOCK]),
            (1.5, 1.5, -8.0)
        );
    }
}
