//! `POST /api/documents/regenerate`: embeds all published documents with another model. The new vectors are built
//! alongside the present ones, which are searched meanwhile, and replace them in one step.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Link,
    responses::{Accepted, Either},
    scopes::AdminTenant,
};
use dynrag_app::documents::{self, RegenerationEstimate};
use dynrag_domain::{Error, JobId, Result, money::Usd, regeneration::Switch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest model name.
const MAX_MODEL: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RegenerateRequest {
    /// Name of the model. Default: the present model, whose vectors are all computed again.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
    )]
    embedding_model: Option<String>,
    /// Only estimate tokens and cost.
    #[serde(default)]
    dry_run: bool,
    /// What happens when all vectors are there. `manual`: they wait, for seven days at most, and can be searched with
    /// `model`. The same request with `automatic` then switches to them, one with `discard` removes them.
    #[serde(default)]
    #[schema(default = "automatic")]
    switch: Switch,
}

/// Estimated tokens and cost of a regeneration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegenerateEstimate {
    embedding_model: String,
    current_model: String,
    documents: i64,
    chunks: i64,
    /// Tokens to embed.
    tokens: u64,
    /// Whether `tokens` is exact; false if it was estimated for some older documents.
    counted: bool,
    /// Cost at the listed price; null for a model without a listed price.
    #[schema(value_type = Option<String>)]
    cost_usd: Option<Usd>,
}

impl RegenerateEstimate {
    fn new(current_model: &str, estimate: RegenerationEstimate) -> Self {
        Self {
            embedding_model: estimate.model,
            current_model: current_model.to_owned(),
            documents: estimate.documents,
            chunks: estimate.chunks,
            tokens: estimate.tokens,
            counted: estimate.counted,
            cost_usd: estimate.cost,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedRegeneration {
    job_id: JobId,
    status_url: Link,
    #[serde(flatten)]
    estimate: RegenerateEstimate,
}

impl RegenerateRequest {
    fn model(&self, present: &str) -> Result<String> {
        let model = self.embedding_model.as_deref().unwrap_or(present);
        let first = model
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphanumeric());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
        if !first || model.len() > MAX_MODEL || !model.chars().all(plain) {
            let detail = format!("a model name of at most {MAX_MODEL} ASCII characters");
            return Err(Error::field("/embeddingModel", detail));
        }
        Ok(model.to_owned())
    }
}

/// Estimates a regeneration, or starts it.
pub(crate) async fn regenerate(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Json(request): Json<RegenerateRequest>,
) -> Answer<Either<Json<RegenerateEstimate>, Accepted<StartedRegeneration>>> {
    let current = &caller.config.embedding_model;
    let model = request.model(current)?;
    if request.switch == Switch::Manual && model == *current {
        let detail = "manual needs another model than the present one, whose name the searches could not tell apart";
        return Err(Error::field("/switch", detail).into());
    }
    if !request.dry_run {
        let directed = documents::direct_regeneration(&app, &caller, &model, request.switch);
        if let Some((job_id, estimate)) = directed.await? {
            return Ok(started(current, job_id, estimate));
        }
    }
    let estimate = documents::estimate_regeneration(&caller, model).await?;
    if request.dry_run {
        let estimate = RegenerateEstimate::new(current, estimate);
        return Ok(Either::Left(Json(estimate)));
    }
    let job_id = documents::regenerate(&app, &caller, &estimate, request.switch).await?;
    Ok(started(current, job_id, estimate))
}

fn started(
    current: &str,
    job_id: JobId,
    estimate: RegenerationEstimate,
) -> Either<Json<RegenerateEstimate>, Accepted<StartedRegeneration>> {
    Either::Right(Accepted(StartedRegeneration {
        job_id,
        status_url: Link::to_job(job_id),
        estimate: RegenerateEstimate::new(current, estimate),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_name_is_plain_ascii() {
        let of = |name: &str| RegenerateRequest {
            embedding_model: Some(name.to_owned()),
            dry_run: true,
            switch: Switch::Automatic,
        };
        for good in [
            "text-embedding-3-large",
            "BAAI/bge-m3",
            "nomic-embed-text:v1.5",
        ] {
            assert_eq!(of(good).model("m").unwrap(), good);
        }
        for bad in ["", " ", "-x", "a b", "a\n", "modèle", &"x".repeat(101)] {
            assert!(of(bad).model("m").is_err(), "{bad:?}");
        }
        let none = RegenerateRequest {
            embedding_model: None,
            dry_run: false,
            switch: Switch::Automatic,
        };
        assert_eq!(none.model("present").unwrap(), "present");
    }
}
