//! The lane of documents that take long to read, so that nobody waits for them in the other lanes.
//!
//! A document is left to it when reading it took longer than the other lanes grant, and without a try when its customer
//! has many such open (`takes_slow_lane` in `migrations/V37__slow_lane.sql`). In it a customer has a share of what is read
//! at once while others wait; a document beyond the share is put off: its message is dropped, and sent again with the
//! end of another document of the customer.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before a document that is left to the slow lane is sent there | the message it came with | that one comes again; before, `sweep` sends another |
//! | after a document was handed over, before it is sent | a job in the outbox | `sweep` sends it to the lane it came from, which leaves it to the slow lane |
//! | after a document was put off, before its message is deleted | the message | it comes again and is put off again, or claimed |
//! | after the end of a document, before the next one is resumed | documents put off | the end of the next document of the customer; `sweep` at their `resend_at` |
//! | after a document was resumed, before it is sent | a job in the outbox | `sweep` |
//! | a resumed document's message is lost | a document without a message | `sweep`, after ten minutes |
//! | two claims at once | | they take turns: the share is exact |
//! | two ends at once | | each resumes other documents |

use std::time::Duration;

use dynrag_domain::{DocumentId, Result, jobs::Job};

use crate::{
    Store, Tenant, TenantId,
    ingestion::{Claim, Work},
    outbox::{self, Pending},
};

/// What became of a claim.
#[derive(Debug)]
pub enum Turn {
    /// It is given.
    Claimed(Box<Claim>),
    /// The job is moot, or the lease of another worker is alive.
    Moot,
    /// The document is for the slow lane: send its job there.
    Slow,
    /// Its customer has its share at work: its message is done with.
    PutOff,
}

impl From<Option<Claim>> for Turn {
    fn from(claim: Option<Claim>) -> Self {
        claim.map_or(Self::Moot, |claim| Self::Claimed(Box::new(claim)))
    }
}

impl Store {
    /// Takes the lease of a document in one of the quick lanes. `most`: slow documents with which large ones of the
    /// same customer are left to the slow lane without a try.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_quick(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: i32,
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

    /// Takes the lease of a document in the slow lane, or puts it off while its customer has `share` documents at work
    /// there and others wait.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_slow(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: i32,
        lease: Duration,
        share: i32,
    ) -> Result<Turn> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/slow_lane/take_turns.sql"),
            &[&customer],
        )
        .await?;
        let put_off = include_str!("../queries/slow_lane/put_off.sql");
        let turn = if changes(&tx, put_off, document, version, share).await? {
            Turn::PutOff
        } else {
            Claim::take(&tx, document, version, lease, Work::Slow)
                .await?
                .into()
        };
        tx.commit().await?;
        Ok(turn)
    }

    /// Gives a claimed document to the slow lane, which does not count as a try. Send the job there. None: the lease
    /// was lost.
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

    /// Takes documents of a customer that were put off and whose turn has come with the end of another one. Send their
    /// jobs to the slow lane.
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

/// Runs a statement about a version of a document; whether it changed it.
async fn changes(
    tx: &Tenant,
    sql: &str,
    document: DocumentId,
    version: i32,
    most: i32,
) -> Result<bool> {
    let row = tx
        .query_opt(sql, &[&tx.customer_id(), &document, &version, &most])
        .await?;
    Ok(row.is_some())
}
