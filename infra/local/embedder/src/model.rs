//! all-MiniLM-L6-v2 with candle: text in, unit vectors out.

use std::{fs, path::Path};

use anyhow::{Context, anyhow, ensure};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use sha2::{Digest, Sha256};
use tokenizers::{Tokenizer, TruncationParams};

use crate::worker::Embed;

/// Length of every vector.
pub const DIMENSIONS: usize = 384;
/// Tokens read of a text, its two special ones included; the rest is cut off. It is the length the
/// model's authors state (the shipped tokenizer.json says 128, which is its training's).
pub const MAX_TOKENS: usize = 256;
/// SHA-256 of model.safetensors.
pub const SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";

/// Tokens of one forward pass, padding included: eight texts of full length. It bounds memory
/// (attention alone is 12 × length² floats a text and layer).
const PASS_TOKENS: usize = 2_048;

/// The model and its tokenizer.
pub struct MiniLm {
    model: BertModel,
    tokenizer: Tokenizer,
    device: Device,
}

impl MiniLm {
    /// Loads the model from a directory, after checking that it is the one expected.
    ///
    /// # Errors
    /// A file that is missing, or another model.
    pub fn load(dir: &Path) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let weights = read("model.safetensors")?;
        let hash = hex::encode(Sha256::digest(&weights));
        ensure!(
            hash == SHA256,
            "model.safetensors has SHA-256 {hash}, expected {SHA256}"
        );
        let config: Config =
            serde_json::from_slice(&read("config.json")?).context("config.json")?;
        let mut tokenizer = Tokenizer::from_bytes(read("tokenizer.json")?)
            .map_err(|error| anyhow!("tokenizer.json: {error}"))?;
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: MAX_TOKENS,
                ..TruncationParams::default()
            }))
            .map_err(|error| anyhow!("truncation: {error}"))?;
        // Padding is done per pass, to the longest text of that pass.
        tokenizer.with_padding(None);
        let device = Device::Cpu;
        let variables = VarBuilder::from_slice_safetensors(&weights, DType::F32, &device)?;
        let model = BertModel::load(variables, &config)?;
        Ok(Self {
            model,
            tokenizer,
            device,
        })
    }

    /// Embeds texts of similar length, padding the shorter ones.
    fn pass(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let mut ids = vec![0u32; texts.len() * longest];
        let mut mask = vec![0f32; texts.len() * longest];
        for (row, text) in texts.iter().enumerate() {
            let start = row * longest;
            ids[start..start + text.len()].copy_from_slice(text);
            mask[start..start + text.len()].fill(1.0);
        }
        let shape = (texts.len(), longest);
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let weights = mask.unsqueeze(2)?;
        let mean = hidden
            .broadcast_mul(&weights)?
            .sum(1)?
            .broadcast_div(&weights.sum(1)?)?;
        let length = mean.sqr()?.sum_keepdim(1)?.sqrt()?;
        mean.broadcast_div(&length)?.to_vec2()
    }
}

impl Embed for MiniLm {
    fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<(Vec<f32>, u32)>> {
        let inputs: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encodings = self
            .tokenizer
            .encode_batch_fast(inputs, true)
            .map_err(|error| anyhow!("tokenizer: {error}"))?;
        let lengths: Vec<usize> = encodings.iter().map(|text| text.len()).collect();
        let mut vectors = vec![Vec::new(); texts.len()];
        for members in passes(&lengths) {
            let ids: Vec<&[u32]> = members.iter().map(|&i| encodings[i].get_ids()).collect();
            for (&i, vector) in members.iter().zip(self.pass(&ids)?) {
                vectors[i] = vector;
            }
        }
        Ok(vectors
            .into_iter()
            .zip(lengths)
            .map(|(vector, length)| (vector, length as u32))
            .collect())
    }
}

/// Groups texts of similar length into passes of at most [`PASS_TOKENS`], so that little is padded.
fn passes(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| lengths[i]);
    let mut passes: Vec<Vec<usize>> = Vec::new();
    for i in order {
        match passes.last_mut() {
            // The order ascends, so this text's length is what all of the pass is padded to.
            Some(pass) if (pass.len() + 1) * lengths[i] <= PASS_TOKENS => pass.push(i),
            _ => passes.push(vec![i]),
        }
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_hold_every_text_once_and_stay_small() {
        let lengths: Vec<usize> = (0..500).map(|i| 2 + i * 37 % (MAX_TOKENS - 1)).collect();
        let passes = passes(&lengths);
        let mut seen: Vec<usize> = passes.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        let mut padded = 0;
        for pass in &passes {
            let longest = pass.iter().map(|&i| lengths[i]).max().unwrap();
            assert!(longest * pass.len() <= PASS_TOKENS);
            padded += longest * pass.len();
        }
        let real: usize = lengths.iter().sum();
        assert!(padded * 100 <= real * 110, "{padded} for {real}");
        assert!(super::passes(&[]).is_empty());
    }

    #[test]
    fn another_model_is_refused() {
        let dir = std::env::temp_dir().join(format!("dynrag-embedder-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("model.safetensors"), b"other").unwrap();
        let error = MiniLm::load(&dir).err().unwrap().to_string();
        fs::remove_dir_all(&dir).unwrap();
        assert!(error.contains("SHA-256"), "{error}");
    }
}
