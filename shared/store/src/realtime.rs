//! WebSocket connections: tickets, subscriptions, and the events on their way to a connection.
//!
//! Events are written by triggers of the database (`push_event` and others) in the transaction of what happened, only for
//! connections that have subscribed to it, and are their own outbox.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the change, before the message is sent | events that are due | `sweep`, or the next function that sends events of any customer |
//! | while events are delivered | the same events, and an open transaction that ends with its connection | the message is redelivered, or `sweep` sends another: some events arrive twice |
//! | a client, without closing | a connection | the next event finds it gone; `sweep` forgets it when it is older than any connection |

use std::time::Duration;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    ApiKeyId, ChatSessionId, CollectionId, Error, Kind, Result, SessionId, UserId,
    identity::{Principal, Role, Scope},
    realtime::{Channel, MAX_CONNECTIONS, MAX_SUBSCRIPTIONS, Push, TICKET_SECONDS, Ticket},
};
use uuid::Uuid;

use crate::{Bounds, Store, Tenant, TenantId, admission::Admission, chat::Owner, row::Row};

/// How long a transaction that delivers events may be idle. A round takes less, so that this is of functions that died.
const DELIVERING: Duration = Duration::from_secs(45);

/// A connection that has events waiting or is to be closed.
#[derive(Clone, Debug)]
pub struct Connection {
    /// API Gateway's id.
    pub id: String,
    /// The user or the key that it belongs to, with its rights of now; `None` if it is to be closed.
    pub listener: Option<Listener>,
}

/// Who listens.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The user or the key.
    pub principal: Principal,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// The collections that a key is bound to; `None` if it is not bound.
    pub collections: Option<Vec<CollectionId>>,
}

impl Listener {
    /// Returns whether it may hear a channel.
    pub fn hears(&self, channel: Channel) -> bool {
        self.scopes.contains(&scope_of(channel))
    }
}

/// Returns the scope that a channel requires.
pub const fn scope_of(channel: Channel) -> Scope {
    match channel {
        Channel::Documents | Channel::Jobs => Scope::DocumentsRead,
        Channel::Chat => Scope::Chat,
        Channel::Usage => Scope::Metrics,
    }
}

/// An event that waits for a connection. What it says is read when it is delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The event's row.
    pub id: i64,
    /// The connection.
    pub connection: String,
    /// The channel.
    pub channel: Channel,
    /// The document, job or conversation.
    pub subject: Uuid,
    /// The row of `document_events`, or the message's number in its conversation.
    pub number: Option<i64>,
    /// The collection that a deleted document was in.
    pub collection: Option<CollectionId>,
}

/// The right to deliver events to some connections of a customer, which nobody else has meanwhile.
pub struct Delivering {
    tx: Tenant,
    /// The connections.
    pub connections: Vec<Connection>,
    /// Whether others have connections with events waiting: they may end without seeing the latest.
    pub others: bool,
}

impl Delivering {
    /// Returns events that wait for connections, in their order, at most so many for each.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn waiting(&self, connections: &[String], most: i64) -> Result<Vec<Waiting>> {
        let rows = self
            .tx
            .query(
                include_str!("../queries/realtime/waiting.sql"),
                &[&self.tx.customer_id(), &connections, &most],
            )
            .await?;
        rows.iter().map(waiting).collect()
    }

    /// Forgets events that were delivered and connections that have ended.
    ///
    /// # Errors
    /// `unavailable` without a database; the events are then delivered again.
    pub async fn end(self, delivered: &[i64], ended: &[String]) -> Result<()> {
        self.tx
            .query(
                include_str!("../queries/realtime/pushed.sql"),
                &[&self.tx.customer_id(), &delivered, &ended],
            )
            .await?;
        self.tx.commit().await
    }
}

fn waiting(row: &Row) -> Result<Waiting> {
    Ok(Waiting {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        channel: row.get("channel")?,
        subject: row.get("subject")?,
        number: row.get("number")?,
        collection: row.get("collection_id")?,
    })
}

fn connection(row: &Row) -> Result<Connection> {
    let admitted: bool = row.get("admitted")?;
    let (user, key): (Option<UserId>, Option<ApiKeyId>) =
        (row.get("user_id")?, row.get("api_key_id")?);
    let role: Option<Role> = row.get("role")?;
    let scopes: Option<Vec<String>> = row.get("scopes")?;
    let principal = user
        .map(Principal::User)
        .or(key.map(Principal::ApiKey))
        .filter(|_| admitted);
    let collections = row.get("collections")?;
    let listener = principal.map(|principal| Listener {
        principal,
        scopes: match role {
            Some(role) => role.scopes().to_vec(),
            None => scopes
                .into_iter()
                .flatten()
                .filter_map(|name| Scope::parse(&name))
                .collect(),
        },
        collections,
    });
    Ok(Connection {
        id: row.get("id")?,
        listener,
    })
}

fn unknown_ticket() -> Error {
    Error::unauthenticated("ticket is unknown, was used or has expired")
}

impl Store {
    /// Returns the store as a listener sees it.
    pub fn of_listener(&self, listener: &Listener) -> Self {
        match &listener.collections {
            Some(collections) => self.bounded(Bounds::within(collections)),
            None => self.clone(),
        }
    }

    /// Stores a ticket for a caller. Returns when it expires.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn add_ticket(&self, caller: &Admission, ticket: &Ticket) -> Result<DateTime<Utc>> {
        let key = match caller.principal {
            Principal::ApiKey(key) => Some(key),
            Principal::User(_) | Principal::Webhook(_) => None,
        };
        let tx = self.tenant(caller.tenant()).await?;
        let row = tx
            .query_one(
                include_str!("../queries/realtime/add_ticket.sql"),
                &[
                    &tx.customer_id(),
                    &ticket.id(),
                    &ticket.hash(),
                    &caller.session,
                    &key,
                    &f64::from(TICKET_SECONDS),
                ],
            )
            .await?;
        tx.commit().await?;
        row.get("expires_at")
    }

    /// Opens a connection with a ticket, which is then used up.
    ///
    /// # Errors
    /// `unauthenticated`; `too_many_connections` (rate limited); `unavailable` without a database.
    pub async fn open_connection(&self, ticket: &Ticket, connection: &str) -> Result<()> {
        let tx = self.tenant(TenantId::of_ticket(ticket)).await?;
        let found = tx
            .query_opt(
                include_str!("../queries/realtime/use_ticket.sql"),
                &[&tx.customer_id(), &ticket.id(), &ticket.hash()],
            )
            .await?;
        let found = found.ok_or_else(unknown_ticket)?;
        if !found.get::<bool>("valid")? {
            tx.commit().await?;
            return Err(unknown_ticket());
        }
        let (session, key): (Option<SessionId>, Option<ApiKeyId>) =
            (found.get("session_id")?, found.get("api_key_id")?);
        let opened = tx
            .query_opt(
                include_str!("../queries/realtime/open.sql"),
                &[
                    &tx.customer_id(),
                    &connection,
                    &session,
                    &key,
                    &MAX_CONNECTIONS,
                ],
            )
            .await?;
        // Neither of the following is committed: the ticket stays as it is.
        let Some(opened) = opened else {
            return Err(Error::new(
                Kind::RateLimited,
                "too_many_connections",
                format!("{MAX_CONNECTIONS} WebSocket connections are open. Close one first."),
            ));
        };
        if !opened.get::<bool>("admitted")? {
            return Err(unknown_ticket());
        }
        tx.commit().await
    }

    /// Forgets a connection that has ended.
    ///
    /// # Errors
    /// `unavailable` without a database; `sweep` forgets it later.
    pub async fn close_connection(&self, connection: &str) -> Result<()> {
        let close = "SELECT close_connection($1)";
        self.call(close, &[&connection]).await.map(drop)
    }

    /// Subscribes a connection to a channel, or to one subject of it. Again is the same as once.
    ///
    /// # Errors
    /// `too_many_subscriptions` (conflict); `unavailable` without a database.
    pub async fn subscribe(
        &self,
        customer: TenantId,
        connection: &str,
        channel: Channel,
        subject: Uuid,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let subscribed = tx
            .query_opt(
                include_str!("../queries/realtime/subscribe.sql"),
                &[
                    &customer,
                    &connection,
                    &channel,
                    &subject,
                    &MAX_SUBSCRIPTIONS,
                ],
            )
            .await?;
        tx.commit().await?;
        subscribed.map(drop).ok_or_else(|| {
            Error::new(
                Kind::Conflict,
                "too_many_subscriptions",
                format!(
                    "The connection has {MAX_SUBSCRIPTIONS} subscriptions. Unsubscribe from one, or subscribe to the \
                     whole channel without an id."
                ),
            )
        })
    }

    /// Ends a subscription, and what is on its way because of it.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn unsubscribe(
        &self,
        customer: TenantId,
        connection: &str,
        channel: Channel,
        subject: Uuid,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/realtime/unsubscribe.sql"),
            &[&customer, &connection, &channel, &subject],
        )
        .await?;
        tx.commit().await
    }

    /// Takes the connections of a customer that have events waiting or are to be closed, but for those that others have. The
    /// transaction ends by itself if its function is frozen or dies.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_delivering(&self, customer: TenantId) -> Result<Delivering> {
        let tx = self.tenant(customer).await?;
        let seconds = DELIVERING.as_secs();
        tx.batch(&format!(
            "SET LOCAL idle_in_transaction_session_timeout = '{seconds}s'"
        ))
        .await?;
        let id = tx.customer_id();
        let lock = include_str!("../queries/realtime/lock.sql");
        let taken = tx.query(lock, &[&id]).await?;
        let taken: Vec<String> = taken
            .iter()
            .map(|row| row.get("id"))
            .collect::<Result<_>>()?;
        // In a statement of its own, which begins after the locks were taken: what was changed while it waited counts.
        let listeners = include_str!("../queries/realtime/listeners.sql");
        let rows = tx.query(listeners, &[&id, &taken]).await?;
        let others = include_str!("../queries/realtime/others.sql");
        let others = tx.query_one(others, &[&id, &taken]).await?;
        Ok(Delivering {
            connections: rows.iter().map(connection).collect::<Result<_>>()?,
            others: others.get("others")?,
            tx,
        })
    }

    /// Puts the events of a customer that are due off for a minute; returns whether there were any.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn put_pushes_off(&self, customer: TenantId, most: i64) -> Result<bool> {
        let tx = self.tenant(customer).await?;
        let due = include_str!("../queries/realtime/due.sql");
        let found = tx.query_opt(due, &[&customer, &most]).await?;
        tx.commit().await?;
        Ok(found.is_some())
    }

    /// Returns the ids of a customer's connections, the oldest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn connection_ids(&self, ticket: &Ticket) -> Result<Vec<String>> {
        let tx = self.tenant(TenantId::of_ticket(ticket)).await?;
        let all = include_str!("../queries/realtime/open_ids.sql");
        let rows = tx.query(all, &[&tx.customer_id()]).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Returns the ids of a caller's connections that listen to one of its conversations; `None` for a new conversation.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn chat_listeners(
        &self,
        customer: TenantId,
        owner: Owner,
        conversation: Option<ChatSessionId>,
    ) -> Result<Vec<String>> {
        let tx = self.tenant(customer).await?;
        let listeners = include_str!("../queries/realtime/chat_listeners.sql");
        let conversation = conversation.map(|id| id.as_uuid()).unwrap_or_default();
        let rows = tx
            .query(listeners, &[&customer, &owner.id(), &conversation])
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Returns messages for customers with events that are due, each of which is put off for a minute.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_pushes(&self, most: i32) -> Result<Vec<Push>> {
        let due = "SELECT customer_id FROM sweep_pushes($1)";
        self.pushes(due, most).await
    }

    /// Forgets expired tickets and connections that have ended unnoticed. Returns messages for customers with a connection that is
    /// to be closed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_connections(&self, most: i32) -> Result<Vec<Push>> {
        let due = "SELECT customer_id FROM sweep_connections($1)";
        self.pushes(due, most).await
    }

    async fn pushes(&self, call: &str, most: i32) -> Result<Vec<Push>> {
        let rows = self.call(call, &[&most]).await?;
        rows.iter()
            .map(|row| row.get("customer_id").map(Push::to))
            .collect()
    }
}
