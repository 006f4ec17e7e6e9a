//! Versions whose time is over: marked first, so that nobody makes a new version of one, then removed from
//! LanceDB and S3, and their rows last.

use dynrag_domain::{CustomerId, DocumentId, Error, Result};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use crate::{Store, publication::StoreStep};

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("retention: {error}"))
}

fn versions(rows: &[Row]) -> Result<Vec<(DocumentId, i32)>> {
    rows.iter()
        .map(|row| {
            let id: Uuid = row.try_get("document_id").map_err(column)?;
            Ok((id.into(), row.try_get("version").map_err(column)?))
        })
        .collect()
}

fn unzip(versions: &[(DocumentId, i32)]) -> (Vec<Uuid>, Vec<i32>) {
    versions
        .iter()
        .map(|(id, version)| (id.as_uuid(), *version))
        .unzip()
}

impl StoreStep {
    /// Marks versions whose time is over, at most so many, and returns all that are marked. They are from here on
    /// in no list, and nothing can be restored of them.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn retire(&self, most: i64) -> Result<Vec<(DocumentId, i32)>> {
        let customer = self.tx.customer_id().as_uuid();
        let over = self
            .tx
            .query(
                include_str!("../queries/retention/lock.sql"),
                &[(&customer, Type::UUID), (&most, Type::INT8)],
            )
            .await?;
        let over = versions(&over)?;
        if !over.is_empty() {
            let (ids, numbers) = unzip(&over);
            self.tx
                .query(
                    include_str!("../queries/retention/retire.sql"),
                    &[
                        (&customer, Type::UUID),
                        (&ids, Type::UUID_ARRAY),
                        (&numbers, Type::INT4_ARRAY),
                    ],
                )
                .await?;
        }
        let retired = self
            .tx
            .query(
                include_str!("../queries/retention/retired.sql"),
                &[(&customer, Type::UUID)],
            )
            .await?;
        versions(&retired)
    }
}

impl Store {
    /// Customers with versions whose time is over.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_retention(&self, most: i32) -> Result<Vec<CustomerId>> {
        let rows = self
            .call(
                "SELECT customer_id FROM sweep_retention($1)",
                &[(&most, Type::INT4)],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let id: Uuid = row.try_get("customer_id").map_err(column)?;
                Ok(id.into())
            })
            .collect()
    }

    /// The bundles that hold originals of versions that are going.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn retired_bundles(&self, customer: CustomerId) -> Result<Vec<Uuid>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/retention/bundles.sql"),
                &[(&customer.as_uuid(), Type::UUID)],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| row.try_get("object_id").map_err(column))
            .collect()
    }

    /// Removes the rows of versions that are gone everywhere else.
    ///
    /// # Errors
    /// `unavailable`; they are found again.
    pub async fn forget_versions(
        &self,
        customer: CustomerId,
        versions: &[(DocumentId, i32)],
    ) -> Result<()> {
        let (ids, numbers) = unzip(versions);
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/retention/forget.sql"),
            &[
                (&customer.as_uuid(), Type::UUID),
                (&ids, Type::UUID_ARRAY),
                (&numbers, Type::INT4_ARRAY),
            ],
        )
        .await?;
        tx.commit().await
    }
}
