//! A duplicate that comes with another title, other metadata or another `includeHidden` takes them over.
//!
//! Search shows titles and metadata with every chunk, so it becomes the next version of the same original. Texts that
//! were embedded before are not paid for again.

use dynrag_api::Context;
use dynrag_domain::{CustomerId, DocumentId, Kind, Result, audit::Actor};
use dynrag_store::{outbox::Pending, versions::Change};

use crate::fields::Description;

/// How often it is decided anew when others change the same document.
const RACES: usize = 5;

/// Queues the next version of a duplicate that is described otherwise now. None where nothing is to change, or
/// where others keep changing it: what is there is a duplicate all the same.
pub(crate) async fn redescribe(
    context: &Context,
    customer: CustomerId,
    actor: Actor,
    id: DocumentId,
    description: &Description,
) -> Result<Option<Pending>> {
    let change = Change {
        title: description.title.as_deref(),
        metadata: description.metadata.as_ref(),
        include_hidden: description.include_hidden,
        ..Change::default()
    };
    let store = context.store().await?;
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
            // Deleted meanwhile, or still to be fetched.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Conflict) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
