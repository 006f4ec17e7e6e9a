//! `GET /v1/models`, `GET /v1/models/{id}`: the chat models that can be asked, and the model that embeds.

use std::{fmt::Display, str::FromStr, sync::Arc};

use axum::extract::State;
use dynrag_answering::ModelChoice;
use dynrag_api::{Answer, App, Caller, Json, Path, PathId, scopes::Anyone};
use dynrag_app::customers::chat_providers::{self, AvailableModel};
use dynrag_domain::{
    Error, Kind, Result,
    chat::{ChatModelName, EXTRACTIVE},
};
use dynrag_store::admission::Admission;
use serde::Serialize;
use utoipa::ToSchema;

use crate::list::{HasId, List};

/// The customer's models in the order of its configuration.
const AUTO: &str = "auto";
/// Whose the models are that no provider serves.
const OURS: &str = "dynamic-rag";

/// A model.
#[derive(Serialize, ToSchema)]
pub(crate) struct Model {
    /// `auto` for the customer's models in their order, `extractive` for quotations, `provider/model`, or the embedding model.
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
}

impl HasId for Model {
    fn id(&self) -> impl Display {
        &self.id
    }
}

/// The name of a model in a path. It may have slashes.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(crate) struct ModelId(String);

impl FromStr for ModelId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The gateway decodes a path, or does not.
        Ok(Self(
            text.replace("%2F", "/")
                .replace("%2f", "/")
                .replace("%3A", ":"),
        ))
    }
}

impl PathId for ModelId {}

fn model(id: impl Into<String>, owned_by: &str) -> Model {
    Model {
        id: id.into(),
        object: "model",
        // Nothing tells when a provider made it.
        created: 0,
        owned_by: owned_by.to_owned(),
    }
}

async fn all(app: &App, caller: &Admission) -> Result<Vec<Model>> {
    let mut models = vec![model(AUTO, OURS), model(EXTRACTIVE, OURS)];
    let available = chat_providers::models(app, caller).await?;
    let available = available.into_iter().map(|available| {
        let provider = available.name.provider.as_str().to_owned();
        model(available.name.to_string(), &provider)
    });
    models.extend(available);
    models.push(model(&caller.config.embedding_model, OURS));
    Ok(models)
}

/// Lists the models.
pub(crate) async fn list(
    caller: Caller<Anyone>,
    State(app): State<Arc<App>>,
) -> Answer<Json<List<Model>>> {
    Ok(Json(List::new(all(&app, &caller).await?, false)))
}

/// Returns a model.
pub(crate) async fn get(
    caller: Caller<Anyone>,
    State(app): State<Arc<App>>,
    Path(id): Path<ModelId>,
) -> Answer<Json<Model>> {
    let mut models = all(&app, &caller).await?.into_iter();
    let found = models.find(|model| model.id == id.0);
    Ok(Json(found.ok_or_else(|| unknown(&id.0))?))
}

/// The error for a model that the caller cannot ask.
pub(crate) fn unknown(name: &str) -> Error {
    let name: String = name.chars().take(100).collect();
    Error::new(
        Kind::NotFound,
        "model_not_found",
        format!(
            "The model '{name}' does not exist, or you cannot use it. GET /v1/models lists those that you can."
        ),
    )
}

/// The chat model of a name, with its provider or without one.
fn chosen(name: &str, available: &[AvailableModel]) -> Result<ModelChoice> {
    let is_it = |model: &&AvailableModel| model.name.to_string() == name;
    let is_its_model = |model: &&AvailableModel| model.name.model == name;
    let found = available.iter().find(is_it);
    let found = found.or_else(|| available.iter().find(is_its_model));
    let found: Option<ChatModelName> = found.map(|model| model.name.clone());
    found.map(ModelChoice::Named).ok_or_else(|| unknown(name))
}

/// Which model answers.
///
/// # Errors
/// `model_not_found`; `unavailable`.
pub(crate) async fn choice(app: &App, caller: &Admission, name: &str) -> Result<ModelChoice> {
    match name {
        AUTO => Ok(ModelChoice::Configured),
        EXTRACTIVE => Ok(ModelChoice::Extractive),
        name => chosen(name, &chat_providers::models(app, caller).await?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_with_its_provider_or_without() {
        let of = |name: &str| AvailableModel {
            name: name.parse().unwrap(),
            model: serde_json::from_str(r#"{"name": "m"}"#).unwrap(),
            is_platform: false,
        };
        let available = [of("a/m"), of("b/m"), of("b/x/y")];
        let named = |name: &str| ModelChoice::Named(name.parse().unwrap());
        for (name, found) in [
            ("a/m", "a/m"),
            ("b/m", "b/m"),
            ("m", "a/m"),
            ("x/y", "b/x/y"),
        ] {
            assert_eq!(chosen(name, &available).unwrap(), named(found));
        }
        for name in ["", "c/m", "M", "a"] {
            assert_eq!(
                chosen(name, &available).unwrap_err().code(),
                "model_not_found"
            );
        }
    }
}
