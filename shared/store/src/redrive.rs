//! Failed documents, queued again by an operator, across tenants.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CustomerId, Result, documents::FailureCode};

use crate::Store;

/// A filter of documents.
#[derive(Clone, Debug)]
pub struct Which {
    /// Only documents with one of these codes.
    pub codes: Vec<FailureCode>,
    /// Only documents of this customer.
    pub customer: Option<CustomerId>,
    /// Only documents that ended at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only documents that ended before this time. Documents that are queued again and fail again are therefore
    /// excluded.
    pub before: DateTime<Utc>,
}

impl Store {
    /// Returns their number by code.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn count_redrivable(&self, which: &Which) -> Result<BTreeMap<String, i64>> {
        let rows = self
            .call(
                include_str!("../queries/redrive/count.sql"),
                &[&which.codes, &which.customer, &which.since, &which.before],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let documents = row.get("documents")?;
                Ok((row.get("code")?, documents))
            })
            .collect()
    }

    /// Queues a limited number of them again, each with a record in its customer's audit log; `sweep` sends their jobs.
    /// Returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn redrive_documents(&self, which: &Which, most: i32) -> Result<i64> {
        let rows = self
            .call(
                include_str!("../queries/redrive/queue.sql"),
                &[
                    &which.codes,
                    &which.customer,
                    &which.since,
                    &which.before,
                    &most,
                ],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| row.get("queued"))
    }
}
