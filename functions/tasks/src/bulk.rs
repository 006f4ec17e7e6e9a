//! Runs a bulk action step by step; `dynrag_store::bulk` has the failure table.
//!
//! Its jobs go through the bulk queue, so that single documents do not wait for them. After a minute the job goes to
//! the end of its own queue, so that it does not hold up emails.

use std::time::{Duration, Instant};

use dynrag_app::App;
use dynrag_domain::{CustomerId, JobId, Result, queues::Queue, tasks::Task};
use dynrag_store::{
    Store,
    bulk::Step,
    outbox::{Outgoing, Pending},
};

/// Documents per step.
const STEP: i64 = 200;
/// Longest turn of a job.
const TURN: Duration = Duration::from_secs(60);
/// Reserved from the function's timeout for the last step.
const RESERVE: Duration = Duration::from_secs(60);
/// Wait before checking again whether fewer documents are under deletion.
const LATER: Duration = Duration::from_secs(15);
/// Attempts of a job without progress before it is given up.
const MAX_ATTEMPTS: i32 = 5;

/// A running bulk job.
pub(crate) struct Bulk<'a> {
    pub(crate) app: &'a App,
    pub(crate) store: &'a Store,
    pub(crate) customer: CustomerId,
    pub(crate) job: JobId,
    pub(crate) deadline: Instant,
}

impl Bulk<'_> {
    /// Acts on documents until none are left, or the turn is over.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn run(&self) -> Result<()> {
        let (store, customer, job) = (self.store, self.customer, self.job);
        let Some(begun) = store.begin_job(customer, job).await? else {
            return Ok(());
        };
        if begun.attempts > MAX_ATTEMPTS {
            tracing::error!(customer_id = %customer, job_id = %job, "bulk action given up");
            let code = Some("attempts_exhausted");
            return store.finish_job(customer, job, code).await;
        }
        let turn = Instant::now() + TURN;
        // At least one step: otherwise a job with too little time would never make progress.
        loop {
            match store.bulk_step(customer, job, STEP).await? {
                Step::None => return Ok(()),
                Step::Ended(bulk) => {
                    let (action, done, failed) = (bulk.action.as_str(), bulk.done, bulk.failed);
                    tracing::info!(customer_id = %customer, job_id = %job, action, done, failed, "bulk action ended");
                    return Ok(());
                }
                Step::Later => {
                    let task = Task::bulk(customer, job);
                    return self.app.send_after(&task, LATER).await;
                }
                Step::Went(pending) => self.send(pending).await,
            }
            let now = Instant::now();
            if now > turn || now + RESERVE > self.deadline {
                return self.app.send(&Task::bulk(customer, job)).await;
            }
        }
    }

    /// Sends jobs through the bulk queue, and fetches through theirs; `sweep` sends those that the queues did not
    /// accept.
    async fn send(&self, pending: Vec<Pending<Outgoing>>) {
        let (fetches, jobs): (Vec<_>, Vec<_>) = pending
            .into_iter()
            .partition(|one| matches!(one.job, Outgoing::Fetch(_)));
        let bulk = Queue::Bulk;
        self.app.dispatch_many_to(bulk, self.customer, &jobs).await;
        self.app.dispatch_many(self.customer, &fetches).await;
    }
}
