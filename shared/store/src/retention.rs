//! Versions whose retention is over. They are marked first, so that no new version is made from them, then removed from
//! LanceDB and S3, and their rows are removed last.

use dynrag_domain::{CustomerId, DocumentId, Result, VersionNumber};
use uuid::Uuid;

use crate::{Store, TenantId, chat, publication::StoreStep, row::Row};

fn versions(rows: &[Row]) -> Result<Vec<(DocumentId, VersionNumber)>> {
    rows.iter()
        .map(|row| Ok((row.get("document_id")?, row.get("version")?)))
        .collect()
}

fn unzip(versions: &[(DocumentId, VersionNumber)]) -> (Vec<DocumentId>, Vec<VersionNumber>) {
    versions.iter().copied().unzip()
}

impl StoreStep {
    /// Marks versions whose retention is over, at most `most`, and returns all that are marked. From then on they are
    /// in no list and cannot be restored.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn retire(&self, most: i64) -> Result<Vec<(DocumentId, VersionNumber)>> {
        let customer = self.tx.customer_id();
        let over = self
            .tx
            .query(
                include_str!("../queries/retention/lock.sql"),
                &[&customer, &most],
            )
            .await?;
        let over = versions(&over)?;
        if !over.is_empty() {
            let (ids, numbers) = unzip(&over);
            self.tx
                .query(
                    include_str!("../queries/retention/retire.sql"),
                    &[&customer, &ids, &numbers],
                )
                .await?;
        }
        let retired = self
            .tx
            .query(
                include_str!("../queries/retention/retired.sql"),
                &[&customer],
            )
            .await?;
        versions(&retired)
    }
}

impl Store {
    /// Returns customers with versions whose retention is over.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_retention(&self, most: i32) -> Result<Vec<CustomerId>> {
        let rows = self
            .call("SELECT customer_id FROM sweep_retention($1)", &[&most])
            .await?;
        rows.iter().map(|row| row.get("customer_id")).collect()
    }

    /// Returns the bundles that hold originals of marked versions.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn retired_bundles(&self, customer: TenantId) -> Result<Vec<Uuid>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/retention/bundles.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("object_id")).collect()
    }

    /// Removes the rows of versions that are removed everywhere else.
    ///
    /// # Errors
    /// `unavailable`; they are then found again.
    pub async fn forget_versions(
        &self,
        customer: TenantId,
        versions: &[(DocumentId, VersionNumber)],
    ) -> Result<()> {
        let (ids, numbers) = unzip(versions);
        let tx = self.tenant(customer).await?;
        chat::withdraw(&tx, &ids, Some(&numbers)).await?;
        tx.query(
            include_str!("../queries/retention/forget.sql"),
            &[&customer, &ids, &numbers],
        )
        .await?;
        tx.commit().await
    }
}
