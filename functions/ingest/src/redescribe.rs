//! Lets an existing document take over the title, metadata, `includeHidden` or `attachments` of a duplicate.
//!
//! Search shows titles and metadata with every chunk, so the change becomes the next version of the same original.
//! Texts that were embedded before are not paid for again.

use dynrag_domain::{DocumentId, Kind, Result};
use dynrag_store::{admission::Admission, outbox::Pending, versions::Change};

use crate::fields::Description;

/// Attempts while others change the same document.
const RACES: usize = 5;

/// Queues the next version of a document if its duplicate is described differently. Returns `None` if nothing changes,
/// or if others keep changing the document: the duplicate then stays as it is.
pub(crate) async fn redescribe(
    caller: &Admission,
    id: DocumentId,
    description: &Description,
) -> Result<Option<Pending>> {
    let change = Change {
        title: description.title.as_deref(),
        metadata: description.metadata.as_ref(),
        reading: description.reading,
        ..Change::default()
    };
    let (store, customer) = (caller.store(), caller.customer_id);
    let actor = caller.principal.into();
    for _ in 0..RACES {
        if !store.is_described_otherwise(customer, id, &change).await? {
            return Ok(None);
        }
        match store
            .process_again(customer, actor, id, None, &change)
            .await
        {
            Ok(Some((_, pending))) => return Ok(Some(pending)),
            Ok(None) => {}
            // Deleted in the meantime, or not fetched yet.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Conflict) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
