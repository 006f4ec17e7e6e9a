//! A customer's usage and spending, except its requests, which `admit()` counts.

use chrono::{Datelike, NaiveDate, Utc};
use dynrag_domain::{
    Error, Result,
    money::Usd,
    spending::{Allowance, Payer},
};

use crate::{Store, Tenant, TenantId, row::Row};

/// The usage of an operation on a day.
#[derive(Clone, Debug)]
pub struct Used {
    /// The day, UTC.
    pub day: NaiveDate,
    /// A route's name, `embeddings`, `query-embeddings`, `reranking` or `publish`.
    pub operation: String,
    /// Requests, or provider calls.
    pub requests: i64,
    /// Published documents.
    pub documents: i64,
    /// Their chunks.
    pub chunks: i64,
    /// Tokens that the provider charged.
    pub tokens: u64,
    /// Cost of the tokens.
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
    /// Returns a customer's usage between two days, newest first.
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

    /// Returns a customer's remaining allowance of this month.
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

impl Store {
    /// Returns a customer's spending of this month, and the budget, if there is one; `None` if nothing was spent.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn spend_of_this_month(
        &self,
        customer: TenantId,
    ) -> Result<Option<(Usd, Option<Usd>)>> {
        let today = Utc::now().date_naive();
        let month = today.with_day(1).unwrap_or(today);
        let tx = self.tenant(customer).await?;
        let spend = monthly_spend(&tx, month).await?;
        tx.commit().await?;
        Ok(spend)
    }
}

/// Returns the spending of a month, and the budget, if there is one; `None` if nothing was spent.
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
