//! The providers that a deployment allows, and the models that its own key pays for.

use dynrag_domain::{
    chat::{ChatModel, ChatModelName, ProviderName},
    money::Usd,
};
use reqwest::Url;
use secrecy::SecretString;

use super::ChatProvider;

/// Base URLs of providers with an OpenAI-compatible endpoint, by the names that deployments list.
const KNOWN: [(&str, &str); 6] = [
    ("anthropic", "https://api.anthropic.com/v1"),
    ("deepseek", "https://api.deepseek.com/v1"),
    (
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    ("groq", "https://api.groq.com/openai/v1"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("openai", "https://api.openai.com/v1"),
];
/// The provider of these models: the deployment's own.
pub const PLATFORM: &str = "platform";
/// Context of a platform's model.
const CONTEXT: u32 = 128_000;

/// The providers that a deployment allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatProviders(Vec<(ProviderName, Url)>);

impl ChatProviders {
    /// Reads a list such as `openai,ollama=http://10.0.0.5:11434/v1`: a name, with `=` and its base URL unless it is a known
    /// one.
    ///
    /// # Errors
    /// A sentence that names the entry.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let provider = |entry: &str| {
            let (name, url) = match entry.split_once('=') {
                Some((name, url)) => (name, Some(url)),
                None => {
                    let known = KNOWN.iter().find(|(name, _)| *name == entry);
                    (entry, known.map(|(_, url)| *url))
                }
            };
            let url =
                url.ok_or_else(|| format!("{entry}: no base URL; write {entry}=https://..."))?;
            let url = Url::parse(url).map_err(|error| format!("{entry}: {error}"))?;
            let is_plain = matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none();
            if !is_plain {
                return Err(format!("{entry}: http(s)://host/path and nothing more"));
            }
            let name = name.parse().map_err(|_| {
                format!("{entry}: a name has lower-case letters, digits and hyphens")
            })?;
            Ok((name, url))
        };
        let providers: Vec<(ProviderName, Url)> =
            entries.map(provider).collect::<Result<_, _>>()?;
        for (place, (name, _)) in providers.iter().enumerate() {
            if providers
                .iter()
                .take(place)
                .any(|(before, _)| before == name)
            {
                return Err(format!("{name} is listed twice"));
            }
        }
        Ok(Self(providers))
    }

    /// A model of one of them, asked with a key; `None` for a provider that is not allowed.
    pub fn model(
        &self,
        name: &ChatModelName,
        api_key: Option<SecretString>,
    ) -> Option<ChatProvider> {
        let (_, url) = self
            .0
            .iter()
            .find(|(allowed, _)| *allowed == name.provider)?;
        Some(ChatProvider::new(url, api_key, &name.model))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &ProviderName> {
        self.0.iter().map(|(name, _)| name)
    }

    /// Whether a provider is allowed.
    pub fn allows(&self, provider: &ProviderName) -> bool {
        self.names().any(|name| name == provider)
    }
}

/// Chat models that the platform's key may be used for, with their prices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformChatModels(Vec<(ChatModelName, ChatModel)>);

impl PlatformChatModels {
    /// Reads a list such as `gpt-4.1-mini=0.4/0.1/1.6`: a model, and what a million tokens of requests, cached
    /// requests and answers cost in dollars.
    ///
    /// # Errors
    /// A sentence that names the entry.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let model = |entry: &str| {
            let bad =
                || format!("{entry}: model=input/cached/output, in dollars per million tokens");
            let (name, prices) = entry.rsplit_once('=').ok_or_else(bad)?;
            let name: ChatModelName = format!("{PLATFORM}/{name}").parse().map_err(|_| bad())?;
            let prices: Vec<Usd> = prices
                .split('/')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| bad())?;
            let [input, cached, output] = prices[..] else {
                return Err(bad());
            };
            let model = ChatModel {
                name: name.model.clone(),
                context_tokens: CONTEXT,
                usd_per_million_input_tokens: input,
                usd_per_million_cached_tokens: Some(cached),
                usd_per_million_output_tokens: output,
            };
            Ok((name, model))
        };
        entries.map(model).collect::<Result<_, _>>().map(Self)
    }

    /// A model that the platform pays for.
    pub fn get(&self, name: &ChatModelName) -> Option<&ChatModel> {
        let found = self.0.iter().find(|(listed, _)| listed == name);
        found.map(|(_, model)| model)
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &(ChatModelName, ChatModel)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_or_have_a_url() {
        let list = "openai, groq,ollama=http://127.0.0.1:11434/v1/,";
        let providers = ChatProviders::parse(list).unwrap();
        let names: Vec<&str> = providers.names().map(ProviderName::as_str).collect();
        assert_eq!(names, ["openai", "groq", "ollama"]);
        for (name, endpoint) in [
            ("openai/m", "https://api.openai.com/v1/chat/completions"),
            (
                "groq/a/b",
                "https://api.groq.com/openai/v1/chat/completions",
            ),
            ("ollama/m", "http://127.0.0.1:11434/v1/chat/completions"),
        ] {
            let model = providers.model(&name.parse().unwrap(), None).unwrap();
            assert_eq!(model.endpoint.as_str(), endpoint);
        }
        assert!(
            providers
                .model(&"mistral/m".parse().unwrap(), None)
                .is_none()
        );
        for bad in [
            "unknown",
            "Open=https://a.example/v1",
            "a=ftp://a.example",
            "a=https://u:p@a.example/v1",
            "a=https://a.example/?key=1",
            "a=",
            "openai,openai",
        ] {
            assert!(ChatProviders::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_platform_model_has_three_prices() {
        let models = PlatformChatModels::parse("gpt-4.1-mini=0.4/0.1/1.6,a/b=0/0/0").unwrap();
        let model = models
            .get(&"platform/gpt-4.1-mini".parse().unwrap())
            .unwrap();
        assert_eq!(model.usd_per_million_output_tokens.to_string(), "1.6");
        assert!(
            models
                .get(&"openai/gpt-4.1-mini".parse().unwrap())
                .is_none()
        );
        for bad in ["m", "m=1", "m=1/2", "=1/2/3", "m=a/b/c"] {
            assert!(PlatformChatModels::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_debug_output_shows_the_key() {
        let providers = ChatProviders::parse("openai").unwrap();
        let model = providers.model(&"openai/m".parse().unwrap(), Some("sk-canary".into()));
        let model = model.unwrap();
        let shown = format!("{model:?} {:?}", model.authorization());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
