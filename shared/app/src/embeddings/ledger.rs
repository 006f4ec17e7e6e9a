//! Entries of the ledger.

use dynrag_domain::spending::Payer;
use dynrag_llm::{Call, Price};
use dynrag_store::ledger::{ProviderCall, Purpose};
use uuid::Uuid;

/// Returns the ledger entries for requests to a model for the same texts, each text given with its purpose and token
/// count. A request has an entry for each run of texts with the same purpose: the tokens that the provider reported are
/// divided in proportion to the texts' counts, without a remainder, and prices are per token.
pub fn ledger(
    model: &str,
    (paid_by, price): (Payer, Price),
    texts: impl IntoIterator<Item = (Purpose, u64)>,
    calls: Vec<Call>,
) -> Vec<ProviderCall> {
    // Purpose, number of texts, and cumulative tokens.
    let mut shares: Vec<(Purpose, u32, u64)> = Vec::new();
    let mut counted = 0;
    for (purpose, tokens) in texts {
        counted += tokens;
        match shares.last_mut() {
            Some((last, inputs, until)) if *last == purpose => {
                *inputs += 1;
                *until = counted;
            }
            _ => shares.push((purpose, 1, counted)),
        }
    }
    let mut lines = Vec::new();
    for call in calls {
        let call_id = Uuid::new_v4();
        let mut given = 0;
        for (number, &(purpose, inputs, until)) in shares.iter().enumerate() {
            let upto = if number + 1 == shares.len() {
                call.prompt_tokens
            } else {
                share(call.prompt_tokens, until, counted)
            };
            let tokens = upto - given;
            given = upto;
            lines.push(ProviderCall {
                call_id,
                purpose,
                model: model.to_owned(),
                attempt: call.attempt,
                inputs,
                outcome: call.outcome,
                tokens,
                cached_tokens: 0,
                output_tokens: 0,
                price_version: price.version(),
                cost: price.cost(tokens),
                paid_by,
            });
        }
    }
    lines
}

/// Returns `all * part / whole`, rounded down.
fn share(all: u64, part: u64, whole: u64) -> u64 {
    let share = u128::from(all) * u128::from(part) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use dynrag_domain::{DocumentId, VersionNumber};

    use super::*;

    const SMALL: &str = "text-embedding-3-small";

    fn terms(model: &str) -> (Payer, Price) {
        (Payer::Platform, Price::listed(model))
    }

    fn call(prompt_tokens: u64) -> Call {
        Call {
            attempt: 1,
            inputs: 0,
            outcome: "ok",
            prompt_tokens,
        }
    }

    #[test]
    fn shares_of_a_request_add_up_to_its_tokens() {
        let purposes: Vec<Purpose> = (0..7)
            .map(|_| Purpose::Embedding(DocumentId::generate(), VersionNumber::FIRST))
            .collect();
        let texts = || {
            (0..100)
                .zip(0..)
                .map(|(text, tokens): (usize, u64)| (purposes[text / 15], tokens % 11))
        };
        for reported in [0, 1, 6, 7, 499, 1_000_003] {
            let lines = ledger(SMALL, terms(SMALL), texts(), vec![call(reported)]);
            assert_eq!(lines.len(), 7);
            assert_eq!(lines.iter().map(|line| line.tokens).sum::<u64>(), reported);
            assert_eq!(lines.iter().map(|line| line.inputs).sum::<u32>(), 100);
            assert!(lines.iter().all(|line| line.call_id == lines[0].call_id));
            let cost: i64 = lines.iter().map(|line| line.cost.nanos()).sum();
            assert_eq!(cost, Price::listed(SMALL).cost(reported).nanos());
        }
    }

    #[test]
    fn no_tokens_are_lost_for_zero_counts_or_a_single_purpose() {
        let lines = ledger(
            "m",
            terms("m"),
            [(Purpose::Query, 0)],
            vec![call(5), call(9)],
        );
        assert_eq!(lines.iter().map(|line| line.tokens).sum::<u64>(), 14);
        assert_ne!(lines[0].call_id, lines[1].call_id);
        let two = [
            (
                Purpose::Embedding(DocumentId::generate(), VersionNumber::FIRST),
                0,
            ),
            (Purpose::Query, 0),
        ];
        let lines = ledger("m", terms("m"), two, vec![call(5)]);
        assert_eq!(lines.iter().map(|line| line.tokens).sum::<u64>(), 5);
    }
}
