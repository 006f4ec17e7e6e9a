//! The customer's providers of chat models: the models that it uses of each, and its key, sealed.

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{
    Error, FieldError, Result,
    audit::Action,
    chat::{ChatModel, ChatModelName, MAX_MODELS, ProviderName, is_model},
    money::Usd,
};
use dynrag_store::{admission::Admission, audit, chat_providers};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{App, chat_models, customers::key_is_valid};

pub use dynrag_store::chat_providers::ChatProviderRow;

/// Accepted contexts, in tokens.
const CONTEXTS: std::ops::RangeInclusive<u32> = 1_024..=10_000_000;
/// Highest price of a million tokens.
const MAX_PRICE: Usd = Usd::from_nanos(10_000_000_000_000);

/// A provider to set.
pub struct NewChatProvider {
    /// The models that may be asked for.
    pub models: Vec<ChatModel>,
    /// The key; `None` for a server that needs none.
    pub api_key: Option<SecretString>,
}

impl NewChatProvider {
    /// Checks all fields at once.
    fn check(&self) -> Result<()> {
        let mut fields = Vec::new();
        let mut bad = |pointer: String, detail: String| fields.push(FieldError { pointer, detail });
        if !(1..=MAX_MODELS).contains(&self.models.len()) {
            bad("/models".to_owned(), format!("from 1 to {MAX_MODELS}"));
        }
        for (place, model) in self.models.iter().enumerate() {
            let at = |member: &str| format!("/models/{place}/{member}");
            if !is_model(&model.name) {
                bad(at("name"), "1 to 200 characters without spaces".to_owned());
            }
            let before = self.models.iter().take(place);
            if before.into_iter().any(|before| before.name == model.name) {
                bad(at("name"), "another model has this name".to_owned());
            }
            if !CONTEXTS.contains(&model.context_tokens) {
                let (least, most) = (CONTEXTS.start(), CONTEXTS.end());
                bad(at("contextTokens"), format!("from {least} to {most}"));
            }
            let prices = [
                (
                    "usdPerMillionInputTokens",
                    Some(model.usd_per_million_input_tokens),
                ),
                (
                    "usdPerMillionCachedTokens",
                    model.usd_per_million_cached_tokens,
                ),
                (
                    "usdPerMillionOutputTokens",
                    Some(model.usd_per_million_output_tokens),
                ),
            ];
            for (member, price) in prices {
                if price.is_some_and(|price| price > MAX_PRICE) {
                    bad(at(member), format!("at most {MAX_PRICE} dollars"));
                }
            }
        }
        if let Some(key) = &self.api_key
            && let Err(detail) = key_is_valid(key.expose_secret().trim())
        {
            bad("/apiKey".to_owned(), detail);
        }
        match fields.is_empty() {
            true => Ok(()),
            false => Err(Error::fields_invalid(fields)),
        }
    }
}

/// A model that the caller can ask for.
#[derive(Clone, Debug)]
pub struct AvailableModel {
    /// Its name, with its provider.
    pub name: ChatModelName,
    /// Its context and prices.
    pub model: ChatModel,
    /// Whether the platform pays for it.
    pub is_platform: bool,
}

/// Returns the names of the providers that this deployment allows.
///
/// # Errors
/// `unavailable`; `internal_error` if a setting is not valid.
pub async fn allowed(app: &App) -> Result<Vec<ProviderName>> {
    Ok(app
        .chat_models()
        .await?
        .providers
        .names()
        .cloned()
        .collect())
}

/// Returns the caller's providers.
///
/// # Errors
/// `unavailable`.
pub async fn list(caller: &Admission) -> Result<Vec<ChatProviderRow>> {
    caller.store().chat_providers(caller.tenant()).await
}

/// Returns the models that the caller can ask for.
///
/// # Errors
/// `unavailable`; `internal_error` if a setting is not valid.
pub async fn models(app: &App, caller: &Admission) -> Result<Vec<AvailableModel>> {
    let models = app.chat_models().await?;
    let platform = models.platform.iter().map(|(name, model)| AvailableModel {
        name: name.clone(),
        model: model.clone(),
        is_platform: true,
    });
    let mut available: Vec<AvailableModel> = platform.collect();
    for row in list(caller).await? {
        if !models.providers.allows(&row.name) {
            continue;
        }
        available.extend(row.models.into_iter().map(|model| AvailableModel {
            name: ChatModelName {
                provider: row.name.clone(),
                model: model.name.clone(),
            },
            model,
            is_platform: false,
        }));
    }
    Ok(available)
}

/// Sets a provider, which replaces an older setting with its key.
///
/// # Errors
/// `not_found` for a provider that the deployment does not allow; `email_not_verified` (forbidden); `invalid_fields`;
/// `unavailable` without a database or KMS.
pub async fn set(
    app: &App,
    caller: &Admission,
    name: &ProviderName,
    new: &NewChatProvider,
) -> Result<()> {
    caller.check_verified()?;
    if !app.chat_models().await?.providers.allows(name) {
        return Err(Error::not_found("provider"));
    }
    new.check()?;
    let sealed = match &new.api_key {
        Some(key) => {
            let customer = caller.tenant();
            let wrapped = caller.store().wrapped_data_key(customer).await?;
            let vault = app.vault().await?;
            let data_key = vault.unwrap_key(customer.customer_id(), &wrapped).await?;
            let text = chat_models::sealed_text(name, key.expose_secret().trim());
            // A provider has one key at a time, so its version is always 1.
            Some(data_key.seal(Purpose::ChatKey, 1, text.expose_secret().as_bytes())?)
        }
        None => None,
    };
    let key = sealed
        .as_ref()
        .map(|sealed| (&sealed.nonce[..], &sealed.ciphertext[..]));
    let tx = caller.store().tenant(caller.tenant()).await?;
    chat_providers::set(&tx, name, &new.models, key).await?;
    let models: Vec<&str> = new.models.iter().map(|model| model.name.as_str()).collect();
    let details = json!({"provider": name, "models": models, "hasApiKey": new.api_key.is_some()});
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    audit::record(&tx, actor, Action::ChatProviderSet, target, &details).await?;
    tx.commit().await
}

/// Deletes a provider with its key.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn delete(caller: &Admission, name: &ProviderName) -> Result<()> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    if !chat_providers::delete(&tx, name).await? {
        return Err(Error::not_found("provider"));
    }
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"provider": name});
    audit::record(&tx, actor, Action::ChatProviderDeleted, target, &details).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bad_fields_are_named() {
        let model = |json: &str| serde_json::from_str::<ChatModel>(json).unwrap();
        let bad = NewChatProvider {
            models: vec![
                model(r#"{"name": "m"}"#),
                model(r#"{"name": "m", "contextTokens": 5}"#),
                model(r#"{"name": "a b", "usdPerMillionOutputTokens": "10001"}"#),
            ],
            api_key: Some("a key".into()),
        };
        let error = bad.check().unwrap_err();
        let fields: Vec<&str> = error.fields().iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(
            fields,
            [
                "/models/1/name",
                "/models/1/contextTokens",
                "/models/2/name",
                "/models/2/usdPerMillionOutputTokens",
                "/apiKey",
            ]
        );
        let none = NewChatProvider {
            models: Vec::new(),
            api_key: None,
        };
        assert_eq!(none.check().unwrap_err().fields()[0].pointer, "/models");
    }
}
