//! Collections.
//!
//! One transaction deletes a collection, hides its documents and writes the jobs that remove them.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the commit | nothing | |
//! | after it | rows in the outbox | `sweep` sends the jobs |
//!
//! Documents that can be undeleted have no job yet (`dynrag_store::deletion`); an undelete restores them without a
//! collection.

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, Result, collections::DocumentsOnDelete};
use dynrag_store::admission::Admission;

use crate::App;

/// The documents deleted with their collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeletedDocuments {
    /// Number of documents.
    pub documents: usize,
    /// When they are purged; until then they can be undeleted. `None`: they are being removed.
    pub purge_at: Option<DateTime<Utc>>,
}

/// Deletes a collection, with its documents if `documents` is [`DocumentsOnDelete::Delete`].
///
/// # Errors
/// `not_found`; `collection_not_empty` (conflict) if it has documents and `documents` is not given; `unavailable`
/// without a database.
pub async fn delete(
    app: &App,
    caller: &Admission,
    id: CollectionId,
    documents: Option<DocumentsOnDelete>,
    permanent: bool,
) -> Result<DeletedDocuments> {
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (hidden, pending) = caller
        .store()
        .delete_collection(customer, actor, id, documents, permanent)
        .await?;
    let documents = hidden.len();
    if documents > 0 {
        app.dispatch_many(customer, &pending).await;
        tracing::info!(customer_id = %customer, collection_id = %id, documents, "collection deleted");
    }
    Ok(DeletedDocuments {
        documents,
        purge_at: hidden.iter().find_map(|one| one.purge_at),
    })
}
