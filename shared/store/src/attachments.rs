//! Attachments of mails: documents that are deleted with the mail they were attached to.

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
        let tx = self.tenant(claim.tenant).await?;
        let held = tx
            .query_opt(
                include_str!("../queries/documents/hold_claim.sql"),
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

/// Keeps a mail from being deleted until the end of the transaction; false if it was.
pub(crate) async fn hold_mail(tx: &Tenant, mail: DocumentId) -> Result<bool> {
    let held = tx
        .query_opt(
            include_str!("../queries/documents/hold_mail.sql"),
            &[&tx.customer_id(), &mail],
        )
        .await?;
    Ok(held.is_some())
}

/// Which attachments go.
pub(crate) enum Which<'a> {
    /// All: their mail goes.
    All,
    /// Those in the mail's own collection but these. One that was moved elsewhere stays: a caller who may write the mail
    /// may not see it.
    AllBut(&'a [DocumentId]),
}

/// Hides attachments of a mail, and writes the jobs that remove them.
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

/// The refusal of an attachment whose id belongs to another document.
pub const ATTACHMENT_ELSEWHERE: &str = "attachment_elsewhere";

/// Checks, of an attachment, that the document with its id was attached to the same mail and is where that is. Anything
/// else is left alone: a caller who may write the mail may not see it.
///
/// # Errors
/// [`ATTACHMENT_ELSEWHERE`] (conflict).
pub(crate) fn check(row: &Row, new: &NewDocument<'_>) -> Result<()> {
    let Some(mail) = new.attached_to else {
        return Ok(());
    };
    let attached_to: Option<DocumentId> = row.get("attached_to")?;
    let collection: Option<CollectionId> = row.get("collection_id")?;
    if attached_to == Some(mail) && collection == new.place.collection() {
        return Ok(());
    }
    let detail = "Another document already has the attachment's id.";
    Err(Error::new(Kind::Conflict, ATTACHMENT_ELSEWHERE, detail))
}
