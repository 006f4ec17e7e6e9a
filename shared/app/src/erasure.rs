//! Removes the data of a deleted customer.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before or between the prefixes | some objects, and the row | the message is delivered again, or `sweep` sends another; each step may be repeated |
//! | before the rows are deleted | rows whose objects are gone | the same |
//! | after it | nothing | the message finds no customer |

use dynrag_config::VectorsConfig;
use dynrag_domain::{Error, Result, storage};
use dynrag_store::{TenantId, erasure::Erasable};

use crate::App;

/// Erases a deleted customer's vectors, files and rows.
///
/// # Errors
/// `unavailable`, also while a worker's lease is valid, because it might still write.
pub async fn erase(app: &App, customer: TenantId) -> Result<()> {
    let store = app.unbounded_store().await?;
    match store.erasable(customer).await? {
        Erasable::Gone => return Ok(()),
        Erasable::NotYet => return Err(Error::unavailable("a worker's lease is still valid")),
        Erasable::Yes => {}
    }
    let config = VectorsConfig::from_env().map_err(Error::internal_fault)?;
    let vectors = app.cloud().await.objects(&config.bucket);
    vectors
        .delete_prefix(&storage::vectors_prefix(customer.customer_id()))
        .await?;
    let (documents, _) = app.documents().await?;
    for prefix in storage::customer_prefixes(customer.customer_id()) {
        documents.delete_prefix(&prefix).await?;
    }
    // Last: while the row exists, `sweep` sends the task again.
    store.end_erasure(customer).await?;
    tracing::info!(customer_id = %customer, "customer erased");
    Ok(())
}
