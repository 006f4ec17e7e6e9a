//! `GET /api/customers/chat-providers`, `PUT DELETE /api/customers/chat-providers/{name}`,
//! `GET /api/customers/chat-models`: the providers of chat models, with the customer's own keys, and what can be asked.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, App, Caller, Json, Path,
    responses::NoContent,
    scopes::{AdminTenant, AnyOf, Chat, Search},
};
use dynrag_app::customers::chat_providers::{self, NewChatProvider};
use dynrag_domain::chat::{ChatModel, ChatModelName, EXTRACTIVE, ProviderName};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct ChatProviders {
    /// The providers that this deployment allows.
    allowed: Vec<ProviderName>,
    /// Those that you have set.
    items: Vec<ChatProviderBody>,
}

/// A provider, without its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatProvider)]
struct ChatProviderBody {
    name: ProviderName,
    models: Vec<ChatModel>,
    has_api_key: bool,
    updated_at: DateTime<Utc>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ChatProviderChange {
    /// The models that may be asked for, with what they cost, for the ledger and the budget.
    #[schema(min_items = 1, max_items = 50)]
    models: Vec<ChatModel>,
    /// Sent as bearer token. Without it the provider is asked without a key, even if one was set before.
    #[schema(value_type = Option<String>, format = "password")]
    api_key: Option<SecretString>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ChatModels {
    items: Vec<AvailableChatModel>,
    /// The models to ask, in this order; if it is empty, answers are extractive.
    order: Vec<ChatModelName>,
}

/// A model that can be asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AvailableChatModel {
    /// `provider/model`, or `extractive`, which quotes the best sentences and costs nothing.
    id: String,
    /// Context and prices; null for `extractive`.
    #[schema(required)]
    model: Option<ChatModel>,
    /// Whether the platform pays for it.
    platform: bool,
}

/// Lists the providers.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
) -> Answer<Json<ChatProviders>> {
    let rows = chat_providers::list(&caller).await?;
    let items = rows.into_iter().map(|row| ChatProviderBody {
        name: row.name,
        models: row.models,
        has_api_key: row.key.is_some(),
        updated_at: row.updated_at,
    });
    Ok(Json(ChatProviders {
        allowed: chat_providers::allowed(&app).await?,
        items: items.collect(),
    }))
}

/// Sets a provider and its key.
pub(crate) async fn put(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Path(name): Path<ProviderName>,
    Json(body): Json<ChatProviderChange>,
) -> Answer<NoContent> {
    let new = NewChatProvider {
        models: body.models,
        api_key: body.api_key,
    };
    chat_providers::set(&app, &caller, &name, &new).await?;
    Ok(NoContent)
}

/// Deletes a provider and its key.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    Path(name): Path<ProviderName>,
) -> Answer<NoContent> {
    chat_providers::delete(&caller, &name).await?;
    Ok(NoContent)
}

/// Lists the models that can be asked for.
pub(crate) async fn models(
    caller: Caller<AnyOf<Chat, Search>>,
    State(app): State<Arc<App>>,
) -> Answer<Json<ChatModels>> {
    let available = chat_providers::models(&app, &caller).await?;
    let extractive = AvailableChatModel {
        id: EXTRACTIVE.to_owned(),
        model: None,
        platform: false,
    };
    let models = available.into_iter().map(|available| AvailableChatModel {
        id: available.name.to_string(),
        model: Some(available.model),
        platform: available.is_platform,
    });
    Ok(Json(ChatModels {
        items: std::iter::once(extractive).chain(models).collect(),
        order: caller.config.chat_models.clone(),
    }))
}
