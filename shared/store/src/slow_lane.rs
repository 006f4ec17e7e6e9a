//! The lane of documents that take long to read, so that they do not delay the other lanes.
//!
//! A document is left to it if reading takes longer than the other lanes allow, or without an attempt if its customer
//! has many such documents open (`takes_slow_lane` in `migrations/V37__slow_lane.sql`). In the slow lane a customer has
//! a share of the documents that are read at once while others wait. A document beyond the share is deferred: its
//! message is dropped, and sent again when another document of the customer ends.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before a document that is left to the slow lane is sent there | the message it came with | SQS delivers it again; before, `sweep` sends another |
//! | after a document was handed over, before it is sent | a job in the outbox | `sweep` sends it to the lane it came from, which leaves it to the slow lane |
//! | after a document was deferred, before its message is deleted | the message | it is delivered again, and the document deferred again or claimed |
//! | after the end of a document, before the next one is resumed | deferred documents | the end of the customer's next document; `sweep` at their `resend_at` |
//! | after a document was resumed, before it is sent | a job in the outbox | `sweep` |
//! | a resumed document's message is lost | a document without a message | `sweep`, after ten minutes |
//! | two claims at once | | they take turns: the share is exact |
//! | two ends at once | | each resumes other documents |

use std::time::Duration;

use dynrag_domain::{DocumentId, Result, VersionNumber, jobs::Job};

use crate::{
    Store, Tenant, TenantId,
    ingestion::{Claim, Work},
    outbox::{self, Pending},
};

/// The result of a claim.
#[derive(Debug)]
pub enum Turn {
    /// The claim succeeded.
    Claimed(Box<Claim>),
    /// The job is obsolete, or another worker's lease is valid.
    Moot,
    /// The document belongs to the slow lane: send its job there.
    Slow,
    /// The document is deferred because its customer's share is in use: its message is to be deleted.
    Deferred,
}

impl From<Option<Claim>> for Turn {
    fn from(claim: Option<Claim>) -> Self {
        claim.map_or(Self::Moot, |claim| Self::Claimed(Box::new(claim)))
    }
}

impl Store {
    /// Claims a document in one of the quick lanes. `most` is the number of slow documents from which large ones of the
    /// same customer are left to the slow lane without an attempt.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_quick(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
        most: i32,
    ) -> Result<Turn> {
        let tx = self.tenant(customer).await?;
        let work = Work::Quick(most);
        let claim = Claim::take(&tx, document, version, lease, work).await?;
        let turn = if claim.is_none() {
            let leave = include_str!("../queries/slow_lane/leave.sql");
            if changes(&tx, leave, document, version, most).await? {
                Turn::Slow
            } else {
                Turn::Moot
            }
        } else {
            claim.into()
        };
        tx.commit().await?;
        Ok(turn)
    }

    /// Claims a document in the slow lane, or defers it while its customer has `share` documents in progress there and
    /// others wait.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_slow(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
        lease: Duration,
        share: i32,
    ) -> Result<Turn> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/slow_lane/take_turns.sql"),
            &[&customer],
        )
        .await?;
        let deferred = include_str!("../queries/slow_lane/defer.sql");
        let turn = if changes(&tx, deferred, document, version, share).await? {
            Turn::Deferred
        } else {
            Claim::take(&tx, document, version, lease, Work::Slow)
                .await?
                .into()
        };
        tx.commit().await?;
        Ok(turn)
    }

    /// Hands a claimed document over to the slow lane, which does not count as an attempt. Send the job there. Returns
    /// `None` if the lease was lost.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn hand_over(&self, claim: &Claim) -> Result<Option<Pending>> {
        let tx = self.tenant(claim.tenant).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/slow_lane/hand_over.sql"),
                &[&claim.tenant, &claim.document_id, &claim.token],
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

    /// Resumes deferred documents of a customer whose turn has come with the end of another one. Send their jobs to the
    /// slow lane.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn resume(&self, customer: TenantId) -> Result<Vec<Pending>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/slow_lane/resume.sql"),
                &[&customer],
            )
            .await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in &rows {
            let lane = row.get("lane")?;
            let version = row.get("latest_version")?;
            jobs.push(Job::process_in(
                lane,
                customer.customer_id(),
                row.get("id")?,
                version,
            ));
        }
        let pending = outbox::insert_many(&tx, &jobs).await?;
        tx.commit().await?;
        Ok(pending)
    }
}

/// Runs a statement about a version of a document, and returns whether it changed it.
async fn changes(
    tx: &Tenant,
    sql: &str,
    document: DocumentId,
    version: VersionNumber,
    most: i32,
) -> Result<bool> {
    let row = tx
        .query_opt(sql, &[&tx.customer_id(), &document, &version, &most])
        .await?;
    Ok(row.is_some())
}
