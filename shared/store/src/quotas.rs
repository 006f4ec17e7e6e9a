//! A customer's usage of everything that has a limit.

use dynrag_domain::{
    Error, Result,
    collections::MAX_COLLECTIONS,
    quotas::{MAX_BULK_ACTIONS, MAX_CRAWLS, Quota},
    webhooks::MAX_WEBHOOKS,
};

use crate::{Store, TenantId, api_keys::MAX_KEYS, users::MAX_USERS};

/// All quotas of a customer except the month's budget and the requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quotas {
    /// Documents.
    pub documents: Quota,
    /// Chunks of all published documents.
    pub chunks: Quota,
    /// Collections.
    pub collections: Quota,
    /// Live API keys.
    pub keys: Quota,
    /// Users and open invitations.
    pub users: Quota,
    /// Webhooks.
    pub webhooks: Quota,
    /// Crawls in progress.
    pub crawls: Quota,
    /// Bulk actions in progress.
    pub bulk_actions: Quota,
}

impl Store {
    /// Returns a customer's usage and its limits.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn quotas(&self, customer: TenantId) -> Result<Quotas> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(include_str!("../queries/usage/quotas.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        let number = |name: &str| row.get::<i64>(name);
        let quota = |name: &str, limit| {
            Ok::<_, Error>(Quota {
                used: number(name)?,
                limit,
            })
        };
        Ok(Quotas {
            documents: quota("documents", number("max_documents")?)?,
            chunks: quota("chunks", number("max_chunks")?)?,
            collections: quota("collections", MAX_COLLECTIONS)?,
            keys: quota("keys", MAX_KEYS)?,
            users: quota("users", MAX_USERS)?,
            webhooks: quota("webhooks", MAX_WEBHOOKS)?,
            crawls: quota("crawls", MAX_CRAWLS)?,
            bulk_actions: quota("bulk_actions", MAX_BULK_ACTIONS)?,
        })
    }
}
