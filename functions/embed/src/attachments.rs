//! Attachments of an email as separate documents. They are deleted with the email, or with a version of it that no
//! longer has them.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the S3 write of an attachment | an orphaned object | it stays, at the cost of its storage |
//! | after some were added | these, with their jobs in the outbox | `sweep` sends the jobs; the email's next attempt finds them by their external id and adds the rest |
//! | before those it no longer has are deleted | documents of an earlier version | the email's next attempt |
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

use dynrag_app::documents::{Kept, keep};
use dynrag_domain::{
    DocumentId, Kind, Result, VersionNumber,
    audit::Actor,
    documents::{self, ExtractionOptions, FailureCode, Format, OnDuplicate, Source},
    queues::Queue,
    warnings::{WarningCode, Warnings},
};
use dynrag_extract::{Attachment, detect};
use dynrag_store::{
    attachments::ATTACHMENT_ELSEWHERE, ingestion::Claim, outbox::Pending, uploads::NewDocument,
};

use crate::{parts::Parts, stop::Stop};

/// Reason why an attachment is left out: the customer has no room for it.
const NO_ROOM: [FailureCode; 2] = [FailureCode::DocumentLimit, FailureCode::StorageLimit];

/// Outcome for an attachment.
enum Outcome {
    Added(DocumentId, Option<Pending>),
    /// Its type is unsupported or not allowed, it is empty, the customer has no room for it, or its id belongs to a
    /// document that is not attached to the email or has been moved.
    LeftOut,
}

/// Adds the attachments of an email if the claim says so, and deletes those of an earlier version. Attachments that
/// were not added are counted in the warnings.
pub(crate) async fn settle(
    parts: &Parts,
    claim: &Claim,
    mail: &[u8],
    warnings: &mut Warnings,
) -> Result<(), Stop> {
    let mut added = Vec::new();
    if claim.attachments {
        let files = match parts.extractor.attachments(mail).await? {
            Ok(files) => files,
            Err(failure) if parts.slow_lane.takes(&failure) => return Err(Stop::Slow),
            Err(failure) => {
                let (code, detail) = (failure.code.as_str(), failure.detail);
                tracing::warn!(document_id = %claim.document_id, code, detail, "attachments not read");
                // It is unknown which of an earlier version's are still attached: all are kept.
                return Ok(());
            }
        };
        // The reader's count includes those beyond the limit.
        let all = warnings.take(WarningCode::AttachmentsNotRead);
        for (index, file) in files.into_iter().enumerate() {
            let name = file.name.as_deref().and_then(documents::file_name);
            let name = name.unwrap_or_else(|| format!("Attachment {}", index + 1));
            match add(parts, claim, index + 1, &name, file).await? {
                Outcome::Added(id, pending) => {
                    added.push(id);
                    if let Some(pending) = pending {
                        parts.app.dispatch_to(Queue::Ingest, &pending).await;
                    }
                }
                Outcome::LeftOut => warnings.add_at(WarningCode::AttachmentsNotRead, &name),
            }
        }
        let named = warnings.count(WarningCode::AttachmentsNotRead);
        let beyond = all.saturating_sub(added.len() + named);
        warnings.add(WarningCode::AttachmentsNotRead, beyond);
    }
    if claim.attachments || claim.version > VersionNumber::FIRST {
        let gone = parts.store.detach_others(claim, &added).await?;
        for pending in gone.ok_or(Stop::Lost)? {
            parts.app.dispatch_to(Queue::Ingest, &pending).await;
        }
    }
    Ok(())
}

/// Adds an attachment; `number` counts from 1.
async fn add(
    parts: &Parts,
    claim: &Claim,
    number: usize,
    name: &str,
    file: Attachment,
) -> Result<Outcome, Stop> {
    let declared = Format::from_media_type(&file.media_type);
    let format = detect(&file.bytes, declared, Some(name)).filter(|format| {
        let allowed = claim.allowed_types.iter();
        allowed.into_iter().any(|name| name == format.as_str())
    });
    let is_blank = file.bytes.iter().all(u8::is_ascii_whitespace);
    let (Some(format), false) = (format, is_blank) else {
        return Ok(Outcome::LeftOut);
    };
    let new = NewDocument {
        external_id: Some(&format!("{}/{number}", claim.document_id)),
        file_name: Some(name),
        metadata: Some(&claim.metadata),
        chunking: claim.own_chunking,
        target: claim.collection.into(),
        // The attachments of an attached email are not added: otherwise a small upload could become any number of
        // documents.
        extraction: ExtractionOptions {
            include_hidden: Some(claim.include_hidden),
            attachments: None,
        },
        attached_to: Some(claim.document_id),
        lane: claim.lane,
        ..NewDocument::new(name, Source::Attachment, format, Actor::System)
    };
    let (store, objects, customer) = (&parts.store, &parts.objects, claim.tenant);
    let kept = keep(
        store,
        objects,
        customer,
        &new,
        file.bytes,
        OnDuplicate::Skip,
    );
    match kept.await {
        Ok(Kept::Queued { id, pending }) => Ok(Outcome::Added(id, Some(pending))),
        Ok(Kept::Duplicate { id, .. }) => Ok(Outcome::Added(id, None)),
        Err(error) if NO_ROOM.iter().any(|code| error.code() == code.as_str()) => {
            Ok(Outcome::LeftOut)
        }
        Err(error) if error.code() == ATTACHMENT_ELSEWHERE => Ok(Outcome::LeftOut),
        // The email was deleted.
        Err(error) if error.kind() == Kind::NotFound => Err(Stop::Lost),
        Err(error) => Err(error.into()),
    }
}
