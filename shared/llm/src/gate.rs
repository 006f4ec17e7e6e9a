//! Remembers which keys were told to wait, so that no other call of this process is early.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::provider::Provider;

/// Number of entries at which expired ones are removed.
const SWEEP_AT: usize = 1_024;

/// When each account may be called again. Accounts are stored as keyed hashes, so no secret stays
/// here.
#[derive(Default)]
pub(crate) struct Gate {
    hasher: RandomState,
    closed: Mutex<HashMap<u64, Instant>>,
}

impl Gate {
    /// When the account may be called again, if that is in the future.
    pub(crate) fn closed_until(&self, provider: &Provider) -> Option<Instant> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let until = closed.get(&self.account(provider)).copied();
        until.filter(|until| *until > Instant::now())
    }

    /// Closes the account; keeps a later time that is already known.
    pub(crate) fn close(&self, provider: &Provider, until: Instant) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.len() >= SWEEP_AT {
            let now = Instant::now();
            closed.retain(|_, until| *until > now);
        }
        let known = closed.entry(self.account(provider)).or_insert(until);
        *known = until.max(*known);
    }

    /// Providers limit by account and model; two models of a key have separate limits.
    fn account(&self, provider: &Provider) -> u64 {
        let key = provider.api_key.as_ref().map(|key| key.expose_secret());
        self.hasher
            .hash_one((provider.endpoint.as_str(), key, &provider.model))
    }
}
