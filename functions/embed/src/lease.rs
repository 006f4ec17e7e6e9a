//! Keeps a claim's lease alive while it is worked on.

use std::sync::Arc;

use dynrag_domain::Result;
use dynrag_store::{LeaseState, Store, ingestion::Claim};
use tokio::{sync::watch, task::JoinHandle, time};

use crate::stop::Stop;

/// Stops work whose lease is lost.
pub(crate) fn check(state: LeaseState) -> Result<(), Stop> {
    match state {
        LeaseState::Held => Ok(()),
        LeaseState::Lost => Err(Stop::Lost),
    }
}

/// A claim with a lease that is renewed until this is dropped.
pub(crate) struct Lease {
    pub(crate) claim: Arc<Claim>,
    lost: watch::Receiver<bool>,
    renewal: JoinHandle<()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl Lease {
    /// Starts renewing, three times within each lease.
    pub(crate) fn keep(store: &Store, claim: Claim, period: std::time::Duration) -> Self {
        let claim = Arc::new(claim);
        let (tell, lost) = watch::channel(false);
        let renewal = tokio::spawn({
            let (store, claim) = (store.clone(), claim.clone());
            async move {
                let mut ticks = time::interval(period / 3);
                ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
                ticks.tick().await;
                loop {
                    ticks.tick().await;
                    match store.progress(&claim, None, period).await {
                        Ok(LeaseState::Held) => {}
                        Ok(LeaseState::Lost) => break,
                        // The next tick is still in time.
                        Err(error) => {
                            tracing::warn!(cause = error.internal(), "lease was not renewed")
                        }
                    }
                }
                // There is no listener if the work has ended in the meantime.
                tell.send_replace(true);
            }
        });
        Self {
            claim,
            lost,
            renewal,
        }
    }

    /// Runs work until it ends or the lease is lost.
    pub(crate) async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let mut lost = self.lost.clone();
        tokio::select! {
            done = work => done,
            _ = lost.wait_for(|lost| *lost) => Err(Stop::Lost),
        }
    }
}
