//! Bulk jobs: one action on many documents, which are selected once, by the request.
//!
//! A job is processed in steps. A step takes some of the documents, acts on them, and records that in the same
//! transaction: a repeated step finds only the documents that remain. The job's row is locked meanwhile, so that only
//! one of two concurrent workers continues.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | within a step | nothing of the step | SQS delivers the message again, or `sweep` sends another |
//! | after a step, before its jobs are sent | their rows in the outbox | `sweep` |
//! | before the job's next message is sent | the job, with its remaining documents | `sweep`, after ten minutes |

mod undelete;

use std::collections::HashSet;

use dynrag_domain::{
    CollectionId, DocumentId, Error, JobId, Result, VersionNumber,
    audit::{Action, Actor},
    bulk::{Bulk, BulkAction, BulkOperation},
    collections::CollectionTarget,
    documents::{FailureCode, filter::Filter},
    fetches::Fetch,
    jobs::{Job, Lane},
    quotas::{MAX_BULK_ACTIONS, Quota},
    tasks::Task,
};
use serde_json::{Value, json};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId, audit, collections,
    deletion::Hidden,
    document_list::{Values, present},
    jobs,
    outbox::{self, Outgoing, Pending},
    params::Param,
    row::Row,
};

/// Number of a customer's documents that may be under deletion before a job adds more: every request of the customer
/// reads their ids.
const MAX_DELETING: i64 = 5000;

/// Number of a customer's notifications that may be pending before a job creates more: each document that is acted on
/// causes one per receiver.
const MAX_PENDING: i64 = 10_000;

/// The result of a step.
#[derive(Debug)]
pub enum Step {
    /// Nothing was done: the job has ended, or another worker is processing it.
    None,
    /// The job has ended with this step.
    Ended(Bulk),
    /// Too many documents are under deletion already, or too many notifications are pending: continue later.
    Later,
    /// Some documents were acted on; more may remain. These messages are to be sent.
    Went(Vec<Pending<Outgoing>>),
}

/// The result of an action on the documents of a step.
#[derive(Default)]
struct Outcome {
    done: Vec<Uuid>,
    failed: Vec<(Uuid, &'static str)>,
    messages: Vec<Outgoing>,
    lines: Vec<(Action, Uuid, Value)>,
}

fn id(row: &Row) -> Result<Uuid> {
    row.get("id")
}

impl Store {
    /// Adds a job for the documents that match now, with its task. Returns their number.
    ///
    /// # Errors
    /// `too_many_bulk_actions` (conflict); `invalid_fields` if the collection does not exist; `unavailable` without a
    /// database.
    pub async fn add_bulk(
        &self,
        customer: TenantId,
        actor: Actor,
        operation: BulkOperation,
        filter: &Filter,
    ) -> Result<(JobId, i64, Pending<Task>)> {
        let tx = self.tenant(customer).await?;
        let target = match operation.action {
            BulkAction::Move => Some(operation.collection_id).into(),
            _ => CollectionTarget::Unchanged,
        };
        collections::lock(&tx, target).await?;
        quota(&tx, 0).await?;
        let job = JobId::generate();
        let mut bulk = Bulk::new(operation, actor);
        tx.query(
            include_str!("../queries/bulk/insert_job.sql"),
            &[&customer, &job, &Json(&bulk)],
        )
        .await?;
        let values = Values::new(customer, filter, 1)?;
        let choose = values.matching(include_str!("../queries/bulk/choose.sql"));
        let chosen = tx.query_one(&choose, &values.params(&[&job])).await?;
        bulk.total = chosen.get("documents")?;
        note(&tx, job, &bulk).await?;
        // Selecting very many documents takes seconds, so the lock that blocks others is taken only here.
        tx.query(
            include_str!("../queries/documents/lock_limit.sql"),
            &[&customer],
        )
        .await?;
        quota(&tx, 1).await?;
        let details = json!({"action": operation.action, "documents": bulk.total});
        audit::record(&tx, actor, Action::BulkRequested, job.as_uuid(), &details).await?;
        let pending = outbox::insert(&tx, Task::bulk(customer.customer_id(), job)).await?;
        tx.commit().await?;
        Ok((job, bulk.total, pending))
    }

    /// Acts on the next documents of a job, at most `most`.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn bulk_step(&self, customer: TenantId, job: JobId, most: i64) -> Result<Step> {
        let tx = self.tenant(customer).await?;
        let Some(mut bulk) = lock(&tx, job).await? else {
            return Ok(Step::None);
        };
        let waiting = waiting(&tx, job, most).await?;
        if waiting.is_empty() {
            finish(&tx, job, None).await?;
            tx.commit().await?;
            return Ok(Step::Ended(bulk));
        }
        let removing = bulk.action == BulkAction::Delete && deleting(&tx).await? >= MAX_DELETING;
        if removing || pending_notifications(&tx).await? >= MAX_PENDING {
            // Waiting does not count as a failed attempt.
            note(&tx, job, &bulk).await?;
            tx.commit().await?;
            return Ok(Step::Later);
        }
        if bulk.action == BulkAction::Move
            && let Some(collection) = bulk.collection_id
            && collections::lock_all(&tx, &[collection]).await?.is_empty()
        {
            finish(&tx, job, Some("collection_deleted")).await?;
            tx.commit().await?;
            return Ok(Step::Ended(bulk));
        }
        let outcome = act(&tx, job, &bulk, &waiting).await?;
        bulk.done += i64::try_from(outcome.done.len()).map_err(Error::internal_fault)?;
        bulk.failed += i64::try_from(outcome.failed.len()).map_err(Error::internal_fault)?;
        settle(&tx, job, &outcome).await?;
        note(&tx, job, &bulk).await?;
        audit::record_many(&tx, bulk.actor(), &outcome.lines).await?;
        let pending = outbox::insert_many(&tx, &outcome.messages).await?;
        tx.commit().await?;
        Ok(Step::Went(pending))
    }

    /// Returns the documents on which a job's action failed, with the reasons; at most a given number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn bulk_failures(
        &self,
        customer: TenantId,
        job: JobId,
        most: i64,
    ) -> Result<Vec<(DocumentId, String)>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/bulk/failures.sql"),
                &[&customer, &job, &most],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| Ok((row.get("document_id")?, row.get("code")?)))
            .collect()
    }
}

/// Checks that there is room for one more document in addition to `own`.
async fn quota(tx: &Tenant, own: i64) -> Result<()> {
    let open = tx
        .query_one(
            include_str!("../queries/bulk/open.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    let quota = Quota {
        used: open.get::<i64>("open")? - own,
        limit: MAX_BULK_ACTIONS,
    };
    let instead = "Wait until one ends.";
    quota.check("too_many_bulk_actions", "active bulk actions", instead)
}

/// Returns the number of the customer's documents that are under deletion.
async fn deleting(tx: &Tenant) -> Result<i64> {
    let row = tx
        .query_one(
            include_str!("../queries/bulk/deleting.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    row.get("documents")
}

/// Returns the number of the customer's pending notifications, at most [`MAX_PENDING`].
async fn pending_notifications(tx: &Tenant) -> Result<i64> {
    let row = tx
        .query_one(
            include_str!("../queries/bulk/pending_notifications.sql"),
            &[&tx.customer_id(), &MAX_PENDING],
        )
        .await?;
    row.get("pending")
}

async fn lock(tx: &Tenant, job: JobId) -> Result<Option<Bulk>> {
    let row = tx
        .query_opt(
            include_str!("../queries/bulk/lock_job.sql"),
            &[&tx.customer_id(), &job],
        )
        .await?;
    row.map(|row| row.json("progress")).transpose()
}

async fn waiting(tx: &Tenant, job: JobId, most: i64) -> Result<Vec<Uuid>> {
    let rows = tx
        .query(
            include_str!("../queries/bulk/waiting.sql"),
            &[&tx.customer_id(), &job, &most],
        )
        .await?;
    rows.iter().map(|row| row.get("document_id")).collect()
}

async fn note(tx: &Tenant, job: JobId, bulk: &Bulk) -> Result<()> {
    tx.query(
        include_str!("../queries/bulk/progress.sql"),
        &[&tx.customer_id(), &job, &Json(bulk)],
    )
    .await
    .map(drop)
}

async fn finish(tx: &Tenant, job: JobId, code: Option<&str>) -> Result<()> {
    let status = jobs::ended(code);
    tx.query(
        include_str!("../queries/jobs/finish.sql"),
        &[&tx.customer_id(), &job, &status, &code],
    )
    .await
    .map(drop)
}

/// Records which documents are done, and why the others are not.
async fn settle(tx: &Tenant, job: JobId, outcome: &Outcome) -> Result<()> {
    let customer = tx.customer_id();
    tx.query(
        include_str!("../queries/bulk/done.sql"),
        &[&customer, &job, &outcome.done],
    )
    .await?;
    let (ids, codes): (Vec<Uuid>, Vec<&str>) = outcome.failed.iter().copied().unzip();
    tx.query(
        include_str!("../queries/bulk/failed.sql"),
        &[&customer, &job, &ids, &codes],
    )
    .await
    .map(drop)
}

async fn act(tx: &Tenant, job: JobId, bulk: &Bulk, chosen: &[Uuid]) -> Result<Outcome> {
    let lock = include_str!("../queries/bulk/lock_documents.sql");
    let rows = run(tx, &present(lock, bulk.presence()), chosen).await?;
    let there: Vec<Uuid> = rows.iter().map(id).collect::<Result<_>>()?;
    let mut outcome = match bulk.action {
        BulkAction::Delete => delete(tx, job, bulk.permanent, &there).await?,
        BulkAction::Undelete => undelete::undelete(tx, job, &rows).await?,
        BulkAction::Move => to_collection(tx, job, bulk.collection_id, &there).await?,
        BulkAction::Retry => retry(tx, job, &there).await?,
        BulkAction::Reprocess => reprocess(tx, job, &there).await?,
    };
    let there: HashSet<Uuid> = there.into_iter().collect();
    for document in chosen.iter().filter(|id| !there.contains(*id)) {
        match bulk.action {
            // Another caller has deleted it.
            BulkAction::Delete => outcome.done.push(*document),
            _ => outcome.failed.push((*document, "not_found")),
        }
    }
    Ok(outcome)
}

/// Runs a statement about some documents.
async fn run(tx: &Tenant, sql: &str, documents: &[Uuid]) -> Result<Vec<Row>> {
    tx.query(sql, &[&tx.customer_id(), &documents]).await
}

async fn delete(tx: &Tenant, job: JobId, permanent: bool, there: &[Uuid]) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut gone = |row: &Row, details: Value| {
        let hidden = Hidden::from_row(row)?;
        let message = hidden.job(tx.customer_id());
        outcome.messages.extend(message.map(Outgoing::Job));
        outcome.lines.push(hidden.line(details));
        Ok::<_, Error>(())
    };
    let customer = tx.customer_id();
    let params: [&dyn Param; 3] = [&customer, &there, &permanent];
    let delete = include_str!("../queries/bulk/delete.sql");
    for row in &tx.query(delete, &params).await? {
        gone(row, json!({"jobId": job}))?;
    }
    // The emails are locked first, so that no attachment is added from here on.
    let attachments = include_str!("../queries/bulk/delete_attachments.sql");
    for row in &tx.query(attachments, &params).await? {
        let mail: Uuid = row.get("attached_to")?;
        gone(row, json!({"jobId": job, "attachedTo": mail}))?;
    }
    outcome.done = there.to_vec();
    Ok(outcome)
}

async fn to_collection(
    tx: &Tenant,
    job: JobId,
    to: Option<CollectionId>,
    there: &[Uuid],
) -> Result<Outcome> {
    let rows = tx
        .query(
            include_str!("../queries/bulk/move.sql"),
            &[&tx.customer_id(), &there, &to],
        )
        .await?;
    let mut outcome = Outcome::default();
    for row in &rows {
        let document = id(row)?;
        let details = json!({"jobId": job, "collectionId": to});
        let line = (Action::DocumentMoved, document, details);
        outcome.lines.push(line);
        outcome.done.push(document);
    }
    Ok(outcome)
}

async fn retry(tx: &Tenant, job: JobId, there: &[Uuid]) -> Result<Outcome> {
    let rows = tx
        .query(
            include_str!("../queries/bulk/retry.sql"),
            &[&tx.customer_id(), &there, &FailureCode::UploadExpired],
        )
        .await?;
    let mut outcome = Outcome::default();
    for row in &rows {
        let fetch = row.get::<Option<bool>>("to_fetch")?;
        outcome.queued(tx, job, Action::DocumentRetried, row, fetch == Some(true))?;
    }
    outcome.left(there, "not_retryable");
    Ok(outcome)
}

async fn reprocess(tx: &Tenant, job: JobId, there: &[Uuid]) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for row in &run(tx, include_str!("../queries/bulk/reprocess.sql"), there).await? {
        outcome.queued(tx, job, Action::DocumentUpdated, row, false)?;
    }
    outcome.left(there, "no_original");
    Ok(outcome)
}

impl Outcome {
    /// Records a document that was queued.
    fn queued(
        &mut self,
        tx: &Tenant,
        job: JobId,
        action: Action,
        row: &Row,
        to_fetch: bool,
    ) -> Result<()> {
        let (customer, document) = (tx.customer_id(), id(row)?);
        let version: VersionNumber = row.get("version")?;
        self.messages.push(if to_fetch {
            Outgoing::Fetch(Fetch::document(customer, document.into(), version))
        } else {
            let lane = Lane::Bulk;
            Outgoing::Job(Job::process_in(lane, customer, document.into(), version))
        });
        let details = json!({"jobId": job, "version": version});
        self.lines.push((action, document, details));
        self.done.push(document);
        Ok(())
    }

    /// Records the documents that are not done as failed, with this reason.
    fn left(&mut self, there: &[Uuid], code: &'static str) {
        let done: HashSet<Uuid> = self.done.iter().copied().collect();
        let left = there.iter().filter(|id| !done.contains(*id));
        self.failed.extend(left.map(|id| (*id, code)));
    }
}
