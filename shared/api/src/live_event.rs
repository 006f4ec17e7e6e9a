//! Events as WebSocket clients get them.

use dynrag_app::{App, realtime};
use dynrag_domain::{DocumentId, Error, Result, realtime::Channel};
use dynrag_store::timeline::Standing;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::timeline::{DocumentEnd, DocumentStep};

/// In place of data that is too large to be sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TooLarge {
    too_large: bool,
}

fn json(event: &LiveEvent) -> Result<String> {
    serde_json::to_string(event).map_err(Error::internal_fault)
}

/// An event of a channel.
#[derive(Clone, Serialize, Debug)]
#[serde(tag = "type", rename = "event", rename_all = "camelCase")]
pub struct LiveEvent {
    channel: Channel,
    /// The document, job or conversation that it is about; left out for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    event: &'static str,
    /// The number of a document's step, or of a message in its conversation. An event may arrive twice, with the same number.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    // As written: a number keeps its digits.
    data: Box<RawValue>,
}

impl LiveEvent {
    /// An event about a document, a job or a conversation, or about the account.
    ///
    /// # Errors
    /// An internal fault if the data cannot be serialized.
    pub fn new(
        channel: Channel,
        id: Option<Uuid>,
        event: &'static str,
        number: Option<i64>,
        data: &impl Serialize,
    ) -> Result<Self> {
        Ok(Self {
            channel,
            id,
            event,
            number,
            data: to_raw_value(data).map_err(Error::internal_fault)?,
        })
    }

    /// The events of a document, as its event stream has them: `status` for each step, and `end`.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn of_document(id: DocumentId, standing: Standing) -> Result<Vec<Self>> {
        let end = DocumentEnd::after(id, &standing);
        let about = Some(id.as_uuid());
        let mut events = Vec::with_capacity(standing.steps.len() + 1);
        for step in standing.steps {
            let number = Some(step.number);
            let step = DocumentStep::from(step);
            events.push(Self::new(
                Channel::Documents,
                about,
                "status",
                number,
                &step,
            )?);
        }
        if let Some(end) = end {
            events.push(Self::new(Channel::Documents, about, "end", None, &end)?);
        }
        Ok(events)
    }

    /// Posts it to a connection, without its data if they are too large. Returns whether the connection is still open.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if this function may not reach connections.
    pub async fn post(&self, app: &App, connection: &str) -> Result<bool> {
        let shorter = || json(&self.without_data()?);
        realtime::post(app, connection, json(self)?, shorter).await
    }

    /// The same without its data, for one that is too large to be sent.
    fn without_data(&self) -> Result<Self> {
        let data = TooLarge { too_large: true };
        Self::new(self.channel, self.id, self.event, self.number, &data)
    }

    /// The end of a document that was deleted.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn of_deleted(id: DocumentId) -> Result<Self> {
        let end = DocumentEnd::deleted(id);
        Self::new(Channel::Documents, Some(id.as_uuid()), "end", None, &end)
    }
}
