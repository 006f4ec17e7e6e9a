//! The provider's prices, where known.

use dynrag_domain::money::Usd;

/// Version of this price list; stored with each cost calculated from it.
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

/// Cost of tokens of an embedding model; `None` for a model that is not in the price list.
pub fn listed_embedding_cost(model: &str, tokens: u64) -> Option<Usd> {
    let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
    let nanos = nanos_per_token(model)?;
    Some(Usd::from_nanos(tokens.saturating_mul(nanos)))
}

/// Models that the platform's key may be used for, with their prices. A model without a known price is
/// not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformModels(Vec<(String, Option<Price>)>);

impl PlatformModels {
    /// Reads a list such as `text-embedding-3-small,local-model=0`: the price after `=` is in dollars
    /// per million tokens, exact to a thousandth of a dollar, and takes precedence over the price list.
    ///
    /// # Errors
    /// A sentence that names the entry.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let model = |entry: &str| {
            let Some((name, million)) = entry.split_once('=') else {
                return Ok((entry.to_owned(), Price::in_list(entry)));
            };
            let million: Usd = million.parse().map_err(|e| format!("{entry}: {e}"))?;
            if million.nanos() % 1_000_000 != 0 {
                return Err(format!("{entry}: at most three decimals"));
            }
            let price = Price {
                nanos_per_token: million.nanos() / 1_000_000,
                version: "platform",
            };
            Ok((name.to_owned(), Some(price)))
        };
        entries.map(model).collect::<Result<_, _>>().map(Self)
    }

    /// The price of a model. `None`: it is not listed, or has no price.
    pub fn price(&self, model: &str) -> Option<Price> {
        let listed = self.0.iter().find(|(name, _)| name == model);
        listed.and_then(|(_, price)| *price)
    }

    /// The names of the allowed models.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let priced = self.0.iter().filter(|(_, price)| price.is_some());
        priced.map(|(name, _)| name.as_str())
    }
}

/// Price of a customer's calls of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    nanos_per_token: i64,
    version: &'static str,
}

impl Price {
    fn in_list(model: &str) -> Option<Self> {
        nanos_per_token(model).map(|nanos_per_token| Self {
            nanos_per_token,
            version: PRICE_VERSION,
        })
    }

    /// The list price of a model used with a customer's own key. An unlisted model costs nothing.
    pub fn listed(model: &str) -> Self {
        Self::in_list(model).unwrap_or(Self {
            nanos_per_token: 0,
            version: PRICE_VERSION,
        })
    }

    /// Version of the price list; stored with each cost.
    pub const fn version(self) -> &'static str {
        self.version
    }

    /// Cost of a number of tokens.
    pub fn cost(self, tokens: u64) -> Usd {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        Usd::from_nanos(tokens.saturating_mul(self.nanos_per_token))
    }
}

#[cfg(test)]
mod tests {
    use super::{PlatformModels, Price, listed_embedding_cost};

    #[test]
    fn a_million_tokens_cost_what_the_list_says() {
        let cost = |model| Price::listed(model).cost(1_000_000).to_string();
        assert_eq!(cost("text-embedding-3-small"), "0.02");
        assert_eq!(cost("text-embedding-3-large"), "0.13");
        assert_eq!(cost("text-embedding-ada-002"), "0.1");
        assert_eq!(cost("a-model-of-ones-own"), "0");
        assert_eq!(listed_embedding_cost("a-model-of-ones-own", 1), None);
    }

    #[test]
    fn the_platform_pays_for_listed_models_with_a_price_alone() {
        let list = "text-embedding-3-small, text-embedding-3-large=0.2 ,local=0,unknown,";
        let models = PlatformModels::parse(list).unwrap();
        for (model, million) in [
            ("text-embedding-3-small", "0.02"),
            ("text-embedding-3-large", "0.2"),
            ("local", "0"),
        ] {
            let cost = models.price(model).unwrap().cost(1_000_000);
            assert_eq!(cost.to_string(), million, "{model}");
        }
        for refused in ["unknown", "text-embedding-ada-002", "", "Local"] {
            assert_eq!(models.price(refused), None, "{refused}");
        }
        let names: Vec<&str> = models.names().collect();
        assert_eq!(
            names,
            ["text-embedding-3-small", "text-embedding-3-large", "local"]
        );
        for bad in ["m=", "m=-1", "m=free", "m=0.0001"] {
            let error = PlatformModels::parse(bad).unwrap_err();
            assert!(error.starts_with(bad), "{error}");
        }
    }
}
