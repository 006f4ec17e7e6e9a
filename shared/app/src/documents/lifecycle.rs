//! Retries, restores, deletes and undeletes documents.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Kind, Result, VersionNumber, document_passwords::DocumentPassword,
    documents::Status,
};
use dynrag_store::{admission::Admission, versions::Change};

use super::{ATTEMPTS, busy, passwords};
use crate::App;

/// A deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// The document.
    pub id: DocumentId,
    /// When it is purged; until then it can be undeleted. `None`: it is being removed.
    pub purge_at: Option<DateTime<Utc>>,
}

/// Queues the latest version of a failed document again, with a full number of attempts and, for a PDF, a password.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `not_found`; `not_retryable` (conflict);
/// `invalid_fields` for a password if the format has none; `unavailable`.
pub async fn retry(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    password: Option<&DocumentPassword>,
) -> Result<()> {
    caller.check_budget()?;
    let password = match password {
        Some(password) => Some(passwords::seal(app, caller, password).await?),
        None => None,
    };
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let store = caller.store();
    let pending = store
        .retry_document(customer, actor, id, password.as_ref())
        .await?;
    app.dispatch(&pending).await;
    Ok(())
}

/// Queues an earlier version's content as the next version, and returns its number. Its texts were embedded before and
/// are not paid for again.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `not_found`; `busy_document` (conflict);
/// `unavailable`.
pub async fn restore(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    version: VersionNumber,
) -> Result<VersionNumber> {
    caller.check_budget()?;
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    for _ in 0..ATTEMPTS {
        let made = caller
            .store()
            .process_again(customer, actor, id, Some(version), &Change::default())
            .await?;
        if let Some((version, pending)) = made {
            app.dispatch(&pending).await;
            return Ok(version);
        }
    }
    Err(busy())
}

/// Deletes a document, and with an email the documents attached to it. If it is removed at once, sends the jobs that
/// remove it.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn delete(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    permanent: bool,
) -> Result<Deletion> {
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (hidden, pending) = caller
        .store()
        .delete_document(customer, actor, id, permanent)
        .await?;
    app.dispatch_many(customer, &pending).await;
    tracing::info!(customer_id = %customer, document_id = %id, purge_at = ?hidden.purge_at, "document deleted");
    Ok(Deletion {
        id,
        purge_at: hidden.purge_at,
    })
}

/// Deletes the document with this external id. A permanent deletion includes deleted documents with this id.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn delete_by_external_id(
    app: &App,
    caller: &Admission,
    external_id: &str,
    permanent: bool,
) -> Result<Deletion> {
    let (store, customer) = (caller.store(), caller.tenant());
    if !permanent {
        let document = store.document_by_external_id(customer, external_id).await?;
        return delete(app, caller, document.id, false).await;
    }
    let mut first = None;
    for id in store
        .documents_by_external_id(customer, external_id)
        .await?
    {
        match delete(app, caller, id, true).await {
            Ok(deletion) => drop(first.get_or_insert(deletion)),
            // A concurrent request was faster.
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    first.ok_or_else(|| Error::not_found("document"))
}

/// Undeletes a document, and with an email the documents that were deleted with it. Returns its status.
///
/// # Errors
/// `not_found`; the limits of documents, as when they are added; `unavailable` without a database.
pub async fn undelete(app: &App, caller: &Admission, id: DocumentId) -> Result<Status> {
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let (document, pending) = caller
        .store()
        .undelete_document(customer, actor, id)
        .await?;
    app.dispatch_many(customer, &pending).await;
    tracing::info!(customer_id = %customer, document_id = %id, "document undeleted");
    Ok(document.status)
}
