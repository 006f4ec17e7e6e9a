//! The location of a document's original, for its download.

use dynrag_domain::{DocumentId, Error, Kind, Result, VersionNumber, documents::Format, storage};

use crate::{Store, Tenant, TenantId, documents::get, ingestion, row::Row};

/// The original of a version.
#[derive(Clone, Debug)]
pub struct OriginalFile {
    /// The version.
    pub version: VersionNumber,
    /// The version that introduced the original.
    pub original_version: VersionNumber,
    /// Location of the original.
    pub original: storage::Original,
    /// Size in bytes; `None` if it has not arrived.
    pub bytes: Option<u64>,
    /// The format.
    pub format: Format,
    /// The document's title.
    pub title: String,
    /// The original file name.
    pub file_name: Option<String>,
}

/// Returns the error for a version without a stored original.
pub fn no_original() -> Error {
    let detail = "No original of this version is stored. The document's status gives the reason.";
    Error::new(Kind::NotFound, "no_original", detail)
}

impl Store {
    /// Returns the original of a version. Without a version, it is the published one's, or before that the latest
    /// one's.
    ///
    /// # Errors
    /// `not_found`; `no_original` (not found); `unavailable` without a database.
    pub async fn original_file(
        &self,
        customer: TenantId,
        id: DocumentId,
        version: Option<VersionNumber>,
    ) -> Result<OriginalFile> {
        let tx = self.tenant(customer).await?;
        let found = find(&tx, id, version, "").await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Does the same as [`original_file`](Self::original_file), and keeps the document from being deleted and the
    /// version from being removed or moved until the transaction ends.
    ///
    /// # Errors
    /// As for `original_file`.
    pub async fn lock_original_file(
        &self,
        customer: TenantId,
        id: DocumentId,
        version: VersionNumber,
    ) -> Result<(Tenant, OriginalFile)> {
        let tx = self.tenant(customer).await?;
        let found = find(&tx, id, Some(version), "FOR SHARE OF d, v, o").await?;
        Ok((tx, found))
    }
}

async fn find(
    tx: &Tenant,
    id: DocumentId,
    version: Option<VersionNumber>,
    lock: &'static str,
) -> Result<OriginalFile> {
    let query = include_str!("../queries/documents/original.sql");
    let row = tx
        .query_opt(
            &format!("{query}{lock}"),
            &[&tx.customer_id(), &id, &version],
        )
        .await?;
    match row {
        Some(row) => original_file(&row),
        None => {
            get(tx, id).await??;
            Err(no_original())
        }
    }
}

fn original_file(row: &Row) -> Result<OriginalFile> {
    let bytes: Option<i64> = row.get("bytes")?;
    Ok(OriginalFile {
        version: row.get("version")?,
        original_version: row.get("original_version")?,
        original: ingestion::original(row)?,
        bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        format: row.get("format")?,
        title: row.get("title")?,
        file_name: row.get("file_name")?,
    })
}
