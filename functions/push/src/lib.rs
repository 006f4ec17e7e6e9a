//! Delivers events to WebSocket connections, in the order in which they happened, each with the rights that the connection's
//! user or key has at that moment.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the events of a round are forgotten | the events, some of them delivered | the message is redelivered, or `sweep` sends another: those arrive twice |
//! | with more events waiting than there was time for | the rest | its own message, or `sweep` |
#![expect(
    clippy::disallowed_methods,
    reason = "a worker receives messages and passes them on"
)]

mod events;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use dynrag_api::live_event::LiveEvent;
use dynrag_app::App;
use dynrag_domain::{Error, Kind, Result, realtime::Push};
use dynrag_store::{
    TenantId,
    realtime::{Connection, Listener, Waiting},
};
use dynrag_worker::{Delivery, Invocation};
use futures::{StreamExt, stream};
use tokio::sync::OnceCell;

use crate::events::Told;

/// Events of a connection that are delivered in a round, during which a transaction is open.
const ROUND: i64 = 50;
/// Connections that are posted to at once.
const CONCURRENCY: usize = 16;
/// After that no event is begun in a round. One takes seconds at most.
const ROUND_TIME: Duration = Duration::from_secs(15);
/// When connections are looked at again that others had.
const OTHERS_TIME: Duration = Duration::from_secs(2);
/// Reserved from the function's timeout: a round.
const RESERVE: Duration = Duration::from_secs(30);

/// The function's process.
#[derive(Default)]
pub struct Pusher {
    app: OnceCell<App>,
}

/// What became of a connection in a round.
#[derive(Default)]
struct Round {
    /// Events that are settled.
    done: Vec<i64>,
    /// Whether the connection has ended.
    is_over: bool,
    /// Why an event could not be posted.
    failed: Option<Error>,
}

/// What a round left.
enum Left {
    Nothing,
    /// Perhaps more.
    More,
    /// What others deliver.
    Others,
    /// What could not be posted.
    Unposted,
}

impl Pusher {
    /// Delivers what waits for the connections of customers; returns the messages to be redelivered.
    ///
    /// # Errors
    /// The function is not configured, or may not reach connections; the whole batch is then redelivered.
    pub async fn run(&self, batch: Invocation<Vec<Delivery<Push>>>) -> Result<Vec<Delivery<Push>>> {
        // One connection to Postgres for the round, and one for what events say.
        let app = self.app.get_or_init(async || App::new(2)).await;
        app.connections().await?;
        let (mut served, mut again) = (BTreeSet::new(), Vec::new());
        for delivery in batch.event {
            let customer = TenantId::of_message(&delivery.job);
            if !served.insert(customer) {
                continue;
            }
            match deliver(app, customer, batch.deadline).await {
                // No event of anybody can be delivered: an error of the function, which raises its alarm.
                Err(error) if error.kind() == Kind::Internal => return Err(error),
                Err(error) => {
                    log(customer, &error);
                    again.push(delivery);
                }
                Ok(()) => {}
            }
        }
        Ok(again)
    }
}

fn log(customer: TenantId, error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    tracing::error!(customer_id = %customer, code, cause, "events were not delivered");
}

async fn deliver(app: &App, customer: TenantId, deadline: Instant) -> Result<()> {
    while Instant::now() + RESERVE < deadline {
        match round(app, customer, Instant::now() + ROUND_TIME).await? {
            Left::More => {}
            Left::Nothing => return Ok(()),
            // They may end without seeing the latest.
            Left::Others => return app.send_after(&again(customer), OTHERS_TIME).await,
            // Due again in a minute.
            Left::Unposted => return Ok(()),
        }
    }
    app.send(&again(customer)).await
}

fn again(customer: TenantId) -> Push {
    Push::to(customer.customer_id())
}

/// Delivers some events to each connection.
///
/// # Errors
/// `unavailable` without a database; `internal_error` if this function may not reach connections.
async fn round(app: &App, customer: TenantId, until: Instant) -> Result<Left> {
    let store = app.unbounded_store().await?;
    let delivering = store.begin_delivering(customer).await?;
    let (mut over, mut listeners) = (Vec::new(), BTreeMap::new());
    for connection in &delivering.connections {
        match connection {
            Connection {
                id,
                listener: Some(listener),
            } => drop(listeners.insert(id.clone(), listener)),
            // The rest in the next round, or when `sweep` finds them again.
            Connection { listener: None, .. } if Instant::now() >= until => {}
            Connection { id, listener: None } => match app.connections().await?.close(id).await {
                Ok(()) => over.push(id.clone()),
                Err(error) => log(customer, &error),
            },
        }
    }
    let ids: Vec<String> = listeners.keys().cloned().collect();
    let mut waiting: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for event in delivering.waiting(&ids, ROUND).await? {
        let of = waiting.entry(event.connection.clone()).or_default();
        of.push(event);
    }
    let (is_empty, others) = (waiting.is_empty(), delivering.others);
    let rounds = stream::iter(waiting)
        .filter_map(async |(id, events)| Some((listeners.get(&id).copied()?, id, events)))
        .map(async |(listener, id, events)| {
            let round = post(app, customer, listener, &id, events, until).await;
            (id, round)
        })
        .buffer_unordered(CONCURRENCY);
    let rounds: Vec<(String, Round)> = rounds.collect().await;
    let (mut done, mut failed) = (Vec::new(), None);
    for (id, round) in rounds {
        done.extend(round.done);
        failed = failed.or(round.failed);
        if round.is_over {
            over.push(id);
        }
    }
    delivering.end(&done, &over).await?;
    match failed {
        Some(error) if error.kind() == Kind::Internal => Err(error),
        Some(_) => Ok(Left::Unposted),
        None if !is_empty => Ok(Left::More),
        None if others => Ok(Left::Others),
        None => Ok(Left::Nothing),
    }
}

/// Posts events to a connection, one after the other, until one cannot be posted or the time is up.
async fn post(
    app: &App,
    customer: TenantId,
    listener: &Listener,
    id: &str,
    events: Vec<Waiting>,
    until: Instant,
) -> Round {
    let mut round = Round::default();
    for told in events::together(events) {
        if Instant::now() >= until {
            break;
        }
        let said = match read(app, customer, listener, &told).await {
            Ok(events) => say(app, id, events).await,
            Err(error) => Err(error),
        };
        match said {
            Ok(true) => round.done.extend(told.rows),
            Ok(false) => {
                round.is_over = true;
                break;
            }
            Err(error) => {
                log(customer, &error);
                round.failed = Some(error);
                break;
            }
        }
    }
    round
}

/// Reads what is to be said.
///
/// # Errors
/// `unavailable`. What cannot be read for another reason is left out: it would fail again, and what comes after it would never
/// arrive.
async fn read(
    app: &App,
    customer: TenantId,
    listener: &Listener,
    told: &Told,
) -> Result<Vec<LiveEvent>> {
    let store = app.unbounded_store().await?.of_listener(listener);
    match events::read(&store, customer, listener, told).await {
        Err(error) if error.kind() != Kind::Unavailable => {
            log(customer, &error);
            Ok(Vec::new())
        }
        read => read,
    }
}

/// Says something to a connection. Returns whether it is still there.
async fn say(app: &App, id: &str, events: Vec<LiveEvent>) -> Result<bool> {
    for event in events {
        if !event.post(app, id).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is not there, or may not be seen, is no event.
fn found<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
