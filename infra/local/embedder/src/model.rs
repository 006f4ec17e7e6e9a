//! A model: a tokenizer and an encoder. Text in, unit vectors out.

use std::{
    borrow::Cow,
    fs,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, anyhow, ensure};
use sha2::{Digest, Sha256};
use tokenizers::{Tokenizer, TruncationParams};

use crate::{encoder::Encoder, worker::Embed};

/// Length of every vector, in both models.
pub const DIMENSIONS: usize = 384;

/// Tokens that are multiplied together: enough that weights are loaded seldom, few enough that what lies
/// between two layers stays in the cache, and that two threads end at about the same time.
const PASS_TOKENS: usize = 256;

/// Prepares a text for a tokenizer.
pub type Normalise = Box<dyn Fn(&str) -> String + Send>;

/// A loaded model.
pub struct Model {
    normalise: Option<Normalise>,
    tokenizer: Tokenizer,
    encoder: Encoder,
    threads: usize,
}

impl Model {
    /// Combines a tokenizer, which adds the special tokens, and an encoder, which reads `max_tokens`; the
    /// rest of a text is cut off. `normalise` does what the tokenizer cannot.
    ///
    /// # Errors
    /// The tokenizer refuses the limit.
    pub fn new(
        normalise: Option<Normalise>,
        mut tokenizer: Tokenizer,
        max_tokens: usize,
        encoder: Encoder,
        threads: usize,
    ) -> anyhow::Result<Self> {
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: max_tokens,
                ..TruncationParams::default()
            }))
            .map_err(|error| anyhow!("truncation: {error}"))?;
        tokenizer.with_padding(None);
        Ok(Self {
            normalise,
            tokenizer,
            encoder,
            threads,
        })
    }

    /// Embeds a text of which the first numbers of the vector are known.
    ///
    /// # Errors
    /// They are others: the weights were read wrongly, or this processor computes something else.
    pub fn check(&self, text: &str, expected: &[f32]) -> anyhow::Result<()> {
        let embedded = self.embed(&[text.to_owned()])?;
        let (found, _) = embedded.first().context("no vector")?;
        let far = found
            .iter()
            .zip(expected)
            .any(|(x, y)| (x - y).abs() > 0.005);
        ensure!(
            !far,
            "{text:?} is {:?}, not {expected:?}",
            &found[..expected.len()]
        );
        Ok(())
    }
}

impl Embed for Model {
    fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<(Vec<f32>, u32)>> {
        let inputs: Vec<Cow<'_, str>> = texts
            .iter()
            .map(|text| match &self.normalise {
                Some(normalise) => normalise(text).into(),
                None => text.into(),
            })
            .collect();
        let encodings = self
            .tokenizer
            .encode_batch_fast(inputs, true)
            .map_err(|error| anyhow!("tokenizer: {error}"))?;
        let ids: Vec<&[u32]> = encodings.iter().map(|text| text.get_ids()).collect();
        let encoder = &self.encoder;
        let vectors = embed_passes(&passes(&ids), self.threads, |texts| encoder.embed(texts));
        vectors
            .into_iter()
            .zip(ids)
            .map(|(vector, ids)| Ok((vector, u32::try_from(ids.len())?)))
            .collect()
    }
}

/// Cuts texts into passes of at most [`PASS_TOKENS`], or of one text.
fn passes<'a, 'b>(texts: &'a [&'b [u32]]) -> Vec<&'a [&'b [u32]]> {
    let mut passes = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        if i > start && tokens + text.len() > PASS_TOKENS {
            passes.push(&texts[start..i]);
            (start, tokens) = (i, 0);
        }
        tokens += text.len();
    }
    if start < texts.len() {
        passes.push(&texts[start..]);
    }
    passes
}

/// Embeds passes, each by the next thread that is free, and returns the vectors in order.
fn embed_passes<'a>(
    passes: &[&[&'a [u32]]],
    threads: usize,
    embed: impl Fn(&[&'a [u32]]) -> Vec<Vec<f32>> + Sync,
) -> Vec<Vec<f32>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![Vec::new(); passes.len()]);
    let work = || {
        while let Some((number, pass)) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            passes.get(number).map(|pass| (number, pass))
        } {
            let vectors = embed(pass);
            done.lock().unwrap_or_else(PoisonError::into_inner)[number] = vectors;
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(passes.len()) {
            scope.spawn(work);
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().flatten().collect()
}

/// Reads a file of a model, after checking that it is the one expected.
///
/// # Errors
/// A file that is missing, or another one.
pub fn read_checked(path: &Path, sha256: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = read(path)?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let name = path.display();
    ensure!(
        hash == sha256,
        "{name} has SHA-256 {hash}, expected {sha256}"
    );
    Ok(bytes)
}

/// Reads a file of a model.
///
/// # Errors
/// A file that is missing.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_hold_every_text_once_and_stay_small() {
        let texts: Vec<Vec<u32>> = (0..500u32)
            .map(|i| vec![i; 2 + i as usize * 37 % 511])
            .collect();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let cut = passes(&texts);
        assert_eq!(cut.concat(), texts);
        for pass in &cut {
            let tokens: usize = pass.iter().map(|text| text.len()).sum();
            assert!(tokens <= PASS_TOKENS || pass.len() == 1);
        }
        assert!(passes(&[]).is_empty());
        for threads in [1, 2, 600] {
            let firsts = embed_passes(&cut, threads, |texts| {
                texts.iter().map(|text| vec![text[0] as f32]).collect()
            });
            assert!(firsts.into_iter().flatten().eq((0..500).map(|i| i as f32)));
        }
    }

    #[test]
    fn another_file_is_refused() {
        let path = std::env::temp_dir().join(format!("dynrag-embedder-{}", std::process::id()));
        fs::write(&path, b"other").unwrap();
        let error = read_checked(&path, "00").unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(error.contains("SHA-256"), "{error}");
        assert!(read_checked(&path, "00").is_err());
    }
}
