//! Scheduled webhooks whose time has come.

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, CustomerId, Error, Result, WebhookId};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Store;

/// A scheduled webhook that is to run now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The tenant.
    pub customer_id: CustomerId,
    /// The webhook.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// What is fetched.
    pub url: String,
    /// When it runs, and in which time zone.
    pub schedule: String,
    /// UTC where it is none.
    pub time_zone: Option<String>,
    /// When it was to run.
    pub planned: DateTime<Utc>,
    /// Until when nobody else is given it.
    pub leased: DateTime<Utc>,
    /// Where its document belongs.
    pub collection: Option<CollectionId>,
}

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("schedules: {error}"))
}

impl Store {
    /// Scheduled webhooks whose time has come; each is put off for ten minutes as it is handed out. Say
    /// with [`schedule_ran`](Self::schedule_ran) when it runs next.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_schedules(&self, most: i32) -> Result<Vec<Due>> {
        let sweep = include_str!("../queries/sweep/schedules.sql");
        let rows = self.call(sweep, &[(&most, Type::INT4)]).await?;
        rows.iter()
            .map(|row| {
                let customer: Uuid = row.try_get("customer_id").map_err(column)?;
                let id: Uuid = row.try_get("id").map_err(column)?;
                let collection: Option<Uuid> = row.try_get("collection_id").map_err(column)?;
                Ok(Due {
                    customer_id: customer.into(),
                    id: id.into(),
                    name: row.try_get("name").map_err(column)?,
                    url: row.try_get("url").map_err(column)?,
                    schedule: row.try_get("schedule").map_err(column)?,
                    time_zone: row.try_get("time_zone").map_err(column)?,
                    planned: row.try_get("planned").map_err(column)?,
                    leased: row.try_get("leased").map_err(column)?,
                    collection: collection.map(CollectionId::from),
                })
            })
            .collect()
    }

    /// Notes when a webhook that has run runs next, if ever; nothing where it was changed meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database: it then runs again once the lease is over.
    pub async fn schedule_ran(&self, due: &Due, next: Option<DateTime<Utc>>) -> Result<()> {
        let tx = self.tenant(due.customer_id).await?;
        tx.query(
            include_str!("../queries/webhooks/ran.sql"),
            &[
                (&due.customer_id.as_uuid(), Type::UUID),
                (&due.id.as_uuid(), Type::UUID),
                (&due.leased, Type::TIMESTAMPTZ),
                (&next, Type::TIMESTAMPTZ),
            ],
        )
        .await?;
        tx.commit().await
    }
}
