//! Attachments of mails: documents that are deleted with the mail they were attached to.

use dynrag_domain::{
    DocumentId, Error, Result,
    audit::{Action, Actor},
    jobs::Job,
};
use serde_json::json;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{
    Store, Tenant, audit,
    ingestion::Claim,
    outbox::{self, Pending},
};

impl Store {
    /// Deletes the attachments of a mail but those that stay: its present version has no others. Returns `None` if the
    /// lease is lost.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn detach_others(
        &self,
        claim: &Claim,
        stay: &[DocumentId],
    ) -> Result<Option<Vec<Pending>>> {
        let tx = self.tenant(claim.customer_id).await?;
        let held = tx
            .query_opt(
                include_str!("../queries/documents/hold_claim.sql"),
                &[
                    (&claim.customer_id.as_uuid(), Type::UUID),
                    (&claim.document_id.as_uuid(), Type::UUID),
                    (&claim.token, Type::INT8),
                ],
            )
            .await?;
        if held.is_none() {
            return Ok(None);
        }
        let pending = delete(&tx, Actor::System, claim.document_id, stay).await?;
        tx.commit().await?;
        Ok(Some(pending))
    }
}

/// Keeps a mail from being deleted until the end of the transaction; false if it was.
pub(crate) async fn hold_mail(tx: &Tenant, mail: DocumentId) -> Result<bool> {
    let held = tx
        .query_opt(
            include_str!("../queries/documents/hold_mail.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&mail.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    Ok(held.is_some())
}

/// Hides the attachments of a mail but those that stay, and writes the jobs that remove them.
pub(crate) async fn delete(
    tx: &Tenant,
    actor: Actor,
    mail: DocumentId,
    stay: &[DocumentId],
) -> Result<Vec<Pending>> {
    let stay: Vec<Uuid> = stay.iter().map(|id| id.as_uuid()).collect();
    let rows = tx
        .query(
            include_str!("../queries/documents/mark_attachments_deleted.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&mail.as_uuid(), Type::UUID),
                (&stay, Type::UUID_ARRAY),
            ],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().map(|row| row.try_get("id"));
    let ids: Vec<Uuid> = ids
        .collect::<Result<_, _>>()
        .map_err(Error::internal_fault)?;
    let lines: Vec<_> = ids
        .iter()
        .map(|id| (Action::DocumentDeleted, *id, json!({"attachedTo": mail})))
        .collect();
    audit::record_many(tx, actor, &lines).await?;
    let customer = tx.customer_id();
    let jobs: Vec<Job> = ids
        .into_iter()
        .map(|id| Job::delete(customer, id.into()))
        .collect();
    outbox::insert_many(tx, &jobs).await
}
