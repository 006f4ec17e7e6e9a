//! API keys: rules for new keys, and their creation.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use dynrag_domain::{
    ApiKeyId, CollectionId, Error, FieldError, Result,
    api_keys::{self, ApiKey},
    identity::Scope,
};
use dynrag_store::{
    admission::Admission,
    api_keys::{ApiKeyRow, NewApiKey},
};

/// Longest name, in characters.
const MAX_NAME: usize = 100;
/// Most collections a key may be bound to.
const MAX_COLLECTIONS: usize = 50;
/// Highest limit of requests per minute.
const MAX_REQUESTS: i32 = 1_000_000;
/// Latest expiry, from now.
const MAX_TIME: TimeDelta = TimeDelta::days(3653);

/// A key to create.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Name, to recognise the key.
    pub name: String,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// Its own limit of requests per minute.
    pub requests_per_minute: Option<i32>,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// The collections it is bound to; `None` if it is not bound.
    pub collections: Option<Vec<CollectionId>>,
}

impl NewKey {
    /// Checks all fields at once; trims the name and keeps each scope and collection once.
    fn check(mut self) -> Result<Self> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        self.name = self.name.trim().to_owned();
        if !(1..=MAX_NAME).contains(&self.name.chars().count())
            || self.name.contains(char::is_control)
        {
            bad(
                "/name",
                format!("1 to {MAX_NAME} characters, without control characters"),
            );
        }
        self.scopes = Scope::ALL
            .into_iter()
            .filter(|scope| self.scopes.contains(scope))
            .collect();
        if self.scopes.is_empty() {
            let known = Scope::ALL.map(Scope::as_str).join(", ");
            bad("/scopes", format!("at least one of {known}"));
        }
        if self
            .requests_per_minute
            .is_some_and(|n| !(1..=MAX_REQUESTS).contains(&n))
        {
            bad("/requestsPerMinute", format!("from 1 to {MAX_REQUESTS}"));
        }
        let to_come = Utc::now()..=Utc::now() + MAX_TIME;
        if self.expires_at.is_some_and(|at| !to_come.contains(&at)) {
            bad("/expiresAt", "a time within the next ten years".to_owned());
        }
        if let Some(ids) = &mut self.collections {
            if !(1..=MAX_COLLECTIONS).contains(&ids.len()) {
                bad("/collectionIds", format!("from 1 to {MAX_COLLECTIONS}"));
            }
            let mut seen = HashSet::new();
            ids.retain(|id| seen.insert(*id));
            if !self.scopes.iter().all(|scope| scope.fits_collections()) {
                let fit = Scope::ALL
                    .into_iter()
                    .filter(|scope| scope.fits_collections());
                let fit: Vec<&str> = fit.map(Scope::as_str).collect();
                let fit = fit.join(", ");
                bad("/scopes", format!("with collectionIds only {fit}"));
            }
        }
        if fields.is_empty() {
            Ok(self)
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

/// Creates a key with at most the caller's permissions. Returns its text, which is not stored.
///
/// # Errors
/// `invalid_fields`; `missing_scope` (forbidden); `key_limit` (conflict); `unavailable`.
pub async fn create(caller: &Admission, new: NewKey) -> Result<(ApiKeyRow, String)> {
    let new = new.check()?;
    let text = api_keys::generate();
    let key = ApiKey::parse(&text)?;
    let new = NewApiKey {
        id: ApiKeyId::generate(),
        name: &new.name,
        public_id: key.public_id,
        secret_hash: &key.secret_hash(),
        scopes: &new.scopes,
        requests_per_minute: new.requests_per_minute,
        expires_at: new.expires_at,
        collections: new.collections.as_deref(),
    };
    let row = caller.store().add_api_key(caller, &new).await?;
    Ok((row, text))
}

/// Replaces the default key. The old one is rejected from now on.
///
/// # Errors
/// `missing_scope` (forbidden); `key_limit` (conflict); `unavailable`.
pub async fn replace_default(caller: &Admission) -> Result<(ApiKeyRow, String)> {
    let text = api_keys::generate();
    let key = ApiKey::parse(&text)?;
    let (id, hash) = (ApiKeyId::generate(), key.secret_hash());
    let row = caller
        .store()
        .replace_default_key(caller, id, key.public_id, &hash)
        .await?;
    Ok((row, text))
}
