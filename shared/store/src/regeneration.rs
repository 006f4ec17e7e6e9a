//! Regeneration with another model: the job, the table that is built beside the present one, and the switch.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | while embedding | staged vectors, a lease that lapses | `sweep` resends the job, which pays for the rest only |
//! | after a Lance commit to the new table | a version that is not recorded | the next writer restores the recorded one |
//! | after the switch | the old table, named by the job | the job is repeated and removes it |
//! | while a complete table waits to be switched | both tables, each as recorded | `sweep` resends the job every five minutes, which adds what is new |

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, JobId, Kind, Result, VersionNumber,
    audit::{Action, Actor},
    jobs::Job,
    regeneration::Switch,
    segments::SegmentList,
    tables::TableVersion,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_postgres::types::Json;

use crate::{
    FencingToken, LeaseState, Store, TenantId, audit, jobs,
    outbox::{self, Pending},
    params::Param,
    publication::{Present, StoreStep, Table, Written},
};

/// The amount to embed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// Published documents.
    pub documents: i64,
    /// Their chunks.
    pub chunks: i64,
    /// Their chunks' tokens.
    pub tokens: u64,
    /// Whether the tokens of all documents were counted; otherwise some are an estimate.
    pub counted: bool,
}

/// The parameters and progress of a job, as stored in its row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The new model.
    pub model: String,
    /// Documents that were published when the job started.
    pub documents: i64,
    /// Documents in the new table.
    #[serde(default)]
    pub done: i64,
    /// The replaced generation: the switch has happened, and its table is to be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u64>,
    /// What happens when the new table is complete.
    #[serde(default)]
    pub switch: Switch,
    /// Since when it has been complete and waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_since: Option<DateTime<Utc>>,
}

/// A job with a valid lease.
#[derive(Clone, Debug)]
pub struct Regeneration {
    /// The tenant.
    pub tenant: TenantId,
    /// The job.
    pub job_id: JobId,
    /// The fencing token of the worker's writes.
    pub token: FencingToken,
    /// Number of starts since the last progress.
    pub attempts: i32,
    /// Parameters and progress.
    pub progress: Progress,
}

/// A table that replaces the present one.
#[derive(Clone, Copy, Debug)]
pub struct Built {
    /// Its last change.
    pub written: Written,
    /// Length of its vectors; `None` if it is empty.
    pub dimensions: Option<u32>,
    /// Generation of the table that it replaces.
    pub replaced: u64,
}

/// A table beside the present one, as readers see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Building {
    /// Its version, segments and model.
    pub present: Present,
    /// Whether everything that was published is in it.
    pub is_ready: bool,
}

impl Store {
    /// Returns the amount to embed when a customer's documents are regenerated.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn estimate_regeneration(&self, customer: TenantId) -> Result<Estimate> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/regeneration/estimate.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        Ok(Estimate {
            documents: row.get("documents")?,
            chunks: row.get("chunks")?,
            tokens: row.get("tokens")?,
            counted: row.get("counted")?,
        })
    }

    /// Adds the job with its message.
    ///
    /// # Errors
    /// `regeneration_under_way` (conflict); `unavailable` without a database.
    pub async fn add_regeneration(
        &self,
        customer: TenantId,
        actor: Actor,
        progress: &Progress,
    ) -> Result<(JobId, Pending)> {
        let job = JobId::generate();
        let details = json!({"embeddingModel": progress.model, "documents": progress.documents});
        let progress = serde_json::to_value(progress).map_err(Error::internal_fault)?;
        let tx = self.tenant(customer).await?;
        tx.query_opt(
            include_str!("../queries/regeneration/insert_job.sql"),
            &[&customer, &job, &progress],
        )
        .await?
        .ok_or_else(|| {
            Error::new(
                Kind::Conflict,
                "regeneration_under_way",
                "A regeneration of embeddings is already in progress. Wait for its job to end; one with switch manual ends \
                 when it is sent again with switch automatic or discard.",
            )
        })?;
        let action = Action::RegenerationRequested;
        audit::record(&tx, actor, action, job.as_uuid(), &details).await?;
        let pending = outbox::insert(&tx, Job::regenerate(customer.customer_id(), job)).await?;
        tx.commit().await?;
        Ok((job, pending))
    }

    /// Decides about the table of another model whose switch is manual, and returns its job with a message for it; `None` if
    /// there is no such table.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn direct_regeneration(
        &self,
        customer: TenantId,
        actor: Actor,
        model: &str,
        switch: Switch,
    ) -> Result<Option<(JobId, Pending)>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/regeneration/direct.sql"),
                &[&customer, &model, &switch.as_str()],
            )
            .await?;
        let Some(row) = row else {
            return tx.commit().await.map(|()| None);
        };
        let job: JobId = row.get("id")?;
        let details = json!({"embeddingModel": model, "switch": switch});
        let action = Action::RegenerationRequested;
        audit::record(&tx, actor, action, job.as_uuid(), &details).await?;
        let pending = outbox::insert(&tx, Job::regenerate(customer.customer_id(), job)).await?;
        tx.commit().await?;
        Ok(Some((job, pending)))
    }

    /// Returns the table of another model that waits to be switched, or is being built; `None` if there is none.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn building_index(&self, customer: TenantId) -> Result<Option<Building>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/regeneration/building.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            let version: i64 = row.get("lance_version")?;
            Ok(Building {
                present: Present {
                    recorded: TableVersion::recorded(version),
                    segments: row.json("segments")?,
                    model: row.get("model")?,
                },
                is_ready: row.get("is_ready")?,
            })
        })
        .transpose()
    }

    /// Claims the job. Returns `None` if it has ended, or another worker has it.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_regeneration(
        &self,
        customer: TenantId,
        job: JobId,
        lease: Duration,
    ) -> Result<Option<Regeneration>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/regeneration/claim.sql"),
                &[&customer, &job, &lease.as_secs_f64()],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            Ok(Regeneration {
                tenant: customer,
                job_id: job,
                token: row.get("lease_token")?,
                attempts: row.get("attempts")?,
                progress: row.json("progress")?,
            })
        })
        .transpose()
    }

    /// Renews the lease; with a number of documents if the job made progress.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn renew_regeneration(
        &self,
        held: &Regeneration,
        lease: Duration,
        done: Option<i64>,
    ) -> Result<LeaseState> {
        let sql = include_str!("../queries/regeneration/renew.sql");
        let seconds = lease.as_secs_f64();
        self.with_job(held, sql, &[&seconds, &done]).await
    }

    /// Releases the lease; `sweep` sends the job again after the wait.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn release_regeneration(
        &self,
        held: &Regeneration,
        wait: Duration,
    ) -> Result<LeaseState> {
        let sql = include_str!("../queries/regeneration/release.sql");
        self.with_job(held, sql, &[&wait.as_secs_f64()]).await
    }

    /// Releases the lease of a job whose table is complete and waits; `sweep` sends the job again after the wait, to add
    /// what was published meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn hold_regeneration(
        &self,
        held: &Regeneration,
        wait: Duration,
    ) -> Result<LeaseState> {
        let sql = include_str!("../queries/regeneration/hold.sql");
        self.with_job(held, sql, &[&wait.as_secs_f64()]).await
    }

    /// Ends the job, successful or failed. The table that was being built is not recorded any more.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn finish_regeneration(
        &self,
        held: &Regeneration,
        code: Option<&str>,
    ) -> Result<LeaseState> {
        let sql = include_str!("../queries/regeneration/finish.sql");
        let status = jobs::ended(code);
        self.with_job(held, sql, &[&status, &code]).await
    }

    async fn with_job(
        &self,
        held: &Regeneration,
        sql: &str,
        more: &[&dyn Param],
    ) -> Result<LeaseState> {
        let mut params: Vec<&dyn Param> = vec![&held.tenant, &held.job_id, &held.token];
        params.extend_from_slice(more);
        let tx = self.tenant(held.tenant).await?;
        let row = tx.query_opt(sql, &params).await?;
        tx.commit().await?;
        Ok(LeaseState::of(&row))
    }
}

impl StoreStep {
    /// Returns the published versions with the numbers of their chunks.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn published(&self) -> Result<BTreeMap<(DocumentId, VersionNumber), i32>> {
        let rows = self
            .tx
            .query(
                include_str!("../queries/regeneration/published.sql"),
                &[&self.tx.customer_id()],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let version = (row.get("document_id")?, row.get("version")?);
                Ok((version, row.get("chunks")?))
            })
            .collect()
    }

    /// Records the start of a table, which is still `empty`.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_building(self, empty: TableVersion) -> Result<()> {
        self.tx
            .query(
                include_str!("../queries/regeneration/begin_building.sql"),
                &[
                    &self.tx.customer_id(),
                    &empty,
                    &Json(SegmentList::of_empty(empty)),
                ],
            )
            .await?;
        self.tx.commit().await
    }

    /// Records the content of the table that is being built, and ends the step. The staged vectors of these documents
    /// are in it.
    ///
    /// # Errors
    /// `unavailable`: nothing was recorded, or the response was lost.
    pub async fn built(
        self,
        written: Written,
        model: &str,
        documents: &[DocumentId],
    ) -> Result<()> {
        self.set_building(written).await?;
        self.tx
            .query(
                include_str!("../queries/staged/unstage.sql"),
                &[&self.tx.customer_id(), &model, &documents],
            )
            .await?;
        self.tx.commit().await
    }

    /// Replaces the present table, and its model, by the new one: readers see all of the old table or all of the new
    /// one.
    ///
    /// # Errors
    /// `unavailable`: nothing was switched, or the response was lost.
    pub async fn switch(self, held: &Regeneration, built: Built) -> Result<LeaseState> {
        let number = |n: u64| i64::try_from(n).map_err(Error::internal_fault);
        let dimensions = built
            .dimensions
            .map(i32::try_from)
            .transpose()
            .map_err(Error::internal_fault)?;
        let segments = self.next_list(Table::Building, &built.written);
        let row = self
            .tx
            .query_opt(
                include_str!("../queries/regeneration/switch.sql"),
                &[
                    &self.tx.customer_id(),
                    &held.job_id,
                    &held.token,
                    &built.written.version,
                    &number(built.written.rows)?,
                    &held.progress.model,
                    &dimensions,
                    &number(built.replaced)?,
                    &Json(&segments),
                    &segments.is_due(Some(built.written.version)),
                ],
            )
            .await?;
        self.tx.commit().await?;
        Ok(LeaseState::of(&row))
    }
}
