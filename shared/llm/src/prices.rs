//! What the provider charges, where we know it.

use dynrag_domain::money::Usd;

/// Which list these prices are from; written beside what is reckoned by them.
pub const PRICE_VERSION: &str = "openai-2026-11";

/// Billionths of a dollar for a token of an embedding model: OpenAI's list of embeddings, 0.02, 0.13 and
/// 0.10 dollars a million tokens.
const fn nanos_per_token(model: &str) -> Option<i64> {
    match model.as_bytes() {
        b"text-embedding-3-small" => Some(20),
        b"text-embedding-3-large" => Some(130),
        b"text-embedding-ada-002" => Some(100),
        _ => None,
    }
}

/// What so many tokens of an embedding model cost; `None` for a model that has no price in the list.
pub fn listed_embedding_cost(model: &str, tokens: u64) -> Option<Usd> {
    let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
    let nanos = nanos_per_token(model)?;
    Some(Usd::from_nanos(tokens.saturating_mul(nanos)))
}

/// The same for ledger and budget. A model without a price, such as a local one, costs nothing.
pub fn embedding_cost(model: &str, tokens: u64) -> Usd {
    listed_embedding_cost(model, tokens).unwrap_or(Usd::from_nanos(0))
}

#[cfg(test)]
mod tests {
    use super::embedding_cost;

    #[test]
    fn a_million_tokens_cost_what_the_list_says() {
        let cost = |model| embedding_cost(model, 1_000_000).to_string();
        assert_eq!(cost("text-embedding-3-small"), "0.02");
        assert_eq!(cost("text-embedding-3-large"), "0.13");
        assert_eq!(cost("text-embedding-ada-002"), "0.1");
        assert_eq!(cost("a-model-of-ones-own"), "0");
        assert_eq!(super::listed_embedding_cost("a-model-of-ones-own", 1), None);
    }
}
