//! A customer's API keys.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    ApiKeyId, CollectionId, Error, FieldError, Result, UserId,
    audit::{Action, Actor},
    identity::Scope,
    quotas::Quota,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId,
    admission::Admission,
    audit, collections,
    key_makers::{lock, user_behind},
    row::Row,
};

/// Maximum number of keys per customer.
pub const MAX_KEYS: i64 = 100;

/// The user behind a key.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The user.
    pub user_id: UserId,
    /// The user's address.
    pub email: String,
}

/// An API key without its secret, which is not stored.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// The public part, by which the key is found.
    pub public_id: String,
    /// Scopes of the key.
    pub scopes: Vec<Scope>,
    /// Whether this is the key created at signup, or its replacement.
    pub is_default: bool,
    /// The key's own rate limit, in addition to the customer's.
    pub requests_per_minute: Option<i32>,
    /// Expiry time.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of the last use, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// The user behind the key; `None` for the key created at signup and for keys created with that one.
    pub maker: Option<Maker>,
    /// The collections that the key is bound to, without deleted ones; `None` if it is not bound.
    pub collections: Option<Vec<CollectionId>>,
}

/// A key to add.
#[derive(Clone)]
pub struct NewApiKey<'a> {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name.
    pub name: &'a str,
    /// The public part, by which the key is found.
    pub public_id: &'a str,
    /// SHA-256 of the secret part.
    pub secret_hash: &'a [u8; 32],
    /// Scopes of the key.
    pub scopes: &'a [Scope],
    /// The key's own rate limit.
    pub requests_per_minute: Option<i32>,
    /// Expiry time.
    pub expires_at: Option<DateTime<Utc>>,
    /// The collections to bind the key to.
    pub collections: Option<&'a [CollectionId]>,
}

fn key(row: &Row) -> Result<ApiKeyRow> {
    let scopes: Vec<String> = row.get("scopes")?;
    Ok(ApiKeyRow {
        id: row.get("id")?,
        name: row.get("name")?,
        public_id: row.get("public_id")?,
        scopes: scopes
            .iter()
            .filter_map(|name| Scope::parse(name))
            .collect(),
        is_default: row.get("is_default")?,
        requests_per_minute: row.get("requests_per_minute")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        created_at: row.get("created_at")?,
        maker: row
            .get::<Option<UserId>>("maker_id")?
            .map(|user_id| {
                let email = row.get("maker_email")?;
                Ok::<_, Error>(Maker { user_id, email })
            })
            .transpose()?,
        collections: row.get("collections")?,
    })
}

impl Store {
    /// Returns a page of the keys that are not revoked, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_api_keys(
        &self,
        customer: TenantId,
        after: Option<(DateTime<Utc>, ApiKeyId)>,
        limit: i64,
    ) -> Result<Vec<ApiKeyRow>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/api_keys/list.sql"),
                &[
                    &customer,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(key).collect()
    }

    /// Adds a key, with at most the rights of its maker.
    ///
    /// # Errors
    /// `missing_scope` (forbidden); `key_limit` (conflict) if the customer has [`MAX_KEYS`]; `invalid_fields` if one of
    /// the collections does not exist; `unauthenticated` if the maker has been deleted meanwhile; `unavailable` without
    /// a database.
    pub async fn add_api_key(&self, maker: &Admission, new: &NewApiKey<'_>) -> Result<ApiKeyRow> {
        let tx = self.tenant(maker.tenant()).await?;
        lock(&tx).await?;
        check_room(&tx).await?;
        let behind = user_behind(&tx, maker.principal.into()).await?;
        let added = insert(&tx, maker, behind, new, false).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Revokes a key, with effect from the next request.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn revoke_api_key(
        &self,
        customer: TenantId,
        actor: Actor,
        id: ApiKeyId,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query_opt(
            include_str!("../queries/api_keys/revoke.sql"),
            &[&customer, &id],
        )
        .await?
        .ok_or_else(|| Error::not_found("api key"))?;
        let target = id.as_uuid();
        audit::record(&tx, actor, Action::ApiKeyRevoked, target, &json!({})).await?;
        tx.commit().await
    }

    /// Replaces the default key; the old one is refused from then on. Name, scopes and limit stay the same. A customer
    /// that has revoked its default key gets one with all scopes.
    ///
    /// # Errors
    /// See [`add_api_key`](Self::add_api_key).
    pub async fn replace_default_key(
        &self,
        maker: &Admission,
        id: ApiKeyId,
        public_id: &str,
        secret_hash: &[u8; 32],
    ) -> Result<ApiKeyRow> {
        let (customer, actor) = (maker.tenant(), Actor::from(maker.principal));
        let tx = self.tenant(customer).await?;
        // The lock is taken first, so that the second of two concurrent calls sees the key of the first.
        lock(&tx).await?;
        // This precedes the revocation of the old key, which may be the caller's.
        let behind = user_behind(&tx, actor).await?;
        let old = tx
            .query_opt(
                include_str!("../queries/api_keys/revoke_default.sql"),
                &[&customer],
            )
            .await?;
        let (name, scopes, requests_per_minute) = match &old {
            Some(row) => {
                let target: Uuid = row.get("id")?;
                audit::record(&tx, actor, Action::ApiKeyRevoked, target, &json!({})).await?;
                let names: Vec<String> = row.get("scopes")?;
                let scopes = names.iter().filter_map(|name| Scope::parse(name)).collect();
                let limit = row.get("requests_per_minute")?;
                (row.get("name")?, scopes, limit)
            }
            None => ("default".to_owned(), Scope::ALL.to_vec(), None),
        };
        check_room(&tx).await?;
        let new = NewApiKey {
            id,
            name: &name,
            public_id,
            secret_hash,
            scopes: &scopes,
            requests_per_minute,
            expires_at: None,
            collections: None,
        };
        let added = insert(&tx, maker, behind, &new, true).await?;
        tx.commit().await?;
        Ok(added)
    }
}

/// Checks that the customer may have one more key. Requires the lock.
async fn check_room(tx: &Tenant) -> Result<()> {
    let customer = tx.customer_id();
    let row = tx
        .query_one(include_str!("../queries/api_keys/count.sql"), &[&customer])
        .await?;
    let quota = Quota {
        used: row.get("keys")?,
        limit: MAX_KEYS,
    };
    quota.check("key_limit", "API keys", "Revoke some first.")
}

async fn insert(
    tx: &Tenant,
    maker: &Admission,
    behind: Option<UserId>,
    new: &NewApiKey<'_>,
    is_default: bool,
) -> Result<ApiKeyRow> {
    maker.check_grant(new.scopes)?;
    let actor = Actor::from(maker.principal);
    tx.query(
        include_str!("../queries/api_keys/insert.sql"),
        &[
            &tx.customer_id(),
            &new.id,
            &new.name,
            &new.public_id,
            &new.secret_hash,
            &new.scopes,
            &is_default,
            &new.requests_per_minute,
            &new.expires_at,
            &behind,
            &new.collections.is_some(),
        ],
    )
    .await?;
    if let Some(collections) = new.collections {
        bind(tx, new.id, collections).await?;
    }
    let details = match new.collections {
        None => json!({"name": new.name, "scopes": new.scopes}),
        Some(ids) => json!({"name": new.name, "scopes": new.scopes, "collectionIds": ids}),
    };
    let target = new.id.as_uuid();
    audit::record(tx, actor, Action::ApiKeyCreated, target, &details).await?;
    let row = tx
        .query_one(
            include_str!("../queries/api_keys/get.sql"),
            &[&tx.customer_id(), &target],
        )
        .await?;
    key(&row)
}

/// Binds a key to collections, and keeps those from being deleted until the transaction ends.
async fn bind(tx: &Tenant, id: ApiKeyId, ids: &[CollectionId]) -> Result<()> {
    let there = collections::lock_all(tx, ids).await?;
    let unknown: Vec<FieldError> = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| !there.contains(id))
        .map(|(at, _)| FieldError {
            pointer: format!("/collectionIds/{at}"),
            detail: "no such collection".to_owned(),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Error::fields_invalid(unknown));
    }
    let ids: Vec<CollectionId> = there.into_iter().collect();
    tx.query(
        include_str!("../queries/api_keys/insert_collections.sql"),
        &[&tx.customer_id(), &id, &ids],
    )
    .await
    .map(drop)
}
