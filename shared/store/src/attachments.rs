//! Attachments of emails: documents that are deleted together with their email.

use dynrag_domain::{CollectionId, DocumentId, Error, Kind, Result, audit::Actor};
use serde_json::json;

use crate::{
    Store, Tenant,
    deletion::{self, Hidden},
    ingestion::Claim,
    outbox::Pending,
    row::Row,
    uploads::NewDocument,
};

impl Store {
    /// Deletes all attachments of an email except the given ones, which are those of its current version. Returns
    /// `None` if the lease is lost.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn detach_others(
        &self,
        claim: &Claim,
        stay: &[DocumentId],
    ) -> Result<Option<Vec<Pending>>> {
        let tx = self.tenant(claim.tenant).await?;
        let held = tx
            .query_opt(
                include_str!("../queries/documents/lock_claim.sql"),
                &[&claim.tenant, &claim.document_id, &claim.token],
            )
            .await?;
        if held.is_none() {
            return Ok(None);
        }
        let pending = delete(
            &tx,
            Actor::System,
            claim.document_id,
            Which::AllBut(stay),
            false,
        )
        .await?;
        tx.commit().await?;
        Ok(Some(pending))
    }
}

/// Keeps an email from being deleted until the end of the transaction. Returns false if it is deleted already.
pub(crate) async fn lock_email(tx: &Tenant, mail: DocumentId) -> Result<bool> {
    let held = tx
        .query_opt(
            include_str!("../queries/documents/lock_email.sql"),
            &[&tx.customer_id(), &mail],
        )
        .await?;
    Ok(held.is_some())
}

/// The attachments to delete.
pub(crate) enum Which<'a> {
    /// All, because their email is deleted.
    All,
    /// Those in the email's own collection, except the given ones. An attachment that was moved to another collection
    /// stays, because a caller who may write the email may not be able to see it.
    AllBut(&'a [DocumentId]),
}

/// Hides attachments of an email, and writes the jobs that remove them.
pub(crate) async fn delete(
    tx: &Tenant,
    actor: Actor,
    mail: DocumentId,
    which: Which<'_>,
    permanent: bool,
) -> Result<Vec<Pending>> {
    let (stay, beside) = match which {
        Which::All => (&[] as &[DocumentId], false),
        Which::AllBut(stay) => (stay, true),
    };
    let rows = tx
        .query(
            include_str!("../queries/documents/mark_attachments_deleted.sql"),
            &[&tx.customer_id(), &mail, &stay, &permanent, &beside],
        )
        .await?;
    let hidden = rows.iter().map(Hidden::from_row);
    let hidden: Vec<Hidden> = hidden.collect::<Result<_>>()?;
    deletion::record(tx, actor, &hidden, &json!({"attachedTo": mail})).await
}

/// The code of the error for an attachment whose id belongs to another document.
pub const ATTACHMENT_ELSEWHERE: &str = "attachment_elsewhere";

/// Checks that an existing document with an attachment's id was attached to the same email and is in its collection.
/// Any other document is left alone, because a caller who may write the email may not be able to see it.
///
/// # Errors
/// [`ATTACHMENT_ELSEWHERE`] (conflict).
pub(crate) fn check(row: &Row, new: &NewDocument<'_>) -> Result<()> {
    let Some(mail) = new.attached_to else {
        return Ok(());
    };
    let attached_to: Option<DocumentId> = row.get("attached_to")?;
    let collection: Option<CollectionId> = row.get("collection_id")?;
    if attached_to == Some(mail) && collection == new.target.collection() {
        return Ok(());
    }
    let detail = "Another document already has the attachment's id.";
    Err(Error::new(Kind::Conflict, ATTACHMENT_ELSEWHERE, detail))
}
