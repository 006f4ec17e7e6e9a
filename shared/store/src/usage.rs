//! What a customer used and spent, beyond its requests, which `admit()` counts.

use chrono::NaiveDate;
use dynrag_domain::{
    Error, Result,
    money::Usd,
    spending::{Allowance, Payer},
};

use crate::{Store, Tenant, TenantId, row::Row};

/// What was used of an operation on a day.
#[derive(Clone, Debug)]
pub struct Used {
    /// The day, UTC.
    pub day: NaiveDate,
    /// A route's name, `embeddings`, `query-embeddings` or `publish`.
    pub operation: String,
    /// Requests, or calls of the provider.
    pub requests: i64,
    /// Documents published.
    pub documents: i64,
    /// Their chunks.
    pub chunks: i64,
    /// Tokens the provider charged.
    pub tokens: i64,
    /// What they cost.
    pub cost: Usd,
}

pub(crate) fn used(row: &Row) -> Result<Used> {
    Ok(Used {
        day: row.get("day")?,
        operation: row.get("operation")?,
        requests: row.get("requests")?,
        documents: row.get("documents")?,
        chunks: row.get("chunks")?,
        tokens: row.get("tokens")?,
        cost: Usd::from_nanos(row.get("nano_usd")?),
    })
}

impl Store {
    /// What a customer used from one day to another, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn usage(
        &self,
        customer: TenantId,
        since: NaiveDate,
        until: NaiveDate,
    ) -> Result<Vec<Used>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/usage/by_day.sql"),
                &[&customer, &since, &until],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(used).collect()
    }

    /// What a customer may still have spent this month.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn allowance(&self, customer: TenantId) -> Result<Allowance> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(include_str!("../queries/usage/left.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        let row = row.ok_or_else(|| Error::not_found("customer"))?;
        let payer: Option<String> = row.get("paid_by")?;
        let left: Option<i64> = row.get("nano_usd")?;
        Ok(Allowance {
            payer: payer.map(|payer| payer.parse::<Payer>()).transpose()?,
            budget_left: left.map(Usd::from_nanos),
            platform_left: Usd::from_nanos(row.get("platform_nano_usd")?),
        })
    }
}

/// What was spent in a month, and the budget, if there is one; none where nothing was spent.
///
/// # Errors
/// `unavailable` without a database.
pub async fn monthly_spend(tx: &Tenant, month: NaiveDate) -> Result<Option<(Usd, Option<Usd>)>> {
    let row = tx
        .query_opt(
            include_str!("../queries/usage/month.sql"),
            &[&tx.customer_id(), &month],
        )
        .await?;
    row.map(|row| {
        let budget: Option<i64> = row.get("budget")?;
        Ok((
            Usd::from_nanos(row.get("nano_usd")?),
            budget.map(Usd::from_nanos),
        ))
    })
    .transpose()
}
