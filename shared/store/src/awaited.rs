//! Documents whose bytes the caller uploads to S3 directly, with a presigned URL.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Kind, Result, VersionNumber,
    audit::Action,
    documents::{FailureCode, Status},
    jobs::Job,
};
use uuid::Uuid;

use crate::{
    Store, TenantId, collections,
    outbox::{self, Pending},
    uploads::{NewDocument, check_limit, insert, insert_version, set_password, tell},
};

impl Store {
    /// Adds a document whose bytes are still to be uploaded.
    ///
    /// # Errors
    /// `document_limit` or `external_id_taken` (conflict); `invalid_fields` if its collection does not exist;
    /// `unavailable` without a database.
    pub async fn add_awaited_document(
        &self,
        customer: TenantId,
        id: DocumentId,
        new: &NewDocument<'_>,
        object: Uuid,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        collections::lock(&tx, new.target).await?;
        check_limit(&tx).await?;
        if !insert(&tx, id, new, Status::AwaitingUpload, Some(expires_at)).await? {
            return Err(Error::new(
                Kind::Conflict,
                "external_id_taken",
                "A document with this externalId exists. Send new content for it through ingest/file.",
            ));
        }
        insert_version(&tx, id, VersionNumber::FIRST, object, new, None, None).await?;
        set_password(&tx, id, new).await?;
        tell(&tx, new, Action::DocumentAdded, id, VersionNumber::FIRST).await?;
        tx.commit().await
    }

    /// Returns the version and object of an expected upload, or `None` if it is not expected, or no longer.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn awaited_upload(
        &self,
        customer: TenantId,
        id: DocumentId,
    ) -> Result<Option<(VersionNumber, Uuid)>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/awaited.sql"),
                &[&customer, &id],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| Ok((row.get("latest_version")?, row.get("object_id")?)))
            .transpose()
    }

    /// Queues a document whose upload is in S3. Returns `None` if the upload was not expected.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn upload_arrived(
        &self,
        customer: TenantId,
        id: DocumentId,
        bytes: i64,
    ) -> Result<Option<Pending>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/uploaded.sql"),
                &[&customer, &id, &bytes],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let version: VersionNumber = row.get("version")?;
        let pending =
            outbox::insert(&tx, Job::process(customer.customer_id(), id, version)).await?;
        tx.commit().await?;
        Ok(Some(pending))
    }

    /// Checks whether the customer may store this many more bytes. The database refuses the upload if other content
    /// takes the room after this check.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn has_room(&self, customer: TenantId, bytes: i64) -> Result<bool> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/has_room.sql"),
                &[&customer, &bytes],
            )
            .await?;
        tx.commit().await?;
        row.map_or(Ok(false), |row| row.get("has_room"))
    }

    /// Ends a document whose upload never arrived or cannot be accepted.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn upload_failed(
        &self,
        customer: TenantId,
        id: DocumentId,
        code: FailureCode,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/documents/upload_failed.sql"),
            &[&customer, &id, &code.status(), &code],
        )
        .await?;
        tx.commit().await
    }
}
