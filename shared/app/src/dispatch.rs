//! Sending of messages from the outbox to their queues.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the message is sent | its row in the outbox | `sweep` sends it |
//! | after it, before the row is deleted | the same | the message is sent twice, which is harmless |

use std::{pin::pin, time::Duration};

use dynrag_cloud::QueueClient;
use dynrag_domain::{
    Error, Result,
    queues::{Message, Queue},
    realtime::Push,
};
use dynrag_store::{TenantId, outbox::Pending};
use futures::{
    StreamExt,
    future::{self, Either},
    stream,
};
use tokio::{
    sync::Notify,
    time::{self, Instant, MissedTickBehavior},
};

use crate::App;

/// Concurrent requests to a queue when many messages are sent.
const REQUESTS_AT_ONCE: usize = 5;
/// Most messages sent while a caller waits; `sweep` sends the rest.
const MOST: usize = 500;
/// Notifications per batch; they may belong to any customer.
const NOTIFICATIONS: i32 = 100;
/// Events per batch; they may belong to any customer.
const EVENTS: i32 = 500;
/// How often events are sent while work goes on.
const TICK: Duration = Duration::from_secs(1);

/// The result of sending a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Messages that the queue accepted.
    pub taken: u32,
    /// Whether more may be due.
    pub more: bool,
}

/// Logs messages that `sweep` has to send.
fn left_to_sweep(error: &Error, messages: usize) {
    let (code, cause) = (error.code(), error.internal());
    tracing::warn!(code, cause, messages, "left to the sweep");
}

/// Sending. A failure does not fail the committed change: `sweep` sends the message later.
impl App {
    /// Sends a message that was written to the outbox, and deletes its row.
    pub async fn dispatch<M: Message>(&self, pending: &Pending<M>) {
        if let Err(error) = self.try_dispatch(pending).await {
            left_to_sweep(&error, 1);
        }
    }

    /// As [`dispatch`](Self::dispatch), but reports failures.
    ///
    /// # Errors
    /// `unavailable`; the row then stays in the outbox.
    pub async fn try_dispatch<M: Message>(&self, pending: &Pending<M>) -> Result<()> {
        self.try_dispatch_to(pending.job.queue(), pending).await
    }

    async fn try_dispatch_to<M: Message>(&self, queue: Queue, pending: &Pending<M>) -> Result<()> {
        self.queue(queue).await?.send(&pending.job).await?;
        if self.unbounded_store().await?.outbox_sent(pending).await? {
            self.push_to(pending.tenant).await;
        }
        Ok(())
    }

    /// As [`dispatch`](Self::dispatch), through another queue than its own.
    pub async fn dispatch_to<M: Message>(&self, queue: Queue, pending: &Pending<M>) {
        if let Err(error) = self.try_dispatch_to(queue, pending).await {
            left_to_sweep(&error, 1);
        }
    }

    /// As [`dispatch`](Self::dispatch), for many messages of a customer, in as few requests as possible. Of very many,
    /// only the first are sent.
    pub async fn dispatch_many<M: Message + PartialEq>(
        &self,
        customer: TenantId,
        pending: &[Pending<M>],
    ) {
        for queue in Queue::ALL {
            let through = pending.iter().filter(|one| one.job.queue() == *queue);
            let through: Vec<_> = through.collect();
            self.dispatch_all_to(*queue, customer, &through).await;
        }
    }

    /// As [`dispatch_many`](Self::dispatch_many), through one given queue.
    pub async fn dispatch_many_to<M: Message + PartialEq>(
        &self,
        queue: Queue,
        customer: TenantId,
        pending: &[Pending<M>],
    ) {
        let all: Vec<_> = pending.iter().collect();
        self.dispatch_all_to(queue, customer, &all).await;
    }

    async fn dispatch_all_to<M: Message + PartialEq>(
        &self,
        queue: Queue,
        customer: TenantId,
        pending: &[&Pending<M>],
    ) {
        let pending = &pending[..pending.len().min(MOST)];
        if pending.is_empty() {
            return;
        }
        let sent = async {
            let client = self.queue(queue).await?;
            let requests = pending
                .chunks(QueueClient::MOST)
                .map(|some| taken(client, some));
            let taken: Vec<Vec<i64>> = stream::iter(requests.collect::<Vec<_>>())
                .buffer_unordered(REQUESTS_AT_ONCE)
                .collect()
                .await;
            let store = self.unbounded_store().await?;
            store.outbox_all_sent(customer, &taken.concat()).await
        };
        match sent.await {
            Ok(true) => self.push_to(customer).await,
            Ok(false) => {}
            Err(error) => left_to_sweep(&error, pending.len()),
        }
    }

    /// Sends a message that is not in the outbox.
    ///
    /// # Errors
    /// `unavailable`; the queue may or may not have the message then.
    pub async fn send<M: Message>(&self, message: &M) -> Result<()> {
        self.send_after(message, Duration::ZERO).await
    }

    /// As [`send`](Self::send), with a delay of at most 15 minutes before the message can be received.
    ///
    /// # Errors
    /// `unavailable`; the queue may or may not have the message then.
    pub async fn send_after<M: Message>(&self, message: &M, delay: Duration) -> Result<()> {
        let queue = self.queue(message.queue()).await?;
        queue.send_after(message, delay).await
    }

    /// Sends a message that another row records as due.
    pub async fn send_due<M: Message>(&self, message: &M) {
        if let Err(error) = self.send(message).await {
            left_to_sweep(&error, 1);
        }
    }

    /// Sends a batch of due notifications, ten per request. Failures are logged; those notifications are due again in a
    /// few minutes.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn send_notifications(&self) -> Result<Sent> {
        let due = self
            .unbounded_store()
            .await?
            .sweep_deliveries(NOTIFICATIONS)
            .await?;
        let client = self.queue(Queue::Deliver).await?;
        let mut taken = 0;
        for some in due.chunks(QueueClient::MOST) {
            match client.send_many(some).await {
                Ok(sent) => taken += sent.len() as u32,
                Err(error) => left_to_sweep(&error, some.len()),
            }
        }
        Ok(Sent {
            taken,
            more: due.len() == NOTIFICATIONS as usize,
        })
    }

    /// Sends due notifications and events, so that receivers get them at once. Every function that completes or fails
    /// documents calls it.
    pub async fn notify(&self) {
        if let Err(error) = self.send_notifications().await {
            left_to_sweep(&error, 0);
        }
        self.push().await;
    }

    /// Sends a message for each customer with events that wait for connections, as workers do: what they change may be
    /// of any customer. It costs a statement where nobody listens.
    pub async fn push(&self) {
        if let Err(error) = self.send_pushes().await {
            left_to_sweep(&error, 0);
        }
    }

    /// Sends a message if events wait for connections of a customer.
    pub async fn push_to(&self, customer: TenantId) {
        let sent = async {
            let store = self.unbounded_store().await?;
            match store.put_pushes_off(customer, EVENTS.into()).await? {
                true => self.send(&Push::to(customer.customer_id())).await,
                false => Ok(()),
            }
        };
        if let Err(error) = sent.await {
            left_to_sweep(&error, 0);
        }
    }

    /// As [`push`](Self::push), but reports failures.
    ///
    /// # Errors
    /// `unavailable`; the events are due again in a minute.
    pub async fn send_pushes(&self) -> Result<Sent> {
        let store = self.unbounded_store().await?;
        let due = store.sweep_pushes(EVENTS).await?;
        Ok(Sent {
            taken: self.send_each(&due).await?,
            more: !due.is_empty(),
        })
    }

    /// Sends messages that are not in the outbox, in as few requests as possible. Returns how many the queue accepted.
    ///
    /// # Errors
    /// `unavailable`; the queue may or may not have the messages then.
    pub async fn send_each(&self, pushes: &[Push]) -> Result<u32> {
        let mut taken = 0;
        for some in pushes.chunks(QueueClient::MOST) {
            let client = self.queue(Queue::Push).await?;
            taken += client.send_many(some).await?.len() as u32;
        }
        Ok(taken)
    }

    /// Does some work, and [`push`](Self::push)es once a second meanwhile: for work with steps that clients watch.
    pub async fn pushing<T>(&self, work: impl Future<Output = T>) -> T {
        meanwhile(work, TICK, async || self.push().await).await
    }
}

/// Does some work, and something else at intervals meanwhile, which ends before this does. Both are polled, so that neither waits
/// for a connection to the database that the other one holds.
async fn meanwhile<T>(
    work: impl Future<Output = T>,
    interval: Duration,
    other: impl AsyncFn(),
) -> T {
    let over = Notify::new();
    let others = async {
        let mut ticks = time::interval_at(Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut end = pin!(over.notified());
        while let Either::Right(_) = future::select(end.as_mut(), pin!(ticks.tick())).await {
            other().await;
        }
    };
    let work = async {
        let done = work.await;
        over.notify_one();
        done
    };
    future::join(work, others).await.0
}

/// Sends messages in one request. Returns the outbox rows of those that the queue accepted.
async fn taken<M: Message + PartialEq>(client: &QueueClient, some: &[&Pending<M>]) -> Vec<i64> {
    let messages: Vec<&M> = some.iter().map(|pending| &pending.job).collect();
    match client.send_many(&messages).await {
        Ok(taken) => some
            .iter()
            .filter(|pending| taken.iter().any(|one| **one == &pending.job))
            .map(|pending| pending.id)
            .collect(),
        Err(error) => {
            left_to_sweep(&error, some.len());
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn what_is_done_meanwhile_is_not_broken_off() {
        let (begun, ended) = (Cell::new(0), Cell::new(0));
        let other = async || {
            begun.set(begun.get() + 1);
            time::sleep(Duration::from_millis(20)).await;
            ended.set(ended.get() + 1);
        };
        let work = async {
            while begun.get() == 0 {
                time::sleep(Duration::from_millis(1)).await;
            }
            7
        };
        assert_eq!(meanwhile(work, Duration::from_millis(1), other).await, 7);
        assert!(begun.get() > 0);
        assert_eq!(begun.get(), ended.get());
    }

    #[tokio::test]
    async fn quick_work_waits_for_no_interval() {
        let other = async || panic!("an hour has passed");
        meanwhile(async {}, Duration::from_secs(3600), other).await;
    }
}
