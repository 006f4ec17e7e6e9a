//! Bulk actions: performs an action on many documents, step by step. `dynrag_store::bulk` has the failure table.
//!
//! Its jobs go through the bulk queue, where no single document waits behind them. After a minute the task goes to the
//! end of its own queue, so that it delays no emails.

use std::time::{Duration, Instant};

use dynrag_domain::{JobId, Result, queues::Queue, tasks::Task};
use dynrag_store::{
    TenantId,
    bulk::Step,
    outbox::{Outgoing, Pending},
};

use crate::App;

/// Documents per step.
const STEP: i64 = 200;
/// Longest turn of a job.
const TURN: Duration = Duration::from_secs(60);
/// Reserved from the function's time for the last step.
const RESERVE: Duration = Duration::from_secs(60);
/// Delay before another attempt while too many documents are under deletion.
const LATER: Duration = Duration::from_secs(15);
/// Attempts without a step after which a job is given up.
const MAX_ATTEMPTS: i32 = 5;

/// Acts on documents until none are left or the turn is over; then queues the job's task again.
///
/// # Errors
/// `unavailable`.
pub async fn run_bulk(app: &App, customer: TenantId, job: JobId, deadline: Instant) -> Result<()> {
    let store = app.unbounded_store().await?;
    let Some(begun) = store.begin_job(customer, job).await? else {
        return Ok(());
    };
    if begun.attempts > MAX_ATTEMPTS {
        tracing::error!(customer_id = %customer, job_id = %job, "bulk action given up");
        let code = Some("attempts_exhausted");
        return store.finish_job(customer, job, code).await;
    }
    let turn = Instant::now() + TURN;
    // At least one step: with too little time for it, the job would never advance.
    loop {
        match store.bulk_step(customer, job, STEP).await? {
            Step::None => return Ok(()),
            Step::Ended(bulk) => {
                let (action, done, failed) = (bulk.action.as_str(), bulk.done, bulk.failed);
                tracing::info!(customer_id = %customer, job_id = %job, action, done, failed, "bulk action ended");
                return Ok(());
            }
            Step::Later => {
                return app
                    .send_after(&Task::bulk(customer.customer_id(), job), LATER)
                    .await;
            }
            Step::Went(pending) => dispatch(app, customer, pending).await,
        }
        let now = Instant::now();
        if now > turn || now + RESERVE > deadline {
            return app.send(&Task::bulk(customer.customer_id(), job)).await;
        }
    }
}

/// Sends jobs through the bulk queue and fetches through the fetch queue. `sweep` sends what the queues do not take.
async fn dispatch(app: &App, customer: TenantId, pending: Vec<Pending<Outgoing>>) {
    let (fetches, jobs): (Vec<_>, Vec<_>) = pending
        .into_iter()
        .partition(|one| matches!(one.job, Outgoing::Fetch(_)));
    app.dispatch_many_to(Queue::Bulk, customer, &jobs).await;
    app.dispatch_many(customer, &fetches).await;
}
