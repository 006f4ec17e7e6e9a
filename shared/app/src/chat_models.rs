//! Access of each customer to chat models: those of its own providers, with its own keys, and those that the platform pays
//! for. Which models are asked, and in which order, is the customer's choice.

mod asking;

use dynrag_cloud::{Cloud, vault::Purpose};
use dynrag_config::ChatConfig;
use dynrag_domain::{
    CustomerId, Error, Result,
    chat::{ChatModel, ChatModelName, ChatTokens, ProviderName},
    money::Usd,
    spending::Payer,
};
use dynrag_llm::chat::{
    ChatClient, ChatProvider, ChatProviders, ChatRequest, PLATFORM, PlatformChatModels,
};
use dynrag_store::{
    admission::Admission,
    chat_providers::{ChatProviderRow, SealedKey},
    ledger::{self, ProviderCall},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{App, embeddings};

pub use asking::{Answered, Completed, Heard, Listener, asked, complete};

/// Price lists: what the customer or the operator said.
const CUSTOMER_PRICES: &str = "customer";
const PLATFORM_PRICES: &str = "platform";
/// Between a provider's name and its key in what is sealed: a key opens for the provider that it was given for.
const SEPARATOR: char = '\n';

/// The chat models of this deployment. Built once per process.
pub struct ChatModels {
    /// The client of all providers.
    pub client: ChatClient,
    pub(crate) providers: ChatProviders,
    pub(crate) platform: PlatformChatModels,
    /// The platform's endpoint and key, read at first use.
    endpoint: OnceCell<(ChatProviders, Option<SecretString>)>,
}

/// A customer's access to a model, and who pays.
#[derive(Clone, Debug)]
pub struct ChatAccess {
    /// The model's name, with its provider.
    pub name: ChatModelName,
    /// The model with the right key.
    pub provider: ChatProvider,
    /// Its context and prices.
    pub model: ChatModel,
    /// Whose key it is.
    pub paid_by: Payer,
}

impl ChatAccess {
    /// What a request can cost: as many tokens of an answer as it allows.
    pub fn most(&self, request: &ChatRequest) -> Usd {
        self.model.cost(ChatTokens {
            input: request.tokens(),
            cached: 0,
            output: request.max_tokens.into(),
        })
    }

    /// The ledger entry of a call.
    pub fn ledger(
        &self,
        purpose: ledger::Purpose,
        attempt: u32,
        outcome: &'static str,
        tokens: ChatTokens,
    ) -> ProviderCall {
        ProviderCall {
            call_id: Uuid::new_v4(),
            purpose,
            model: self.name.to_string(),
            attempt,
            inputs: 1,
            outcome,
            tokens: tokens.total(),
            cached_tokens: tokens.cached,
            output_tokens: tokens.output,
            price_version: match self.paid_by {
                Payer::Customer => CUSTOMER_PRICES,
                Payer::Platform => PLATFORM_PRICES,
            },
            cost: self.model.cost(tokens),
            paid_by: self.paid_by,
        }
    }
}

impl ChatModels {
    /// Reads the settings.
    ///
    /// # Errors
    /// `internal_error` if one is not valid.
    pub(crate) fn load() -> Result<Self> {
        let config = ChatConfig::from_env();

        let providers = ChatProviders::parse(&config.providers).map_err(Error::internal_fault)?;
        if providers.names().any(|name| name.as_str() == PLATFORM) {
            let fault = "CHAT_PROVIDERS: platform is the name of the deployment's own provider";
            return Err(Error::internal_fault(fault));
        }
        Ok(Self {
            client: ChatClient::new()?,
            providers,
            platform: PlatformChatModels::parse(&config.platform_models)
                .map_err(Error::internal_fault)?,
            endpoint: OnceCell::new(),
        })
    }

    /// The platform's model of a name.
    async fn of_platform(&self, cloud: &Cloud, name: &ChatModelName) -> Result<Option<ChatAccess>> {
        let Some(model) = self.platform.get(name) else {
            return Ok(None);
        };
        let endpoint = self.endpoint.get_or_try_init(async || {
            let (url, key) = embeddings::platform_endpoint(cloud).await?;
            let providers = ChatProviders::parse(&format!("{PLATFORM}={url}"));
            Ok::<_, Error>((providers.map_err(Error::internal_fault)?, key))
        });
        let (providers, key) = endpoint.await?;
        Ok(providers
            .model(name, key.clone())
            .map(|provider| ChatAccess {
                name: name.clone(),
                provider,
                model: model.clone(),
                paid_by: Payer::Platform,
            }))
    }

    /// Whether a name is one that the customer can ask for.
    pub(crate) fn knows(&self, rows: &[ChatProviderRow], name: &ChatModelName) -> bool {
        self.platform.get(name).is_some() || listed(rows, name).is_some()
    }
}

/// A model of a customer's own providers.
fn listed<'a>(
    rows: &'a [ChatProviderRow],
    name: &ChatModelName,
) -> Option<(&'a ChatProviderRow, &'a ChatModel)> {
    let row = rows.iter().find(|row| row.name == name.provider)?;
    let model = row.models.iter().find(|model| model.name == name.model)?;
    Some((row, model))
}

/// Returns the models to ask, the first that answers: the one that is wanted, or those of the configuration. A configured
/// model whose provider was deleted, or is not allowed any more, is left out.
///
/// # Errors
/// `invalid_fields`, at `/model`, for a model that the customer cannot ask for; `unavailable`; `internal_error` if a key
/// cannot be decrypted.
pub async fn access(
    app: &App,
    caller: &Admission,
    wanted: Option<&ChatModelName>,
) -> Result<Vec<ChatAccess>> {
    let configured = &caller.config.chat_models;
    if wanted.is_none() && configured.is_empty() {
        return Ok(Vec::new());
    }
    let models = app.chat_models().await?;
    let rows = caller.store().chat_providers(caller.tenant()).await?;
    let names = wanted.map_or(configured.as_slice(), std::slice::from_ref);
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        if let Some(access) = models.of_platform(app.cloud().await, name).await? {
            found.push(access);
            continue;
        }
        let Some((row, model)) = listed(&rows, name) else {
            continue;
        };
        let key = match &row.key {
            Some(sealed) => Some(open(app, caller.customer_id, &row.name, sealed).await?),
            None => None,
        };
        let Some(provider) = models.providers.model(name, key) else {
            tracing::warn!(customer_id = %caller.customer_id, provider = %name.provider, "a provider is not allowed any more");
            continue;
        };
        found.push(ChatAccess {
            name: name.clone(),
            provider,
            model: model.clone(),
            paid_by: Payer::Customer,
        });
    }
    match wanted {
        Some(name) if found.is_empty() => Err(unknown("/model", name)),
        _ => Ok(found),
    }
}

/// The error for a model that the customer cannot ask for.
pub(crate) fn unknown(pointer: &str, name: &ChatModelName) -> Error {
    let detail = format!(
        "{name} is not a model of yours: GET /api/customers/chat-models lists them, PUT /api/customers/chat-providers/{} adds its \
         provider",
        name.provider
    );
    Error::field(pointer, detail)
}

/// What is sealed of a provider's key.
pub(crate) fn sealed_text(provider: &ProviderName, key: &str) -> SecretString {
    SecretString::from(format!("{provider}{SEPARATOR}{key}"))
}

async fn open(
    app: &App,
    customer: CustomerId,
    provider: &ProviderName,
    sealed: &SealedKey,
) -> Result<SecretString> {
    let vault = app.vault().await?;
    let data_key = vault.unwrap_key(customer, &sealed.wrapped_data_key).await?;
    let opened = data_key.open(Purpose::ChatKey, 1, &sealed.nonce, &sealed.ciphertext)?;
    let text = std::str::from_utf8(&opened).map_err(Error::internal_fault)?;
    let text = SecretString::from(text.to_owned());
    let key = match text.expose_secret().split_once(SEPARATOR) {
        Some((of, key)) if of == provider.as_str() => SecretString::from(key.to_owned()),
        _ => return Err(Error::internal_fault("a key of another provider")),
    };
    Ok(key)
}
