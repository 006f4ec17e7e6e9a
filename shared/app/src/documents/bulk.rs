//! Starts bulk actions.

use dynrag_domain::{
    JobId, Result,
    bulk::BulkOperation,
    documents::filter::{Filter, Sort},
};
use dynrag_store::{admission::Admission, documents::Document};

use crate::App;

/// Documents that a preview shows.
const SAMPLE: i64 = 10;

/// The documents that an action would affect.
#[derive(Debug)]
pub struct BulkPreview {
    /// Number of documents.
    pub documents: i64,
    /// A sample of them, newest first.
    pub sample: Vec<Document>,
}

/// Counts the documents that an action would affect, and returns a sample.
///
/// # Errors
/// `unavailable` without a database.
pub async fn preview_bulk(caller: &Admission, filter: &Filter) -> Result<BulkPreview> {
    let (store, customer) = (caller.store(), caller.tenant());
    Ok(BulkPreview {
        documents: store.count_documents(customer, filter).await?,
        sample: store
            .list_documents(customer, filter, Sort::default(), None, SAMPLE)
            .await?,
    })
}

/// Starts an action on the documents that meet a filter at present. Returns its job and the number of documents.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required) for an action that embeds; `invalid_fields` if the
/// target collection does not exist; `unavailable`.
pub async fn start_bulk(
    app: &App,
    caller: &Admission,
    operation: BulkOperation,
    filter: &Filter,
) -> Result<(JobId, i64)> {
    let action = operation.action;
    if action.embeds() {
        caller.check_budget()?;
    }
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (job, documents, pending) = caller
        .store()
        .add_bulk(customer, actor, operation, filter)
        .await?;
    app.dispatch(&pending).await;
    tracing::info!(customer_id = %customer, job_id = %job, action = action.as_str(), documents, "bulk action queued");
    Ok((job, documents))
}
