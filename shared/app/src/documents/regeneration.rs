//! Starts the regeneration of all vectors with another model. The new vectors are built alongside the present ones,
//! which are searched meanwhile, and replace them in one step.

use dynrag_domain::{
    Error, JobId, Kind, Result, documents::FailureCode, money::Usd, regeneration::Switch,
    spending::Payer,
};
use dynrag_llm::{InputType, listed_embedding_cost};
use dynrag_store::{admission::Admission, regeneration::Progress};

use crate::{
    App,
    embeddings::{model_not_allowed, platform_models},
};

/// Estimated work and cost of a regeneration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegenerationEstimate {
    /// The model to embed with.
    pub model: String,
    /// Documents.
    pub documents: i64,
    /// Chunks.
    pub chunks: i64,
    /// Tokens to embed.
    pub tokens: u64,
    /// Whether `tokens` is exact; false if it was estimated for some older documents.
    pub counted: bool,
    /// Cost at the listed price; `None` for a model without one.
    pub cost: Option<Usd>,
}

/// Estimates the regeneration of all embeddings with a model.
///
/// # Errors
/// `model_not_allowed` (conflict) if the platform would have to pay for a model that it does not allow;
/// `unavailable`.
pub async fn estimate_regeneration(
    caller: &Admission,
    model: String,
) -> Result<RegenerationEstimate> {
    let cost = cost(caller, &model)?;
    let found = caller
        .store()
        .estimate_regeneration(caller.tenant())
        .await?;
    let prefix = InputType::Passage.prefix_tokens(&model);
    let chunks = u64::try_from(found.chunks).map_err(Error::internal_fault)?;
    let tokens = found.tokens.saturating_add(chunks.saturating_mul(prefix));
    Ok(RegenerationEstimate {
        cost: cost(tokens),
        model,
        documents: found.documents,
        chunks: found.chunks,
        tokens,
        counted: found.counted,
    })
}

/// Switches to the table of a model that waits, or discards it; `None` if none waits.
///
/// # Errors
/// `no_regeneration` (conflict) if there is nothing to discard; `unavailable`.
pub async fn direct_regeneration(
    app: &App,
    caller: &Admission,
    model: &str,
    switch: Switch,
) -> Result<Option<(JobId, RegenerationEstimate)>> {
    if switch == Switch::Manual {
        return Ok(None);
    }
    let (store, customer) = (caller.store(), caller.tenant());
    let actor = caller.principal.into();
    let waiting = store.direct_regeneration(customer, actor, model, switch);
    let Some((job, pending)) = waiting.await? else {
        return match switch {
            Switch::Discard => Err(Error::new(
                Kind::Conflict,
                "no_regeneration",
                "No regeneration with this model and switch manual is in progress, so there is nothing to discard.",
            )),
            Switch::Manual | Switch::Automatic => Ok(None),
        };
    };
    app.dispatch(&pending).await;
    let found = store.estimate_regeneration(customer).await?;
    let estimate = RegenerationEstimate {
        model: model.to_owned(),
        documents: found.documents,
        chunks: found.chunks,
        tokens: found.tokens,
        counted: found.counted,
        cost: None,
    };
    Ok(Some((job, estimate)))
}

/// Starts an estimated regeneration, and returns its job.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required), also if it would cost more than what is left;
/// `conflict` while another one runs; `unavailable`.
pub async fn regenerate(
    app: &App,
    caller: &Admission,
    estimate: &RegenerationEstimate,
    switch: Switch,
) -> Result<JobId> {
    caller.check_budget()?;
    check_room(caller, estimate.cost)?;
    let progress = Progress {
        model: estimate.model.clone(),
        documents: estimate.documents,
        done: 0,
        replaced: None,
        switch,
        ready_since: None,
    };
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (job, pending) = caller
        .store()
        .add_regeneration(customer, actor, &progress)
        .await?;
    app.dispatch(&pending).await;
    Ok(job)
}

/// Returns the cost of tokens of a model for the payer; the inner `None` if the price is unknown.
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

/// Checks that the month's budgets have room for a known cost.
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
            "Regeneration would cost about {cost} USD, and {} of this month's {} USD are spent. Raise monthlyBudgetUsd at \
             /api/customers/config, or wait for the next month.",
            caller.spent,
            caller.config.monthly_budget_usd.unwrap_or_default()
        ),
        _ => format!(
            "Regeneration would cost about {cost} USD, and of the {} USD that the platform pays for you in a month \
             (platformBudgetUsd), {} USD are left. Set your own key at /api/customers/openai-key, or ask the platform's \
             operator for more.",
            caller.config.platform_budget_usd, caller.allowance.platform_left
        ),
    };
    Err(Error::new(Kind::PaymentRequired, code.as_str(), detail))
}
