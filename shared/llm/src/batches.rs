//! Splits texts into requests and embeds them one request after the other.

use std::ops::Range;

use tokio::time::Instant;

use crate::{
    client::{Call, Client},
    error::EmbedError,
    inputs::InputType,
    provider::Provider,
};

/// Limits of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchLimits {
    /// Texts of a request.
    pub inputs: usize,
    /// Tokens of a request, over all texts.
    pub tokens: u64,
    /// Tokens of a text.
    pub input_tokens: u64,
}

impl BatchLimits {
    /// OpenAI's limits: 2,048 texts, 300,000 tokens, 8,192 tokens per text.
    pub const OPENAI: Self = Self {
        inputs: 2_048,
        tokens: 300_000,
        input_tokens: 8_192,
    };
}

impl Default for BatchLimits {
    /// 128 texts and 100,000 tokens. A batch is the most that a crash between its answer and its
    /// staging pays for twice, and that a request repeats after a timeout. 128 chunks of 1,000
    /// characters are about 30,000 tokens and an answer of 1 MB at 1,536 dimensions; larger batches
    /// save only round trips.
    fn default() -> Self {
        Self {
            inputs: 128,
            tokens: 100_000,
            input_tokens: 8_192,
        }
    }
}

/// Cuts texts with these token counts into requests: every text once, in order, none over a limit.
///
/// # Errors
/// [`EmbedError::TextTooLong`] naming the first text that no request may hold.
pub fn plan_batches(
    token_counts: &[u64],
    limits: BatchLimits,
) -> Result<Vec<Range<usize>>, EmbedError> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut sum = 0;
    for (index, &tokens) in token_counts.iter().enumerate() {
        if tokens > limits.input_tokens.min(limits.tokens) {
            return Err(EmbedError::TextTooLong { index, tokens });
        }
        match batches.last_mut() {
            Some(batch)
                if batch.len() < limits.inputs && tokens <= limits.tokens.saturating_sub(sum) =>
            {
                batch.end += 1;
                sum += tokens;
            }
            _ => {
                batches.push(index..index + 1);
                sum = tokens;
            }
        }
    }
    Ok(batches)
}

/// Vectors of some texts in a row.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// Range of the texts.
    pub range: Range<usize>,
    /// Their vectors, in order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens the provider charges for them.
    pub prompt_tokens: u64,
}

/// Passages being embedded by a provider. Call [`Batches::next`] and stage the result before calling it
/// again; after a crash, start with the texts that are not staged.
///
/// Only one request at a time: a second concurrent one could reach the provider after the first was
/// answered with `Retry-After`.
#[must_use]
pub struct Batches<'a, S> {
    client: &'a Client,
    provider: &'a Provider,
    texts: &'a [S],
    ranges: std::vec::IntoIter<Range<usize>>,
    calls: Vec<Call>,
}

impl<'a, S: AsRef<str>> Batches<'a, S> {
    /// Plans the requests, given how many tokens each text has ([`count_tokens`](crate::count_tokens)), the
    /// [prefix](InputType::prefix_tokens) of a passage included.
    ///
    /// # Errors
    /// [`EmbedError::TextTooLong`]; nothing is sent then.
    pub fn new(
        client: &'a Client,
        provider: &'a Provider,
        texts: &'a [S],
        tokens: &[u64],
        limits: BatchLimits,
    ) -> Result<Self, EmbedError> {
        Ok(Self {
            client,
            provider,
            texts,
            ranges: plan_batches(tokens, limits)?.into_iter(),
            calls: Vec::new(),
        })
    }

    /// Remaining requests.
    pub fn remaining(&self) -> usize {
        self.ranges.len()
    }

    /// The texts of the next request.
    pub fn upcoming(&self) -> Option<Range<usize>> {
        self.ranges.as_slice().first().cloned()
    }

    /// Embeds the next batch; `None` when all are done. After an error the batch stays the next.
    ///
    /// # Errors
    /// See [`Client::embed`].
    pub async fn next(&mut self, deadline: Instant) -> Result<Option<Batch>, EmbedError> {
        let Some(range) = self.upcoming() else {
            return Ok(None);
        };
        let texts = &self.texts[range.clone()];
        let embedded = self
            .client
            .embed_noting(
                self.provider,
                InputType::Passage,
                texts,
                deadline,
                &mut self.calls,
            )
            .await?;
        self.ranges.next();
        Ok(Some(Batch {
            range,
            vectors: embedded.vectors,
            prompt_tokens: embedded.prompt_tokens,
        }))
    }

    /// The requests that were made since this was asked last.
    pub fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_one_batch_within_the_limits() {
        let limits = BatchLimits {
            inputs: 3,
            tokens: 10,
            input_tokens: 8,
        };
        assert!(plan_batches(&[], limits).unwrap().is_empty());
        assert_eq!(plan_batches(&[1, 1, 1, 1], limits).unwrap(), [0..3, 3..4]);
        assert_eq!(
            plan_batches(&[8, 2, 1, 8, 8], limits).unwrap(),
            [0..2, 2..4, 4..5]
        );
        assert_eq!(
            plan_batches(&[1, 9], limits).unwrap_err(),
            EmbedError::TextTooLong {
                index: 1,
                tokens: 9
            }
        );
    }

    #[test]
    fn the_defaults_are_within_what_openai_takes() {
        let (ours, theirs) = (BatchLimits::default(), BatchLimits::OPENAI);
        assert!(ours.inputs <= theirs.inputs && ours.tokens <= theirs.tokens);
        assert!(ours.input_tokens <= theirs.input_tokens);
        let counts: Vec<u64> = (0..5_000).map(|i| 1 + i * 7_919 % 8_192).collect();
        let mut next = 0;
        for batch in plan_batches(&counts, ours).unwrap() {
            assert_eq!(batch.start, next);
            assert!(batch.len() <= ours.inputs);
            assert!(counts[batch.clone()].iter().sum::<u64>() <= ours.tokens);
            next = batch.end;
        }
        assert_eq!(next, counts.len());
    }
}
