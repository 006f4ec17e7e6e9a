//! Removes the remaining data of a deleted customer.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before or between the prefixes | some objects, and the row | the message is redelivered, or `sweep` sends another; each step is idempotent |
//! | before the rows are deleted | rows without objects | the same |
//! | after it | nothing | the message finds no customer |

use dynrag_cloud::Objects;
use dynrag_domain::{CustomerId, Error, Result, storage};
use dynrag_store::{Store, erasure::Erasable};

/// Erases a customer.
///
/// # Errors
/// `unavailable`, also while a worker's lease is alive: it might write once more.
pub(crate) async fn erase(
    store: &Store,
    documents: &Objects,
    vectors: &Objects,
    customer: CustomerId,
) -> Result<()> {
    match store.erasable(customer).await? {
        Erasable::Gone => return Ok(()),
        Erasable::NotYet => return Err(Error::unavailable("a worker's lease is alive")),
        Erasable::Yes => {}
    }
    vectors
        .delete_prefix(&storage::vectors_prefix(customer))
        .await?;
    for prefix in storage::customer_prefixes(customer) {
        documents.delete_prefix(&prefix).await?;
    }
    // Last: until it is gone, sweep sends the task again.
    store.end_erasure(customer).await?;
    tracing::info!(customer_id = %customer, "customer erased");
    Ok(())
}
