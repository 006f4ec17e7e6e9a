//! A claim: its lease, its progress, and its end without a publication.
//!
//! Every write of a claimant carries its fencing token. A claimant that lost its lease (it was frozen, or a later
//! version came) changes nothing any more, and learns that from [`LeaseState::Lost`].

use std::{collections::HashSet, time::Duration};

use dynrag_domain::{
    CollectionId, DocumentId, Error, Result, VersionNumber,
    chunks::Extracted,
    config::Chunking,
    documents::{FailureCode, Format, Stage},
    jobs::Lane,
    metadata::Metadata,
    storage::Original,
    titles::own_title,
};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{FencingToken, LeaseState, Store, Tenant, TenantId, params::Param, row::Row, texts};

/// A lease on a document, with the data that its processing needs.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The tenant.
    pub tenant: TenantId,
    /// The document.
    pub document_id: DocumentId,
    /// The claimed version.
    pub version: VersionNumber,
    /// The fencing token of the claimant's writes.
    pub token: FencingToken,
    /// Number of claims of this version, including this one.
    pub attempts: i32,
    /// Title.
    pub title: String,
    /// Whether a caller gave the title.
    pub title_given: bool,
    /// Name of the uploaded file.
    pub file_name: Option<String>,
    /// Metadata object.
    pub metadata: Metadata,
    /// Whether hidden content is read too.
    pub include_hidden: bool,
    /// Whether the attachments of an email become documents of their own.
    pub attachments: bool,
    /// The collection it belongs to.
    pub collection: Option<CollectionId>,
    /// The queue of the document's job.
    pub lane: Lane,
    /// The URL it is fetched from.
    pub source_url: Option<String>,
    /// The server's `ETag` of the published copy.
    pub published_etag: Option<String>,
    /// The server's `Last-Modified` of the published copy.
    pub published_last_modified: Option<String>,
    /// Version that introduced the original.
    pub original_version: VersionNumber,
    /// Whether the version is published even if its content equals the published one's.
    pub reprocess: bool,
    /// Location of the original.
    pub original: Original,
    /// Size of the original in bytes, if it is known yet.
    pub bytes: Option<u64>,
    /// Declared format.
    pub format: Format,
    /// SHA-256 of the published content.
    pub published_hash: Option<Vec<u8>>,
    /// Largest file the customer may add.
    pub max_file_bytes: i64,
    /// Most pages of a document.
    pub max_pages: i32,
    /// Most characters of a document's text.
    pub max_characters: i64,
    /// Most chunks of a document.
    pub max_document_chunks: i32,
    /// Most chunks of all documents of the customer.
    pub max_chunks: i32,
    /// Formats the customer may add.
    pub allowed_types: Vec<String>,
    /// Chunking.
    pub chunking: Chunking,
    /// The document's own chunking, if it has one.
    pub own_chunking: Option<Chunking>,
    /// Embedding model.
    pub embedding_model: String,
}

impl Claim {
    /// Returns the document's title: the caller's, else the content's, else the file name.
    pub fn title_with(&self, extracted: &Extracted) -> String {
        if self.title_given {
            return self.title.clone();
        }
        let file_name = self.file_name.as_deref();
        let own = extracted.title.as_deref();
        let own = own.and_then(|title| own_title(title, file_name));
        // A fetched document is named by its URL, which says more than the last segment alone.
        let file_name = file_name.filter(|_| self.source_url.is_none());
        own.or_else(|| file_name.map(str::to_owned))
            .unwrap_or_else(|| self.title.clone())
    }
}

/// Returns the location of the original of a row with `object_id` and `bundle_offset`.
pub(crate) fn original(row: &Row) -> Result<Original> {
    let object: Uuid = row.get("object_id")?;
    let offset: Option<i64> = row.get("bundle_offset")?;
    Ok(match offset.and_then(|offset| u64::try_from(offset).ok()) {
        Some(offset) => Original::Bundled {
            bundle: object,
            offset,
        },
        None => Original::Alone(object),
    })
}

/// The work that a claim is for.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Fetching the content.
    Fetching,
    /// Any later processing, in any lane.
    Any,
    /// Any later processing, in a quick lane: slow documents are left alone, and so are large ones of a customer with
    /// this many slow documents.
    Quick(i32),
    /// Any later processing, in the slow lane.
    Slow,
}

impl Claim {
    /// Claims a document for one version in this transaction. Returns `None` if the job is obsolete, or another
    /// worker's lease is valid.
    pub(crate) async fn take(
        tx: &Tenant,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
        work: Work,
    ) -> Result<Option<Self>> {
        let customer = tx.tenant();
        let fetch = matches!(work, Work::Fetching);
        let slow = matches!(work, Work::Slow);
        let most = match work {
            Work::Quick(most) => Some(most),
            Work::Fetching | Work::Any | Work::Slow => None,
        };
        let row = tx
            .query_opt(
                include_str!("../queries/ingestion/claim.sql"),
                &[
                    &customer,
                    &document,
                    &version,
                    &lease.as_secs_f64(),
                    &fetch,
                    &most,
                    &slow,
                ],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Claim {
            tenant: customer,
            document_id: document,
            version,
            token: row.get("lease_token")?,
            attempts: row.get("attempts")?,
            title: row.get("title")?,
            title_given: row.get("title_given")?,
            file_name: row.get("file_name")?,
            metadata: row.json("metadata")?,
            include_hidden: row.get("include_hidden")?,
            attachments: row.get("attachments")?,
            collection: row.get("collection_id")?,
            lane: row.get("lane")?,
            source_url: row.get("source_url")?,
            published_etag: row.get("published_etag")?,
            published_last_modified: row.get("published_last_modified")?,
            original_version: row.get("original_version")?,
            reprocess: row.get("reprocess")?,
            original: original(&row)?,
            bytes: row
                .get::<Option<i64>>("bytes")?
                .and_then(|bytes| u64::try_from(bytes).ok()),
            format: row.get("format")?,
            published_hash: row.get("published_hash")?,
            max_file_bytes: row.get("max_file_bytes")?,
            max_pages: row.get("max_pages")?,
            max_characters: row.get("max_characters")?,
            max_document_chunks: row.get("max_document_chunks")?,
            max_chunks: row.get("max_chunks")?,
            allowed_types: row.get("allowed_types")?,
            chunking: row.json("chunking")?,
            own_chunking: row
                .get::<Option<Json<_>>>("own_chunking")?
                .map(|json| json.0),
            embedding_model: row.get("embedding_model")?,
        }))
    }
}

impl Store {
    /// Claims a document for one version, in any lane. Returns `None` if the job is obsolete, or another worker's lease
    /// is valid (`sweep` watches its end). This is for tests; workers call the functions of
    /// [`slow_lane`](crate::slow_lane).
    ///
    /// # Errors
    /// `unavailable` without a database.
    #[doc(hidden)]
    pub async fn claim(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
    ) -> Result<Option<Claim>> {
        let tx = self.tenant(customer).await?;
        let claim = Claim::take(&tx, document, version, lease, Work::Any).await?;
        tx.commit().await?;
        Ok(claim)
    }

    /// Returns the number of chunks of all published documents of a customer except the given ones.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn published_chunks(
        &self,
        customer: TenantId,
        without: &[DocumentId],
    ) -> Result<i64> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/ingestion/published_chunks.sql"),
                &[&customer, &without],
            )
            .await?;
        tx.commit().await?;
        row.map_or(Ok(0), |row| row.get("chunks"))
    }

    /// Renews a lease and records the stage, if one is given.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn progress(
        &self,
        claim: &Claim,
        stage: Option<Stage>,
        lease: Duration,
    ) -> Result<LeaseState> {
        let held = self
            .progress_all(claim.tenant, &[claim], stage, lease)
            .await?;
        Ok(match held.contains(&claim.document_id) {
            true => LeaseState::Held,
            false => LeaseState::Lost,
        })
    }

    /// Does the same for several documents of one customer. Returns the documents whose leases are still valid.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn progress_all(
        &self,
        customer: TenantId,
        claims: &[&Claim],
        stage: Option<Stage>,
        lease: Duration,
    ) -> Result<HashSet<DocumentId>> {
        let (ids, tokens): (Vec<DocumentId>, Vec<FencingToken>) = claims
            .iter()
            .map(|claim| (claim.document_id, claim.token))
            .unzip();
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/ingestion/progress.sql"),
                &[&customer, &ids, &tokens, &lease.as_secs_f64(), &stage],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Records the size, hash, format and pages of a version that was read, and its text if that is small. Renews the
    /// lease and begins the next stage.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn describe_version(
        &self,
        claim: &Claim,
        lease: Duration,
        bytes: i64,
        content_hash: &[u8; 32],
        extracted: &Extracted,
        small: Option<&[u8]>,
    ) -> Result<LeaseState> {
        let pages = extracted
            .pages
            .map(i32::try_from)
            .transpose()
            .map_err(Error::internal_fault)?;
        let properties =
            serde_json::to_value(&extracted.properties).map_err(Error::internal_fault)?;
        let characters =
            i64::try_from(extracted.text.chars().count()).map_err(Error::internal_fault)?;
        let tx = self.tenant(claim.tenant).await?;
        let described = tx
            .query_opt(
                include_str!("../queries/ingestion/describe_version.sql"),
                &[
                    &claim.tenant,
                    &claim.document_id,
                    &claim.version,
                    &claim.token,
                    &lease.as_secs_f64(),
                    &bytes,
                    &content_hash,
                    &claim.format,
                    &pages,
                    &characters,
                    &extracted.engine,
                    &claim.title_with(extracted),
                    &properties,
                    &Json(&extracted.warnings),
                ],
            )
            .await?;
        if described.is_some()
            && let Some(small) = small
        {
            texts::insert(&tx, claim.document_id, claim.version, small).await?;
        }
        tx.commit().await?;
        Ok(LeaseState::of(&described))
    }

    /// Releases a document; `sweep` sends it again after the wait. A wait that the provider demands does not count as
    /// an attempt.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn release(&self, claim: &Claim, wait: Duration, counts: bool) -> Result<LeaseState> {
        self.end(
            claim,
            include_str!("../queries/ingestion/release.sql"),
            &[&wait.as_secs_f64(), &counts],
        )
        .await
    }

    /// Ends a version as failed; the published version stays.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn fail(&self, claim: &Claim, code: FailureCode) -> Result<LeaseState> {
        self.fail_fetch(claim, code, None).await
    }

    /// Does the same as [`fail`](Self::fail), with the HTTP status of a page's server.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn fail_fetch(
        &self,
        claim: &Claim,
        code: FailureCode,
        http_status: Option<u16>,
    ) -> Result<LeaseState> {
        self.end(
            claim,
            include_str!("../queries/ingestion/fail.sql"),
            &[&code.status(), &code, &http_status.map(i32::from)],
        )
        .await
    }

    /// Ends a version whose content equals the published one's.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn unchanged(&self, claim: &Claim) -> Result<LeaseState> {
        self.end(
            claim,
            include_str!("../queries/ingestion/unchanged.sql"),
            &[],
        )
        .await
    }

    /// Ends a lease that was lost because the document is being deleted, so that the deletion need not wait for it.
    /// Returns `Lost` if another worker has it, or the document has been removed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn abandon(&self, claim: &Claim) -> Result<LeaseState> {
        self.end(claim, include_str!("../queries/ingestion/abandon.sql"), &[])
            .await
    }

    async fn end(&self, claim: &Claim, sql: &str, more: &[&dyn Param]) -> Result<LeaseState> {
        let mut params: Vec<&dyn Param> = vec![&claim.tenant, &claim.document_id, &claim.token];
        params.extend_from_slice(more);
        let tx = self.tenant(claim.tenant).await?;
        let row = tx.query_opt(sql, &params).await?;
        tx.commit().await?;
        Ok(LeaseState::of(&row))
    }
}
