//! Waits for the processing of a document to end.

use std::time::Duration;

use dynrag_domain::Result;
use dynrag_store::admission::Admission;
use tokio::time::{Instant, sleep};

use super::AddedDocument;

const FIRST_LOOK: Duration = Duration::from_millis(150);
const SLOWEST_LOOK: Duration = Duration::from_millis(1500);

/// Waits until processing has ended or the time is up; in that case returns the document unchanged.
///
/// # Errors
/// `not_found` if it is deleted meanwhile; `unavailable` without a database.
pub async fn wait(
    caller: &Admission,
    added: AddedDocument,
    time: Duration,
) -> Result<AddedDocument> {
    let mut now = added.clone();
    let deadline = Instant::now() + time;
    let mut pause = FIRST_LOOK;
    while !now.status.is_terminal() && Instant::now() + pause < deadline {
        sleep(pause).await;
        pause = (pause * 3 / 2).min(SLOWEST_LOOK);
        let document = caller
            .store()
            .get_document(caller.tenant(), added.id)
            .await?;
        now.status = document.status;
        (now.code, now.reason) = (document.code, document.reason());
    }
    if !now.status.is_terminal() {
        return Ok(added);
    }
    now.queued = false;
    Ok(now)
}
