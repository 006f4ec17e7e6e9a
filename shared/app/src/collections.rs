//! Collections.
//!
//! One transaction takes a collection away and hides its documents, with the jobs that remove them.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the commit | nothing | |
//! | after it | rows in the outbox | `sweep` sends the jobs |
//!
//! Where documents can be undeleted they have no job yet (`dynrag_store::deletion`); they come back in no collection.

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, Result, collections::Leftovers};
use dynrag_store::admission::Admission;

use crate::App;

/// The documents that are deleted with their collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeletedDocuments {
    /// How many.
    pub documents: usize,
    /// When they are removed for good; until then they can be undeleted. `None`: they are being removed.
    pub purge_at: Option<DateTime<Utc>>,
}

/// Deletes a collection, and with it its documents if `leftovers` says so.
///
/// # Errors
/// `not_found`; `collection_not_empty` (conflict) where `leftovers` does not say what becomes of its documents;
/// `unavailable` without a database.
pub async fn delete(
    app: &App,
    caller: &Admission,
    id: CollectionId,
    leftovers: Option<Leftovers>,
    permanent: bool,
) -> Result<DeletedDocuments> {
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    let (hidden, pending) = caller
        .store()
        .delete_collection(customer, actor, id, leftovers, permanent)
        .await?;
    let documents = hidden.len();
    if documents > 0 {
        app.dispatch_many(customer, &pending).await;
        tracing::info!(customer_id = %customer, collection_id = %id, documents, "collection is being deleted");
    }
    Ok(DeletedDocuments {
        documents,
        purge_at: hidden.iter().find_map(|one| one.purge_at),
    })
}
