//! Administration of customers by the platform's administrators. Each call names the administrator, and the database
//! checks that it is one.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use dynrag_domain::{
    CustomerId, Error, Result, UserId, company::CustomerStatus, config::PlatformLimits, money::Usd,
};
use serde_json::Value;
use tokio_postgres::types::Json;

use crate::{
    Store,
    row::Row,
    usage::{self, Used},
};

/// An administrator of the platform.
#[derive(Clone, Copy, Debug)]
pub struct Administrator {
    /// The administrator's own customer.
    pub customer_id: CustomerId,
    /// The user.
    pub user_id: UserId,
}

/// A customer as administrators see it.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Its id.
    pub id: CustomerId,
    /// The company.
    pub company_name: Option<String>,
    /// The customer's status.
    pub status: CustomerStatus,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// Address of its first user.
    pub email: Option<String>,
    /// Users.
    pub users: i64,
    /// Documents.
    pub documents: i64,
    /// Spending this month.
    pub spent: Usd,
}

/// A customer's details for administrators, without its usage.
#[derive(Clone, Debug)]
pub struct CustomerDetails {
    /// Its id.
    pub id: CustomerId,
    /// The company.
    pub company_name: Option<String>,
    /// The customer's status.
    pub status: CustomerStatus,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// Address of its first user.
    pub email: Option<String>,
    /// Whether that user has verified it.
    pub email_verified: bool,
    /// Users.
    pub users: i64,
    /// Limits and settings, by their names in the API.
    pub config: Value,
    /// Whether the customer pays for embeddings with its own provider key.
    pub own_embedding_key: bool,
    /// Documents by status; a status without documents is left out.
    pub documents: BTreeMap<String, i64>,
    /// The last login, request or publication.
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Spending this month.
    pub spent: Usd,
}

fn details(row: &Row) -> Result<CustomerDetails> {
    let Json(documents) = row.get("documents")?;
    Ok(CustomerDetails {
        id: row.get("id")?,
        company_name: row.get("company_name")?,
        status: row.get("status")?,
        created_at: row.get("created_at")?,
        email: row.get("email")?,
        email_verified: row.get("email_verified")?,
        users: row.get("users")?,
        config: row.get("config")?,
        own_embedding_key: row.get("own_embedding_key")?,
        documents,
        last_activity_at: row.get("last_activity_at")?,
        spent: Usd::from_nanos(row.get("spent_nano_usd")?),
    })
}

/// A filter of the list of customers.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerFilter<'a> {
    /// Only customers of this status.
    pub status: Option<CustomerStatus>,
    /// Only customers whose company name or a user's address contains this text.
    pub words: Option<&'a str>,
}

fn customer(row: &Row) -> Result<CustomerRow> {
    Ok(CustomerRow {
        id: row.get("id")?,
        company_name: row.get("company_name")?,
        status: row.get("status")?,
        created_at: row.get("created_at")?,
        email: row.get("email")?,
        users: row.get("users")?,
        documents: row.get("documents")?,
        spent: Usd::from_nanos(row.get("spent_nano_usd")?),
    })
}

/// Escapes the special characters of LIKE.
fn literally(words: &str) -> String {
    words
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

impl Store {
    /// Returns a page of all customers, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn admin_list_customers(
        &self,
        by: Administrator,
        wanted: CustomerFilter<'_>,
        after: Option<(DateTime<Utc>, CustomerId)>,
        limit: i64,
    ) -> Result<Vec<CustomerRow>> {
        let rows = self
            .call(
                include_str!("../queries/admin/list.sql"),
                &[
                    &by.customer_id,
                    &by.user_id,
                    &wanted.status,
                    &wanted.words.map(literally),
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        rows.iter().map(customer).collect()
    }

    /// Returns the current details of a customer.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn admin_get_customer(
        &self,
        by: Administrator,
        customer: CustomerId,
    ) -> Result<CustomerDetails> {
        let rows = self
            .call(
                include_str!("../queries/admin/get.sql"),
                &[&by.customer_id, &by.user_id, &customer],
            )
            .await?;
        let row = rows.first().ok_or_else(|| Error::not_found("customer"))?;
        details(row)
    }

    /// Deletes a customer other than the administrator's own, as the customer itself would. `confirm` repeats the
    /// company's name or the customer's id. The caller sends the task that removes the rest; `sweep` sends it too.
    ///
    /// # Errors
    /// `not_found`; `invalid_fields` if `confirm` does not match; `unavailable` without a database.
    pub async fn admin_delete_customer(
        &self,
        by: Administrator,
        customer: CustomerId,
        confirm: &str,
    ) -> Result<()> {
        // Postgres text cannot hold a NUL.
        let confirm = if confirm.contains('\0') { "" } else { confirm };
        let rows = self
            .call(
                include_str!("../queries/admin/delete.sql"),
                &[&by.customer_id, &by.user_id, &customer, &confirm],
            )
            .await?;
        let verdict: Option<&str> = rows.first().map_or(Ok(None), |row| row.get("verdict"))?;
        match verdict {
            Some("deleting") => Ok(()),
            Some(_) => {
                let detail = "the customer's exact company name, or its id";
                Err(Error::field("/confirm", detail))
            }
            None => Err(Error::not_found("customer")),
        }
    }

    /// Returns a customer's usage between two days, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn admin_usage(
        &self,
        by: Administrator,
        customer: CustomerId,
        since: NaiveDate,
        until: NaiveDate,
    ) -> Result<Vec<Used>> {
        let rows = self
            .call(
                include_str!("../queries/admin/usage.sql"),
                &[&by.customer_id, &by.user_id, &customer, &since, &until],
            )
            .await?;
        rows.iter().map(usage::used).collect()
    }

    /// Records an invitation to sign up.
    ///
    /// # Errors
    /// `not_found` if the caller is not an administrator; `unavailable` without a database.
    pub async fn add_signup_invitation(
        &self,
        by: Administrator,
        token_hash: &[u8; 32],
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let rows = self
            .call(
                include_str!("../queries/admin/add_signup_invitation.sql"),
                &[&by.customer_id, &by.user_id, &token_hash, &expires_at],
            )
            .await?;
        let added = rows.first().map_or(Ok(false), |row| row.get("added"))?;
        if added {
            Ok(())
        } else {
            Err(Error::not_found("route"))
        }
    }

    /// Sets a customer's limits.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn admin_set_limits(
        &self,
        by: Administrator,
        customer: CustomerId,
        limits: &PlatformLimits,
    ) -> Result<()> {
        let rows = self
            .call(
                include_str!("../queries/admin/set_limits.sql"),
                &[&by.customer_id, &by.user_id, &customer, &Json(limits)],
            )
            .await?;
        let done = rows.first().map_or(Ok(false), |row| row.get("done"))?;
        if done {
            Ok(())
        } else {
            Err(Error::not_found("customer"))
        }
    }

    /// Suspends or activates a customer, starting with its next request.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn admin_set_status(
        &self,
        by: Administrator,
        customer: CustomerId,
        status: CustomerStatus,
    ) -> Result<()> {
        let rows = self
            .call(
                include_str!("../queries/admin/set_status.sql"),
                &[&by.customer_id, &by.user_id, &customer, &status],
            )
            .await?;
        let found: Option<String> = rows.first().map_or(Ok(None), |row| row.get("found"))?;
        found.map(drop).ok_or_else(|| Error::not_found("customer"))
    }
}
