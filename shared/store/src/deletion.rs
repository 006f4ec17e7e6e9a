//! Deletion and undeletion of documents.
//!
//! A deleted document is hidden at once, from lists, from searches and from its worker. The next step depends on the
//! customer's setting (`deletionRetentionDays`):
//!
//! | `deleted_at` | `purge_at` | the document |
//! |---|---|---|
//! | null | null | exists |
//! | set | set | is deleted and can be undeleted: it keeps its rows, chunks and originals, and counts towards limits |
//! | set | null | is being removed permanently: its job is in the outbox, and admission hands its id to every search |
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the commit | nothing | |
//! | after it, a document that can be undeleted | `resend_at` is `purge_at` | `sweep` clears `purge_at`, sends its job |
//! | after it, any other document | a row in the outbox | `sweep` sends the job |
//! | after the commit of an undeletion that queued the document | a row in the outbox | `sweep` sends the job |
//!
//! Jobs that remove a document skip one that can be undeleted (`queries/publication/deletions.sql`), and an undeletion
//! accepts only such a document, so the two never work on the same one.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CustomerId, DocumentId, Error, Kind, Result, VersionNumber,
    audit::{Action, Actor},
    documents::Status,
    fetches::Fetch,
    jobs::{Job, Lane},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId,
    attachments::{self, Which},
    audit,
    documents::{self, Document},
    error,
    outbox::{self, Outgoing, Pending},
    params::Param,
    row::Row,
};

/// A hidden document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// Its id.
    pub id: DocumentId,
    /// Time until which it can be undeleted; `None` if it is being removed.
    pub purge_at: Option<DateTime<Utc>>,
}

impl Hidden {
    pub(crate) fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            purge_at: row.get("purge_at")?,
        })
    }

    /// Returns the job that removes the document, unless it can be undeleted.
    pub(crate) fn job(&self, customer: CustomerId) -> Option<Job> {
        let job = Job::delete(customer, self.id);
        self.purge_at.is_none().then_some(job)
    }

    /// Returns the fields that are recorded in addition to `details`.
    pub(crate) fn line(&self, mut details: Value) -> (Action, Uuid, Value) {
        if let Some(purge_at) = self.purge_at {
            details["purgeAt"] = json!(purge_at);
        }
        (Action::DocumentDeleted, self.id.as_uuid(), details)
    }
}

/// Returns the job of an undeleted document that was queued or being processed when it was deleted.
pub(crate) fn resumed(customer: CustomerId, row: &Row, lane: Lane) -> Result<Option<Outgoing>> {
    let id = row.get("id")?;
    let status: Status = row.get("status")?;
    if status != Status::Queued {
        return Ok(None);
    }
    let version: VersionNumber = row.get("version")?;
    let to_fetch: Option<bool> = row.get("to_fetch")?;
    Ok(Some(if to_fetch == Some(true) {
        Outgoing::Fetch(Fetch::document(customer, id, version))
    } else {
        Outgoing::Job(Job::process_in(lane, customer, id, version))
    }))
}

impl Store {
    /// Hides a document and, if it is an email, the documents attached to it. Writes the jobs that remove them if they
    /// cannot be undeleted: because the customer retains nothing, or because the deletion is `permanent`. A permanent
    /// deletion also takes a document that is already deleted and could be undeleted.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn delete_document(
        &self,
        customer: TenantId,
        actor: Actor,
        id: DocumentId,
        permanent: bool,
    ) -> Result<(Hidden, Vec<Pending>)> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/mark_deleted.sql"),
                &[&customer, &id, &permanent],
            )
            .await?
            .ok_or_else(|| Error::not_found("document"))?;
        let hidden = Hidden::from_row(&row)?;
        audit::record_many(&tx, actor, &[hidden.line(json!({}))]).await?;
        let jobs: Vec<Job> = hidden.job(customer.customer_id()).into_iter().collect();
        let mut pending = outbox::insert_many(&tx, &jobs).await?;
        // The email is locked first, so that no attachment is added from here on.
        pending.extend(attachments::delete(&tx, actor, id, Which::All, permanent).await?);
        tx.commit().await?;
        Ok((hidden, pending))
    }

    /// Undeletes a document, and for an email also the attachments that were deleted with it. A document that had not
    /// been processed is queued.
    ///
    /// # Errors
    /// `not_found`; `mail_deleted`, `external_id_taken` or `source_url_taken` (conflict); `unavailable` without a database.
    pub async fn undelete_document(
        &self,
        customer: TenantId,
        actor: Actor,
        id: DocumentId,
    ) -> Result<(Document, Vec<Pending<Outgoing>>)> {
        let tx = self.tenant(customer).await?;
        let tenant: &dyn Param = &customer;
        let named: [&dyn Param; 2] = [tenant, &id];
        let found = tx
            .query_opt(
                include_str!("../queries/documents/find_deleted.sql"),
                &named,
            )
            .await?
            .ok_or_else(|| Error::not_found("document"))?;
        let deleted_at: DateTime<Utc> = found.get("deleted_at")?;
        let mail: Option<DocumentId> = found.get("attached_to")?;
        if let Some(mail) = mail {
            // The email stays until the commit.
            let hold = include_str!("../queries/documents/lock_email.sql");
            let held = tx.query_opt(hold, &[tenant, &mail]).await?;
            held.ok_or_else(mail_deleted)?;
        }
        let with = tx
            .query(
                include_str!("../queries/documents/deleted_with.sql"),
                &[named[0], named[1], &deleted_at],
            )
            .await?;
        let mut all = vec![id];
        for row in &with {
            all.push(row.get("id")?);
        }
        let (mut messages, mut lines) = (Vec::new(), Vec::new());
        for one in all {
            let undelete = include_str!("../queries/documents/undelete.sql");
            let row = tx
                .try_query(undelete, &[tenant, &one])
                .await?
                .map_err(|error| taken(&error))?;
            // The document has been removed meanwhile, or undeleted by another caller.
            let Some(row) = row.first() else {
                if one == id {
                    return Err(Error::not_found("document"));
                }
                continue;
            };
            messages.extend(resumed(customer.customer_id(), row, Lane::Single)?);
            let details = if one == id {
                json!({})
            } else {
                json!({"attachedTo": id})
            };
            lines.push((Action::DocumentUndeleted, one.as_uuid(), details));
        }
        audit::record_many(&tx, actor, &lines).await?;
        let pending = outbox::insert_many(&tx, &messages).await?;
        let document = documents::get(&tx, id).await??;
        tx.commit().await?;
        Ok((document, pending))
    }

    /// Returns all deleted documents whose chunks may still be in the tables.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn deleted_documents(&self, customer: TenantId) -> Result<Vec<DocumentId>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/documents/deleted.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("id")).collect()
    }
}

/// Records the deletion of documents, and the jobs that remove those that cannot be undeleted.
pub(crate) async fn record(
    tx: &Tenant,
    actor: Actor,
    hidden: &[Hidden],
    details: &Value,
) -> Result<Vec<Pending>> {
    let lines: Vec<_> = hidden.iter().map(|one| one.line(details.clone())).collect();
    audit::record_many(tx, actor, &lines).await?;
    let customer = tx.customer_id();
    let jobs: Vec<Job> = hidden.iter().filter_map(|one| one.job(customer)).collect();
    outbox::insert_many(tx, &jobs).await
}

fn mail_deleted() -> Error {
    let detail = "The document is an attachment of a deleted email. Undelete the email, which also undeletes its attachments.";
    Error::new(Kind::Conflict, "mail_deleted", detail)
}

/// Returns the error of an undeletion: another document may have taken the external id or the URL.
fn taken(failure: &tokio_postgres::Error) -> Error {
    let (code, what) = match error::constraint(failure) {
        Some("documents_external_id_key") => ("external_id_taken", "externalId"),
        Some("documents_source_url_key") => ("source_url_taken", "address"),
        _ => return error::statement(failure),
    };
    let detail = format!("Another document now has its {what}. Delete that document first.");
    Error::new(Kind::Conflict, code, detail)
}
