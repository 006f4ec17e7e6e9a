//! The lane of this function. The quick lanes read a document for a short time and leave slower ones to the slow
//! lane, which reads documents one at a time. See [`dynrag_store::slow_lane`].
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

use std::{collections::BTreeSet, time::Duration};

use dynrag_app::App;
use dynrag_config::{ConfigError, SlowLaneConfig, queue_url};
use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber, documents::FailureCode, jobs::Lane, queues::Queue,
};
use dynrag_extract::{Failure, Limits};
use dynrag_store::{LeaseState, Store, TenantId, ingestion::Claim, slow_lane::Turn};
use dynrag_worker::{Delivery, turns::Pace};

use crate::CONCURRENCY;

/// Wall-clock limit of a quick reader; normally its CPU time is the limit, unless the machine is too busy.
const QUICK_WALL: Duration = Duration::from_secs(15);
/// Customers whose documents are embedded and stored concurrently.
const FINISHED_AT_ONCE: usize = 2;
/// How long a single document, and a document of a batch, waits for others of its customer, to be stored with them.
/// As long as the lane's queue waits for more messages.
const PATIENCE: Duration = Duration::from_secs(1);
const BULK_PATIENCE: Duration = Duration::from_secs(5);

/// The lane of this function.
pub(crate) struct SlowLane {
    config: SlowLaneConfig,
    is_here: bool,
}

impl SlowLane {
    /// Reads configuration. A function's own queue is its ingest queue.
    pub(crate) fn load() -> Result<Self, ConfigError> {
        Ok(Self {
            is_here: queue_url(Queue::Slow)? == queue_url(Queue::Ingest)?,
            config: SlowLaneConfig::from_env()?,
        })
    }

    /// Whether this function works in the slow lane.
    pub(crate) fn is_here(&self) -> bool {
        self.is_here
    }

    /// A reader's limits in this lane.
    pub(crate) fn limits(&self) -> Limits {
        let limits = Limits::default();
        if self.is_here {
            return limits;
        }
        Limits {
            cpu_seconds: limits.cpu_seconds.min(self.config.quick_cpu_seconds),
            wall: QUICK_WALL,
            ..limits
        }
    }

    /// Whether a file that was not read should be read in the slow lane, where it may have more time. A file that is
    /// too slow there as well is not tried again.
    pub(crate) fn takes(&self, failure: &Failure) -> bool {
        !self.is_here && failure.code == FailureCode::ExtractionTimeout
    }

    /// Claims a document for this lane.
    pub(crate) async fn claim(
        &self,
        store: &Store,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
    ) -> Result<Turn> {
        let share = self.config.share;
        if self.is_here {
            let turn = store.claim_slow(customer, document, version, lease, share);
            turn.await
        } else {
            let turn = store.claim_quick(customer, document, version, lease, share);
            turn.await
        }
    }

    /// Sends a document's job to the slow lane.
    pub(crate) async fn send(&self, app: &App, delivery: &Delivery) -> Result<()> {
        app.queue(Queue::Slow).await?.send(&delivery.job).await
    }

    /// Hands a claimed document over to the slow lane. False: the lease was lost.
    pub(crate) async fn hand_over(
        &self,
        app: &App,
        store: &Store,
        claim: &Claim,
    ) -> Result<LeaseState> {
        let Some(pending) = store.hand_over(claim).await? else {
            return Ok(LeaseState::Lost);
        };
        app.dispatch_to(Queue::Slow, &pending).await;
        Ok(LeaseState::Held)
    }

    /// Sends deferred documents that are resumed by the end of others.
    pub(crate) async fn resume(&self, app: &App, store: &Store, ended: &BTreeSet<TenantId>) {
        for customer in ended {
            match store.resume(*customer).await {
                Ok(pending) => {
                    app.dispatch_many_to(Queue::Slow, *customer, &pending).await;
                }
                Err(error) => left_to_sweep(&error),
            }
        }
    }
}

fn left_to_sweep(error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    tracing::warn!(code, cause, "slow documents are left to the sweep");
}

/// Concurrency and patience for the documents of a batch.
pub(crate) fn pace(documents: &[Delivery]) -> Pace {
    let is_bulk = documents
        .iter()
        .any(|delivery| delivery.job.lane() == Lane::Bulk);
    Pace {
        begun: CONCURRENCY,
        finished: FINISHED_AT_ONCE,
        patience: if is_bulk { BULK_PATIENCE } else { PATIENCE },
    }
}
