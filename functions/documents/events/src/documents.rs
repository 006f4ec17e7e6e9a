//! `GET /api/documents/{id}/events`: a document's timeline, past and live.

use dynrag_api::{
    Answer, Caller, Path,
    event_stream::{EventStream, LastEventId, Until},
    scopes::DocumentsRead,
};
use dynrag_domain::DocumentId;

use crate::follow;

/// Streams the steps after the last one that the client received, until processing has ended.
pub(crate) async fn events(
    caller: Caller<DocumentsRead>,
    Path(id): Path<DocumentId>,
    LastEventId(seen): LastEventId,
    Until(until): Until,
) -> Answer<EventStream> {
    let store = caller.store().clone();
    let customer = caller.tenant();
    // A separate transaction for each poll: nothing is held while the stream waits.
    let look = move |after| {
        let store = store.clone();
        async move { store.document_steps(customer, id, after).await }
    };
    // Before the stream begins: a missing document is a problem document.
    let first = look(seen).await?;
    let events = follow::events(id, seen, first, look, follow::TICK, until);
    Ok(EventStream::of(events, follow::SILENCE))
}
