//! `?wait=`: holds the answer until the document has ended, well or badly, or the time is up.

use std::time::Duration;

use dynrag_api::{Json, answers::Either};
use dynrag_domain::{Error, Result};
use dynrag_store::admission::Admission;
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use crate::accept::{Accepted, Outcome};

/// The gateway gives up after thirty seconds, of which the upload itself may have had some.
const LONGEST: u32 = 25;
const FIRST_LOOK: Duration = Duration::from_millis(150);
const SLOWEST_LOOK: Duration = Duration::from_millis(1500);

/// How long the caller waits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    /// Seconds to hold the answer until the document has ended; none where it is left out.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

impl Waiting {
    /// So many seconds.
    pub(crate) fn seconds(wait: Option<u32>) -> Self {
        Self { wait }
    }

    /// The time, checked.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn time(&self) -> Result<Duration> {
        match self.wait {
            Some(wait) if wait > LONGEST => {
                let detail = format!("at most {LONGEST} seconds");
                Err(Error::field("/wait", detail))
            }
            wait => Ok(Duration::from_secs(wait.unwrap_or(0).into())),
        }
    }
}

/// Looks at the document until it has ended; the answer is as it was where the time is up.
pub(crate) async fn hold(caller: &Admission, outcome: Outcome, time: Duration) -> Result<Outcome> {
    let accepted = match &outcome {
        Either::This(accepted) => &accepted.0,
        Either::That(Json(there)) => there,
    };
    let (id, mut status) = (accepted.doc_id, accepted.status);
    let (duplicate, updated) = (accepted.duplicate, accepted.updated);
    let deadline = Instant::now() + time;
    let mut pause = FIRST_LOOK;
    let (mut code, mut reason) = (None, None);
    while !status.is_terminal() && Instant::now() + pause < deadline {
        sleep(pause).await;
        pause = (pause * 3 / 2).min(SLOWEST_LOOK);
        let document = caller.store().get_document(caller.customer_id, id).await?;
        (status, code, reason) = (document.status, document.code, document.reason());
    }
    if !status.is_terminal() {
        return Ok(outcome);
    }
    Ok(Either::That(Json(Accepted {
        duplicate,
        updated,
        code,
        reason,
        ..Accepted::new(id, status)
    })))
}
