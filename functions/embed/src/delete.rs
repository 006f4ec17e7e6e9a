//! Removes the remaining data of deleted documents. They have been hidden since the request; here they are
//! removed, those of a tenant together, so that the thousands of a collection do not rewrite the table once
//! each.
//!
//! Rows first, then the old versions of the table that still contain them, then the bucket, and the rows in
//! Postgres last: until they are gone the deletions are sent again, and each step is idempotent.
//!
//! Large segments of the search index are rewritten by maintenance; the documents' rows stay until it has done so.
//!
//! A worker that still reads a document may write its text once more. The document's row then stays until that
//! worker has noticed and removes it itself, or until its lease has lapsed.

use bytes::Bytes;
use chrono::Utc;
use dynrag_domain::{DocumentId, Error, Result, storage};
use dynrag_store::{TenantId, bundles::Stretch};
use dynrag_vectors::Change;
use uuid::Uuid;

use crate::{parts::Parts, publish};

/// Permanently deletes documents, as far as they are (still) under deletion.
pub(crate) async fn delete(
    parts: &Parts,
    customer: TenantId,
    documents: &[DocumentId],
) -> Result<()> {
    let step = parts.store.begin_maintenance(customer).await?;
    let deletions = step.deletions(documents).await?;
    if deletions.is_empty() {
        return step.end().await;
    }
    let documents: Vec<DocumentId> = deletions.iter().map(|one| one.document_id).collect();
    let change = Change {
        delete: documents.clone(),
        ..Change::none(Utc::now())
    };
    let is_clean = publish::remove(parts, step, customer, &change).await?;
    let bundles = parts.store.bundles_of(customer, &documents).await?;
    let leaving: Vec<Vec<u8>> = documents
        .iter()
        .map(|document| document.as_uuid().as_bytes().to_vec())
        .collect();
    unbundle(parts, customer, bundles, &leaving).await?;
    for document in &documents {
        let prefix = storage::document_prefix(customer.customer_id(), *document);
        parts.objects.delete_prefix(&prefix).await?;
    }
    let done: Vec<DocumentId> = deletions
        .iter()
        .filter(|one| is_clean && !one.worked_on)
        .map(|one| one.document_id)
        .collect();
    let step = parts.store.begin_maintenance(customer).await?;
    step.forget(&done).await?;
    let waiting = documents.len() - done.len();
    tracing::info!(customer_id = %customer, documents = done.len(), waiting, "documents deleted");
    Ok(())
}

/// Removes originals from their bundles. The remaining originals of a bundle move to a new one, whose id follows
/// from the old id and the first of the removed originals; the rows of the removed ones name the old bundle
/// until the end, so that it is certain to be deleted.
///
/// | it dies | what is left | who recovers it |
/// |---|---|---|
/// | after the new bundle | an orphaned object | the next attempt of the deletion that gave it its id |
/// | after the commit | the old bundle | the next attempt, which deletes it |
pub(crate) async fn unbundle(
    parts: &Parts,
    customer: TenantId,
    bundles: Vec<Uuid>,
    leaving: &[Vec<u8>],
) -> Result<()> {
    for old in bundles {
        // The same at every attempt.
        let mut ids = leaving.iter().map(|leaver| Uuid::new_v5(&old, leaver));
        let old_key = storage::bundle_key(customer.customer_id(), old);
        // The lock: of two deletions from one bundle, the second sees what the first has moved.
        let step = parts.store.begin_maintenance(customer).await?;
        let rest = step.bundle_rest(old).await?;
        if rest.is_empty() {
            // Bundles of attempts that died before their commit.
            let mut unnamed = Vec::new();
            for new in ids {
                if step.bundle_rest(new).await?.is_empty() {
                    unnamed.push(storage::bundle_key(customer.customer_id(), new));
                }
            }
            step.end().await?;
            for key in unnamed {
                parts.objects.delete(&key).await?;
            }
        } else if let Some(new) = ids.next() {
            let new_key = storage::bundle_key(customer.customer_id(), new);
            let length = rest.iter().map(|s| s.offset + s.bytes).max().unwrap_or(0);
            match parts.objects.get_range(&old_key, 0, length).await? {
                Some(bytes) => {
                    let (bytes, moved) = without_gaps(&bytes, &rest)?;
                    let binary = "application/octet-stream";
                    parts.objects.put(&new_key, binary, bytes).await?;
                    step.move_bundle(old, new, &moved).await?;
                }
                None => {
                    tracing::error!(customer_id = %customer, bundle = %old, "bundle is gone while rows name it");
                    step.end().await?;
                }
            }
        }
        parts.objects.delete(&old_key).await?;
    }
    Ok(())
}

/// The rest of a bundle without gaps, and the new ranges.
fn without_gaps(bytes: &[u8], rest: &[Stretch]) -> Result<(Bytes, Vec<Stretch>)> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut moved = Vec::with_capacity(rest.len());
    for stretch in rest {
        let begin = usize::try_from(stretch.offset).map_err(Error::internal_fault)?;
        let length = usize::try_from(stretch.bytes).map_err(Error::internal_fault)?;
        let part = begin
            .checked_add(length)
            .and_then(|end| bytes.get(begin..end))
            .ok_or_else(|| Error::internal_fault("stretch beyond its bundle"))?;
        moved.push(Stretch {
            offset: kept.len() as u64,
            ..*stretch
        });
        kept.extend_from_slice(part);
    }
    Ok((kept.into(), moved))
}

#[cfg(test)]
mod tests {
    use dynrag_domain::VersionNumber;

    use super::*;

    #[test]
    fn what_stays_moves_together() {
        let stretch = |offset, bytes| Stretch {
            document_id: DocumentId::generate(),
            version: VersionNumber::FIRST,
            offset,
            bytes,
        };
        let rest = [stretch(0, 3), stretch(6, 2), stretch(8, 0)];
        let (bytes, moved) = without_gaps(b"abcXXXdeYY", &rest).unwrap();
        assert_eq!(bytes, "abcde");
        let starts: Vec<u64> = moved.iter().map(|s| s.offset).collect();
        assert_eq!(starts, [0, 3, 5]);
        assert!(without_gaps(b"abc", &[stretch(2, 2)]).is_err());
    }
}
