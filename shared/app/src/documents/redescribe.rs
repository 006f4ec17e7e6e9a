//! Updates the title, metadata, `includeHidden` or `attachments` of an existing document from a duplicate.
//!
//! Search returns titles and metadata with every chunk, so the change becomes the next version of the same original.
//! Texts that were embedded before are not paid for again.

use dynrag_domain::{DocumentId, Kind, Result};
use dynrag_store::{admission::Admission, versions::Change};

use super::{ATTEMPTS, Description};
use crate::App;

/// Queues the next version of a document if its duplicate has another description. Returns `false` if nothing changes,
/// or if concurrent requests keep changing the document, which then stays unchanged.
pub(super) async fn redescribe(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    description: &Description,
) -> Result<bool> {
    let change = Change {
        title: description.title.as_deref(),
        metadata: description.metadata.as_ref(),
        extraction: description.extraction,
        ..Change::default()
    };
    let (store, customer) = (caller.store(), caller.tenant());
    let actor = caller.principal.into();
    for _ in 0..ATTEMPTS {
        if !store.is_described_otherwise(customer, id, &change).await? {
            return Ok(false);
        }
        match store
            .process_again(customer, actor, id, None, &change)
            .await
        {
            Ok(Some((_, pending))) => {
                app.dispatch(&pending).await;
                return Ok(true);
            }
            Ok(None) => {}
            // Deleted in the meantime, or not fetched yet.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Conflict) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
