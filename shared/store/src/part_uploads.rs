//! Files that are sent in parts. The document awaits its upload until all are there.

use chrono::{DateTime, Utc};
use dynrag_domain::{DocumentId, Error, Kind, Result, UploadPartId, documents::Format};
use uuid::Uuid;

use crate::{Store, TenantId, uploads::NewDocument};

/// Most parts of a file, those included that were sent again.
const MAX_PARTS: i64 = 2_000;

/// A file that is sent in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartUpload {
    /// Bytes of the whole file.
    pub bytes: i64,
    /// Bytes of all parts so far.
    pub received: i64,
    /// Its name.
    pub file_name: Option<String>,
    /// Its format.
    pub format: Format,
    /// When it was announced.
    pub created_at: DateTime<Utc>,
    /// Until when it can be completed; `None` once it is, or has failed.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it can still be completed.
    pub is_awaited: bool,
}

fn unknown() -> Error {
    Error::not_found("upload")
}

impl Store {
    /// Adds a document that awaits the parts of its file.
    ///
    /// # Errors
    /// The limits of documents; `invalid_fields` without its collection; `unavailable` without a database.
    pub async fn add_part_upload(
        &self,
        customer: TenantId,
        id: DocumentId,
        new: &NewDocument<'_>,
        bytes: i64,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let object = Uuid::new_v4();
        self.add_awaited_document(customer, id, new, object, expires_at)
            .await?;
        // Without this row the document's upload expires.
        let tx = self.tenant(customer).await?;
        let insert = include_str!("../queries/part_uploads/insert.sql");
        tx.query(insert, &[&customer, &id, &bytes]).await?;
        tx.commit().await
    }

    /// Returns an upload.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn part_upload(&self, customer: TenantId, id: DocumentId) -> Result<PartUpload> {
        let tx = self.tenant(customer).await?;
        let get = include_str!("../queries/part_uploads/get.sql");
        let row = tx.query_opt(get, &[&customer, &id]).await?;
        tx.commit().await?;
        let row = row.ok_or_else(unknown)?;
        Ok(PartUpload {
            bytes: row.get("bytes")?,
            received: row.get("received")?,
            file_name: row.get("file_name")?,
            format: row.get("format")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("upload_expires_at")?,
            is_awaited: row.get("is_awaited")?,
        })
    }

    /// Records a part whose bytes are stored.
    ///
    /// # Errors
    /// `not_found`; `upload_ended` (conflict) if it is completed, cancelled or expired; `upload_full` (invalid) if the parts would
    /// be longer than twice the file, or too many; `unavailable` without a database.
    pub async fn add_upload_part(
        &self,
        customer: TenantId,
        upload: DocumentId,
        id: UploadPartId,
        bytes: i64,
    ) -> Result<DateTime<Utc>> {
        let tx = self.tenant(customer).await?;
        // A statement of its own sees the parts that were added while it waited for the lock.
        let lock = include_str!("../queries/part_uploads/lock.sql");
        tx.query(lock, &[&customer, &upload]).await?;
        let add = include_str!("../queries/part_uploads/add_part.sql");
        let row = tx
            .query_opt(add, &[&customer, &upload, &id, &bytes, &MAX_PARTS])
            .await?;
        tx.commit().await?;
        if let Some(row) = row {
            return row.get("created_at");
        }
        let there = self.part_upload(customer, upload).await?;
        match there.is_awaited {
            true => Err(Error::new(
                Kind::Invalid,
                "upload_full",
                format!(
                    "Parts may have at most twice the bytes of the file, which has {}, and there may be {MAX_PARTS}: complete or \
                     cancel the upload.",
                    there.bytes
                ),
            )),
            false => Err(ended()),
        }
    }

    /// Returns the parts of an upload with their sizes.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn upload_parts(
        &self,
        customer: TenantId,
        upload: DocumentId,
    ) -> Result<Vec<(UploadPartId, i64)>> {
        let tx = self.tenant(customer).await?;
        let parts = include_str!("../queries/part_uploads/parts.sql");
        let rows = tx.query(parts, &[&customer, &upload]).await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| Ok((row.get("id")?, row.get("bytes")?)))
            .collect()
    }
}

/// The error for an upload to which nothing can be added.
pub fn ended() -> Error {
    Error::new(
        Kind::Conflict,
        "upload_ended",
        "The upload was completed or cancelled, or it has expired. Create a new one.",
    )
}
