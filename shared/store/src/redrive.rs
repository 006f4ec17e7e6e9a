//! Documents that ended badly, queued again by an operator, across tenants.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CustomerId, Error, Result, documents::FailureCode};
use tokio_postgres::types::Type;

use crate::Store;

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("redrive: {error}"))
}

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
        let codes: Vec<&str> = which.codes.iter().map(|code| code.as_str()).collect();
        let rows = self
            .call(
                include_str!("../queries/redrive/count.sql"),
                &[
                    (&codes, Type::TEXT_ARRAY),
                    (&which.customer.map(|id| id.as_uuid()), Type::UUID),
                    (&which.since, Type::TIMESTAMPTZ),
                    (&which.before, Type::TIMESTAMPTZ),
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let documents = row.try_get("documents").map_err(column)?;
                Ok((row.try_get("code").map_err(column)?, documents))
            })
            .collect()
    }

    /// Queues at most so many of them again, each with a line in its customer's log; `sweep` sends their jobs.
    /// How many.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn redrive_documents(&self, which: &Which, most: i32) -> Result<i64> {
        let codes: Vec<&str> = which.codes.iter().map(|code| code.as_str()).collect();
        let rows = self
            .call(
                include_str!("../queries/redrive/queue.sql"),
                &[
                    (&codes, Type::TEXT_ARRAY),
                    (&which.customer.map(|id| id.as_uuid()), Type::UUID),
                    (&which.since, Type::TIMESTAMPTZ),
                    (&which.before, Type::TIMESTAMPTZ),
                    (&most, Type::INT4),
                ],
            )
            .await?;
        rows.first()
            .map_or(Ok(0), |row| row.try_get("queued").map_err(column))
    }
}
