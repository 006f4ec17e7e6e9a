//! `POST /api/documents/regenerate`: vectors of another model for everything that is published. They are built
//! beside the present ones, which are searched meanwhile, and switched to at once.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, Link,
    answers::{Accepted, Either},
    scopes::AdminTenant,
};
use dynrag_app::embeddings::{model_not_allowed, platform_models};
use dynrag_domain::{
    Error, JobId, Kind, Result, documents::FailureCode, money::Usd, spending::Payer,
};
use dynrag_llm::listed_embedding_cost;
use dynrag_store::{admission::Admission, regeneration::Progress};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a model.
const MAX_MODEL: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = RegenerateRequest)]
pub(crate) struct Wanted {
    /// The present one where it is left out: all vectors are asked for anew.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
    )]
    embedding_model: Option<String>,
    /// Only say what it would take.
    #[serde(default)]
    dry_run: bool,
}

/// What it takes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegenerateEstimate)]
pub(crate) struct Estimate {
    embedding_model: String,
    current_model: String,
    documents: i64,
    chunks: i64,
    /// Tokens to be embedded.
    tokens: i64,
    /// Whether `tokens` was counted; false where some documents are older than counting and were estimated.
    counted: bool,
    /// At the listed price; null for a model that has none in the list.
    #[schema(value_type = Option<String>)]
    cost_usd: Option<Usd>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StartedRegeneration)]
pub(crate) struct Started {
    job_id: JobId,
    status_url: Link,
    #[serde(flatten)]
    estimate: Estimate,
}

impl Wanted {
    fn model(&self, present: &str) -> Result<String> {
        let model = self.embedding_model.as_deref().unwrap_or(present);
        let first = model
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphanumeric());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
        if !first || model.len() > MAX_MODEL || !model.chars().all(plain) {
            let detail = format!("a model's name in at most {MAX_MODEL} ASCII characters");
            return Err(Error::field("/embeddingModel", detail));
        }
        Ok(model.to_owned())
    }
}

/// Says what it takes, or starts it.
pub(crate) async fn regenerate(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Json(wanted): Json<Wanted>,
) -> Answer<Either<Json<Estimate>, Accepted<Started>>> {
    let (customer, config) = (caller.customer_id, &caller.config);
    let model = wanted.model(&config.embedding_model)?;
    let cost = cost(&caller, &model)?;
    let store = caller.store();
    let found = store.estimate_regeneration(customer).await?;
    let tokens = u64::try_from(found.tokens).unwrap_or(0);
    let estimate = Estimate {
        cost_usd: cost(tokens),
        embedding_model: model,
        current_model: config.embedding_model.clone(),
        documents: found.documents,
        chunks: found.chunks,
        tokens: found.tokens,
        counted: found.counted,
    };
    if wanted.dry_run {
        return Ok(Either::This(Json(estimate)));
    }
    caller.check_budget()?;
    check_room(&caller, estimate.cost_usd)?;
    let progress = Progress {
        model: estimate.embedding_model.clone(),
        documents: estimate.documents,
        done: 0,
        replaced: None,
    };
    let actor = caller.principal.into();
    let (job_id, pending) = store.add_regeneration(customer, actor, &progress).await?;
    context.dispatch(&pending).await;
    Ok(Either::That(Accepted(Started {
        job_id,
        status_url: Link::to_job(job_id),
        estimate,
    })))
}

/// What tokens of a model cost the payer; the inner `None`: nobody knows.
///
/// # Errors
/// `model_not_allowed` (conflict) where the platform would have to pay for a model it does not pay for.
fn cost(caller: &Admission, model: &str) -> Result<impl Fn(u64) -> Option<Usd> + use<>> {
    let price = match caller.allowance.payer {
        Some(Payer::Customer) => None,
        _ => {
            let models = platform_models()?;
            let price = models.price(model);
            Some(price.ok_or_else(|| model_not_allowed(model, &models))?)
        }
    };
    let model = model.to_owned();
    Ok(move |tokens| match price {
        Some(price) => Some(price.cost(tokens)),
        None => listed_embedding_cost(&model, tokens),
    })
}

/// Checks that the month's budgets have room for a cost that is known.
fn check_room(caller: &Admission, cost: Option<Usd>) -> Result<()> {
    let Some(cost) = cost else {
        return Ok(());
    };
    let mut left = caller.allowance;
    let Err(code) = left.take(cost) else {
        return Ok(());
    };
    let detail = match code {
        FailureCode::BudgetExceeded => format!(
            "It would cost about {cost} USD, and {} of this month's {} USD are spent. Raise monthlyBudgetUsd at \
             /api/customers/config, or wait for the next month.",
            caller.spent,
            caller.config.monthly_budget_usd.unwrap_or_default()
        ),
        _ => format!(
            "It would cost about {cost} USD, and of the {} USD that the platform pays for you in a month \
             (platformBudgetUsd), {} USD are left. Set your own key at /api/customers/openai-key, or ask the platform's \
             operator for more.",
            caller.config.platform_budget_usd, caller.allowance.platform_left
        ),
    };
    Err(Error::new(Kind::PaymentRequired, code.as_str(), detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_is_plain() {
        let of = |name: &str| Wanted {
            embedding_model: Some(name.to_owned()),
            dry_run: true,
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
        let none = Wanted {
            embedding_model: None,
            dry_run: false,
        };
        assert_eq!(none.model("present").unwrap(), "present");
    }
}
