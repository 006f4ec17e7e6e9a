//! Documents that ended badly, queued again by an operator, across tenants.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CustomerId, Result, documents::FailureCode};

use crate::Store;

/// Which documents.
#[derive(Clone, Debug)]
pub struct Which {
    /// With one of these codes.
    pub codes: Vec<FailureCode>,
    /// Of this customer alone.
    pub customer: Option<CustomerId>,
    /// That ended then or later.
    pub since: Option<DateTime<Utc>>,
    /// That ended before. What is queued again and fails again is not among them.
    pub before: DateTime<Utc>,
}

impl Store {
    /// How many there are, by code.
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

    /// Queues at most so many of them again, each with a line in its customer's log; `sweep` sends their jobs.
    /// How many.
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
