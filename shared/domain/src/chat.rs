//! Chat models: which provider serves them, and what they cost.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use crate::{Error, money::Usd};

/// The model that answers without any provider: it quotes the best sentences that were found.
pub const EXTRACTIVE: &str = "extractive";
/// Most models of a provider, and most models in the order of a customer.
pub const MAX_MODELS: usize = 50;
/// Longest name of a model, in characters.
pub const MAX_MODEL: usize = 200;
/// Longest name of a provider.
const MAX_PROVIDER: usize = 40;
/// Tokens of a million.
const MILLION: i128 = 1_000_000;

/// The name of a provider, as the deployment lists it: lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
pub struct ProviderName(String);

impl ProviderName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = (1..=MAX_PROVIDER).contains(&text.len())
            && text.chars().all(plain)
            && !text.starts_with('-');
        match is_name {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::not_found("provider")),
        }
    }
}

impl<'de> Deserialize<'de> for ProviderName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("lower-case letters, digits and hyphens"))
    }
}

/// A model of a provider, `openai/gpt-4.1-mini`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ChatModelName {
    /// The provider.
    pub provider: ProviderName,
    /// The model's name, as the provider spells it.
    pub model: String,
}

impl PartialSchema for ChatModelName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[a-z0-9][a-z0-9-]{0,39}/\\S{1,200}$"))
            .into()
    }
}

impl ToSchema for ChatModelName {}

impl fmt::Display for ChatModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl FromStr for ChatModelName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::field("", "a provider, / and a model, such as openai/gpt-4.1-mini");
        let (provider, model) = text.split_once('/').ok_or_else(bad)?;
        if !is_model(model) {
            return Err(bad());
        }
        Ok(Self {
            provider: provider.parse().map_err(|_| bad())?,
            model: model.to_owned(),
        })
    }
}

impl Serialize for ChatModelName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChatModelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("a provider, / and a model, such as openai/gpt-4.1-mini"))
    }
}

/// Whether a text can name a model.
pub fn is_model(name: &str) -> bool {
    (1..=MAX_MODEL).contains(&name.chars().count())
        && !name.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// A chat model with its context and prices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChatModel {
    /// Its name, as the provider spells it.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Tokens of a request and its answer together.
    #[serde(default = "default_context")]
    #[schema(default = 32_768, minimum = 1_024, maximum = 10_000_000)]
    pub context_tokens: u32,
    /// What a million tokens of requests cost.
    #[serde(default)]
    pub usd_per_million_input_tokens: Usd,
    /// What a million tokens of requests cost that the provider had cached; by default as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_million_cached_tokens: Option<Usd>,
    /// What a million tokens of answers cost.
    #[serde(default)]
    pub usd_per_million_output_tokens: Usd,
}

fn default_context() -> u32 {
    32_768
}

/// Tokens of a call, as the provider reported them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChatTokens {
    /// Tokens of the request, the cached ones included.
    pub input: u64,
    /// Tokens of the request that the provider had cached.
    pub cached: u64,
    /// Tokens of the answer.
    pub output: u64,
}

impl ChatTokens {
    /// All tokens.
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// A provider's count as far as it can be true: a request and its answer each fit a context of so many tokens.
    pub fn within(self, context_tokens: u32) -> Self {
        let most = u64::from(context_tokens);
        let input = self.input.min(most);
        Self {
            input,
            cached: self.cached.min(input),
            output: self.output.min(most),
        }
    }
}

impl ChatModel {
    /// What a call costs, rounded up to a billionth of a dollar.
    pub fn cost(&self, tokens: ChatTokens) -> Usd {
        let cached = tokens.cached.min(tokens.input);
        let price_cached = self
            .usd_per_million_cached_tokens
            .unwrap_or(self.usd_per_million_input_tokens);
        let part = |tokens: u64, price: Usd| i128::from(tokens) * i128::from(price.nanos());
        let nanos = part(tokens.input - cached, self.usd_per_million_input_tokens)
            + part(cached, price_cached)
            + part(tokens.output, self.usd_per_million_output_tokens);
        let nanos = (nanos + MILLION - 1) / MILLION;
        Usd::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_no_larger_than_the_context() {
        let told = ChatTokens {
            input: 10,
            cached: 11,
            output: u64::MAX,
        };
        let (input, cached, output) = (10, 10, 100);
        let within = ChatTokens {
            input,
            cached,
            output,
        };
        assert_eq!(told.within(100), within);
    }

    #[test]
    fn a_name_is_a_provider_and_a_model() {
        for good in [
            "openai/gpt-4.1-mini",
            "ollama/qwen3:8b",
            "groq/openai/gpt-oss-20b",
        ] {
            let name: ChatModelName = good.parse().unwrap();
            assert_eq!(name.to_string(), good);
        }
        let long = format!("openai/{}", "m".repeat(MAX_MODEL + 1));
        for bad in [
            "",
            "gpt",
            "/gpt",
            "openai/",
            "Open AI/m",
            "openai/a b",
            "-a/m",
            &long,
        ] {
            assert!(bad.parse::<ChatModelName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn cost_counts_cached_tokens_at_their_own_price_and_rounds_up() {
        let model = ChatModel {
            name: "m".to_owned(),
            context_tokens: 8_192,
            usd_per_million_input_tokens: "0.4".parse().unwrap(),
            usd_per_million_cached_tokens: Some("0.1".parse().unwrap()),
            usd_per_million_output_tokens: "1.6".parse().unwrap(),
        };
        let tokens = |input, cached, output| ChatTokens {
            input,
            cached,
            output,
        };
        for (tokens, cost) in [
            (tokens(1_000_000, 0, 0), "0.4"),
            (tokens(1_000_000, 1_000_000, 0), "0.1"),
            // More cached than sent is a mistake of the provider.
            (tokens(1_000_000, 9_000_000, 0), "0.1"),
            (tokens(1_000, 500, 100), "0.00041"),
            (tokens(0, 0, 0), "0"),
        ] {
            assert_eq!(model.cost(tokens).to_string(), cost, "{tokens:?}");
        }
        let cheap = ChatModel {
            usd_per_million_input_tokens: Usd::from_nanos(1),
            ..model
        };
        assert_eq!(cheap.cost(tokens(1, 0, 0)), Usd::from_nanos(1));
        assert_eq!(cheap.cost(tokens(u64::MAX, 0, u64::MAX)).nanos(), i64::MAX);
    }
}
