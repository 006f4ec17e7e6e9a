//! Documents whose content is fetched from the web.
//!
//! The document exists from the request on, its version marked `to_fetch`. The fetch function claims it as the
//! embedding function does later, with the same lease, fencing and attempts.

use std::time::Duration;

use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber,
    audit::Action,
    documents::{Format, Status},
    fetches::Fetch,
    jobs::Job,
};
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId, collections,
    ingestion::{Claim, Work},
    outbox::{self, Pending},
    uploads::{self, NewDocument},
};

/// The result of adding a URL.
pub enum AddedUrl {
    /// The URL is to be fetched; send the message.
    Queued(DocumentId, Pending<Fetch>),
    /// Its document is being fetched or processed now.
    UnderWay(DocumentId, Status),
    /// A concurrent caller was faster: decide again.
    Raced,
}

/// Fetched content.
#[derive(Clone, Debug)]
pub struct Fetched<'a> {
    /// Size.
    pub bytes: i64,
    /// SHA-256.
    pub content_hash: &'a [u8; 32],
    /// The format, detected from the content.
    pub format: Format,
    /// The server's `ETag`.
    pub etag: Option<&'a str>,
    /// The server's `Last-Modified`.
    pub last_modified: Option<&'a str>,
    /// Last segment of the URL's path, if it looks like a file name.
    pub file_name: Option<&'a str>,
}

impl Store {
    /// Adds a document that is to be fetched, or the next version of the document with this URL or external id.
    ///
    /// # Errors
    /// `document_limit`, `external_id_taken` and `source_url_taken` (conflict); `invalid_fields` if its collection does
    /// not exist; `unavailable` without a database.
    pub async fn add_url(
        &self,
        customer: TenantId,
        new: &NewDocument<'_>,
        object: Uuid,
    ) -> Result<AddedUrl> {
        let tx = self.tenant(customer).await?;
        collections::lock(&tx, new.target).await?;
        let found = tx
            .query_opt(
                include_str!("../queries/fetches/find.sql"),
                &[&customer, &new.external_id, &new.source_url],
            )
            .await?;
        let (id, version) = match found {
            Some(row) => {
                let id: DocumentId = row.get("id")?;
                let status: Status = row.get("status")?;
                if !status.is_terminal() {
                    return Ok(AddedUrl::UnderWay(id, status));
                }
                let version = row.get::<VersionNumber>("latest_version")?.next();
                if !uploads::move_on(&tx, id, version, new).await? {
                    return Ok(AddedUrl::Raced);
                }
                (id, version)
            }
            None => {
                uploads::check_free(&tx, new).await?;
                uploads::check_limit(&tx).await?;
                let id = DocumentId::generate();
                if !uploads::insert(&tx, id, new, Status::Queued, None).await? {
                    return Ok(AddedUrl::Raced);
                }
                (id, VersionNumber::FIRST)
            }
        };
        insert_version(&tx, id, version, object).await?;
        let action = if version == VersionNumber::FIRST {
            Action::DocumentAdded
        } else {
            Action::DocumentUpdated
        };
        uploads::tell(&tx, new, action, id, version).await?;
        let pending =
            outbox::insert(&tx, Fetch::document(customer.customer_id(), id, version)).await?;
        tx.commit().await?;
        Ok(AddedUrl::Queued(id, pending))
    }

    /// Does the same as [`claim`](Self::claim) for a version whose content is still to be fetched.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_fetch(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
    ) -> Result<Option<Claim>> {
        let tx = self.tenant(customer).await?;
        let claim = Claim::take(&tx, document, version, lease, Work::Fetching).await?;
        tx.commit().await?;
        Ok(claim)
    }

    /// Passes on a document whose content is in the bucket. Returns `None` if the lease was lost.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn fetched(&self, claim: &Claim, fetched: &Fetched<'_>) -> Result<Option<Pending>> {
        let tx = self.tenant(claim.tenant).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/fetches/fetched.sql"),
                &[
                    &claim.tenant,
                    &claim.document_id,
                    &claim.token,
                    &fetched.bytes,
                    &fetched.content_hash,
                    &fetched.format,
                    &fetched.etag,
                    &fetched.last_modified,
                    &fetched.file_name,
                ],
            )
            .await?;
        if row.is_none() {
            return Ok(None);
        }
        let job = Job::process_in(
            claim.lane,
            claim.tenant.customer_id(),
            claim.document_id,
            claim.version,
        );
        let pending = outbox::insert(&tx, job).await?;
        tx.commit().await?;
        Ok(Some(pending))
    }

    /// Takes a turn at a host, whose next turn is one delay later. Returns the time until it comes, or `None` if that
    /// is more than a minute.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn host_turn(&self, host: &[u8; 32], delay: Duration) -> Result<Option<Duration>> {
        let delay = i32::try_from(delay.as_millis()).map_err(Error::internal_fault)?;
        let rows = self
            .call("SELECT take_host_turn($1, $2) AS wait", &[&host, &delay])
            .await?;
        let wait: Option<i32> = match rows.first() {
            Some(row) => row.get("wait")?,
            None => None,
        };
        Ok(wait.map(|wait| Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }
}

async fn insert_version(
    tx: &Tenant,
    id: DocumentId,
    version: VersionNumber,
    object: Uuid,
) -> Result<()> {
    tx.query(
        include_str!("../queries/fetches/insert_version.sql"),
        &[&tx.customer_id(), &id, &version, &object],
    )
    .await
    .map(drop)
}
