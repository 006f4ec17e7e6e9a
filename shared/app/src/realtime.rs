//! WebSocket connections: tickets for callers of the API, and subscriptions to channels.

use chrono::{DateTime, Utc};
use dynrag_cloud::connections::Posted;
use dynrag_config::RealtimeConfig;
use dynrag_domain::{
    ChatSessionId, DocumentId, Error, JobId, Kind, Result,
    realtime::{Channel, Ticket},
};
use dynrag_store::{
    admission::{Admission, Endpoint},
    chat::Owner,
    realtime::scope_of,
    timeline::Standing,
};
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::{App, not_configured};

/// Connections that are looked at concurrently.
const PROBES: usize = 16;

/// A ticket as its caller gets it. It holds the secret, hence no Debug.
pub struct Issued {
    /// The ticket.
    pub ticket: String,
    /// Where to connect, with the ticket.
    pub url: String,
    /// When the ticket expires.
    pub expires_at: DateTime<Utc>,
}

/// Issues a ticket with which a caller opens one connection.
///
/// # Errors
/// `unavailable`; `internal_error` if the deployment has no WebSocket API.
pub async fn issue_ticket(caller: &Admission) -> Result<Issued> {
    let config = RealtimeConfig::from_env().map_err(not_configured)?;
    let ticket = Ticket::generate(caller.customer_id);
    let expires_at = caller.store().add_ticket(caller, &ticket).await?;
    let ticket = ticket.text();
    // base64url: nothing to escape.
    let url = format!("{}?ticket={ticket}", config.url);
    Ok(Issued {
        ticket,
        url,
        expires_at,
    })
}

/// Opens a connection with a ticket.
///
/// # Errors
/// `unauthenticated`; `too_many_connections` (rate limited); `unavailable`.
pub async fn open(app: &App, ticket: Option<&str>, connection: &str) -> Result<()> {
    let ticket = ticket
        .and_then(Ticket::parse)
        .ok_or_else(|| Error::unauthenticated("connected without a ticket"))?;
    let store = app.unbounded_store().await?;
    match store.open_connection(&ticket, connection).await {
        Err(error) if error.kind() == Kind::RateLimited => {}
        opened => return opened,
    }
    // API Gateway may have ended some without saying so.
    forget_ended(app, &ticket).await?;
    store.open_connection(&ticket, connection).await
}

async fn forget_ended(app: &App, ticket: &Ticket) -> Result<()> {
    let (store, connections) = (app.unbounded_store().await?, app.connections().await?);
    let ids = store.connection_ids(ticket).await?;
    let looks = ids
        .into_iter()
        .map(async |id| match connections.is_open(&id).await? {
            true => Ok(()),
            false => store.close_connection(&id).await,
        });
    let looks = stream::iter(looks).buffer_unordered(PROBES);
    looks.try_collect::<Vec<()>>().await.map(drop)
}

/// Admits what comes through a connection as a request of its user or key: it counts against their limits.
///
/// # Errors
/// `unauthenticated`, also if a session has ended or a key was revoked; `rate_limited`; `unavailable`.
pub async fn admit(app: &App, connection: &str, endpoint: Endpoint<'_>) -> Result<Admission> {
    let store = app.unbounded_store().await?;
    let admitted = store.admit_connection(connection, endpoint).await;
    admitted.map_err(|refused| *refused.error)
}

/// Forgets a connection that has ended.
///
/// # Errors
/// `unavailable`; `sweep` forgets it later.
pub async fn close(app: &App, connection: &str) -> Result<()> {
    app.unbounded_store()
        .await?
        .close_connection(connection)
        .await
}

/// Posts a message to a connection, or a shorter one if it is too large. Returns whether the connection is still open.
///
/// # Errors
/// `unavailable`; `internal_error` if this function may not reach connections.
pub async fn post(
    app: &App,
    connection: &str,
    message: String,
    shorter: impl FnOnce() -> Result<String>,
) -> Result<bool> {
    let connections = app.connections().await?;
    let mut posted = connections.post(connection, message).await?;
    if posted == Posted::TooLarge {
        posted = connections.post(connection, shorter()?).await?;
    }
    Ok(posted != Posted::Gone)
}

/// What a connection subscribes to: a channel, or one subject of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Topic {
    /// The channel.
    pub channel: Channel,
    /// A document, a job or a conversation; `None` for all that the caller may see.
    pub subject: Option<Uuid>,
}

impl Topic {
    fn stored(self) -> Uuid {
        self.subject.unwrap_or_default()
    }
}

/// Subscribes a caller's connection. Of a document, returns the steps after one that the client has: those that it will be told
/// come after them, or are among them.
///
/// # Errors
/// `missing_scope` (forbidden); `not_found`; `too_many_subscriptions` (conflict); `unavailable`.
pub async fn subscribe(
    caller: &Admission,
    connection: &str,
    topic: Topic,
    after: i64,
) -> Result<Option<Standing>> {
    caller.require(scope_of(topic.channel))?;
    let (store, customer) = (caller.store(), caller.tenant());
    match (topic.channel, topic.subject) {
        (Channel::Documents, Some(id)) => {
            // Before anything is stored: whether the caller sees it.
            let id = DocumentId::from(id);
            store.document_steps(customer, id, i64::MAX).await?;
        }
        (Channel::Jobs, Some(id)) => drop(store.get_job(customer, JobId::from(id)).await?),
        (Channel::Chat, Some(id)) => {
            let owner = Owner::try_from(caller.principal)?;
            let id = ChatSessionId::from(id);
            drop(store.chat_messages(customer, owner, id, None, 1).await?);
        }
        (Channel::Usage, Some(_)) => {
            return Err(Error::field(
                "/id",
                "left out: the channel is about the account",
            ));
        }
        (_, None) => {}
    }
    store
        .subscribe(customer, connection, topic.channel, topic.stored())
        .await?;
    match (topic.channel, topic.subject) {
        (Channel::Documents, Some(id)) => {
            // A writer that did not see the subscription still holds the document.
            let id = DocumentId::from(id);
            let steps = store.settled_document_steps(customer, id, after);
            Ok(Some(steps.await?))
        }
        _ => Ok(None),
    }
}

/// Ends a subscription. One that there is not has ended.
///
/// # Errors
/// `unavailable`.
pub async fn unsubscribe(caller: &Admission, connection: &str, topic: Topic) -> Result<()> {
    let (store, customer) = (caller.store(), caller.tenant());
    store
        .unsubscribe(customer, connection, topic.channel, topic.stored())
        .await
}
