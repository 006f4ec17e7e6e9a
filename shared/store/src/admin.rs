//! What the platform's administrators see and do across customers. Each call names the administrator,
//! and the database looks whether it is one.

use chrono::{DateTime, NaiveDate, Utc};
use dynrag_domain::{CustomerId, Error, Result, UserId, config::PlatformLimits, money::Usd};
use tokio_postgres::{
    Row,
    types::{Json, Type},
};
use uuid::Uuid;

use crate::{
    Store,
    usage::{self, Used},
};

/// An administrator of the platform.
#[derive(Clone, Copy, Debug)]
pub struct Administrator {
    /// Its own customer.
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
    /// `active`, `suspended` or `deleted`.
    pub status: String,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// Address of its first user.
    pub email: Option<String>,
    /// Users.
    pub users: i64,
    /// Documents.
    pub documents: i64,
    /// What it spent this month.
    pub spent: Usd,
}

/// Which customers to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Of this status only.
    pub status: Option<&'a str>,
    /// With this in the company's name or a user's address.
    pub words: Option<&'a str>,
}

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("admin: {error}"))
}

fn customer(row: &Row) -> Result<CustomerRow> {
    Ok(CustomerRow {
        id: row.try_get::<_, Uuid>("id").map_err(column)?.into(),
        company_name: row.try_get("company_name").map_err(column)?,
        status: row.try_get("status").map_err(column)?,
        created_at: row.try_get("created_at").map_err(column)?,
        email: row.try_get("email").map_err(column)?,
        users: row.try_get("users").map_err(column)?,
        documents: row.try_get("documents").map_err(column)?,
        spent: Usd::from_nanos(row.try_get("spent_nano_usd").map_err(column)?),
    })
}

/// Escapes what LIKE gives a meaning to.
fn literally(words: &str) -> String {
    words
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

impl Store {
    /// A page of all customers, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn admin_list_customers(
        &self,
        by: Administrator,
        wanted: Wanted<'_>,
        after: Option<(DateTime<Utc>, CustomerId)>,
        limit: i64,
    ) -> Result<Vec<CustomerRow>> {
        let rows = self
            .call(
                include_str!("../queries/admin/list.sql"),
                &[
                    (&by.customer_id.as_uuid(), Type::UUID),
                    (&by.user_id.as_uuid(), Type::UUID),
                    (&wanted.status, Type::TEXT),
                    (&wanted.words.map(literally), Type::TEXT),
                    (&after.map(|(at, _)| at), Type::TIMESTAMPTZ),
                    (&after.map(|(_, id)| id.as_uuid()), Type::UUID),
                    (&limit, Type::INT8),
                ],
            )
            .await?;
        rows.iter().map(customer).collect()
    }

    /// What any customer used from one day to another, newest first.
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
                &[
                    (&by.customer_id.as_uuid(), Type::UUID),
                    (&by.user_id.as_uuid(), Type::UUID),
                    (&customer.as_uuid(), Type::UUID),
                    (&since, Type::DATE),
                    (&until, Type::DATE),
                ],
            )
            .await?;
        rows.iter().map(usage::used).collect()
    }

    /// Remembers an invitation to sign up.
    ///
    /// # Errors
    /// `not_found` for who is no administrator; `unavailable` without a database.
    pub async fn add_signup_invitation(
        &self,
        by: Administrator,
        token_hash: &[u8; 32],
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let rows = self
            .call(
                include_str!("../queries/admin/add_signup_invitation.sql"),
                &[
                    (&by.customer_id.as_uuid(), Type::UUID),
                    (&by.user_id.as_uuid(), Type::UUID),
                    (&token_hash.as_slice(), Type::BYTEA),
                    (&expires_at, Type::TIMESTAMPTZ),
                ],
            )
            .await?;
        let added = rows
            .first()
            .map_or(Ok(false), |row| row.try_get("added").map_err(column))?;
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
                &[
                    (&by.customer_id.as_uuid(), Type::UUID),
                    (&by.user_id.as_uuid(), Type::UUID),
                    (&customer.as_uuid(), Type::UUID),
                    (&Json(limits), Type::JSONB),
                ],
            )
            .await?;
        let done = rows
            .first()
            .map_or(Ok(false), |row| row.try_get("done").map_err(column))?;
        if done {
            Ok(())
        } else {
            Err(Error::not_found("customer"))
        }
    }

    /// Suspends or activates a customer, from its next request on.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn admin_set_status(
        &self,
        by: Administrator,
        customer: CustomerId,
        status: &str,
    ) -> Result<()> {
        let rows = self
            .call(
                include_str!("../queries/admin/set_status.sql"),
                &[
                    (&by.customer_id.as_uuid(), Type::UUID),
                    (&by.user_id.as_uuid(), Type::UUID),
                    (&customer.as_uuid(), Type::UUID),
                    (&status, Type::TEXT),
                ],
            )
            .await?;
        let found: Option<String> = rows
            .first()
            .map_or(Ok(None), |row| row.try_get("found").map_err(column))?;
        found.map(drop).ok_or_else(|| Error::not_found("customer"))
    }
}
