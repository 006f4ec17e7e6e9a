//! Undeletion of many documents at once.

use std::collections::{HashMap, HashSet};

use dynrag_domain::{JobId, Result, audit::Action, jobs::Lane};
use serde_json::json;
use uuid::Uuid;

use super::{Outcome, id, run};
use crate::{Tenant, deletion, row::Row};

/// Undeletes locked documents, and returns why the others stay deleted.
pub(super) async fn undelete(tx: &Tenant, job: JobId, locked: &[Row]) -> Result<Outcome> {
    let mut there = Vec::with_capacity(locked.len());
    let mut mails = HashMap::new();
    let mut by_url = HashSet::new();
    for row in locked {
        let document = id(row)?;
        there.push(document);
        if let Some(mail) = row.get::<Option<Uuid>>("attached_to")? {
            mails.insert(document, mail);
        }
        let external: Option<String> = row.get("external_id")?;
        if external.is_none() {
            by_url.insert(document);
        }
    }
    // They stay until the commit.
    let hold: Vec<Uuid> = mails.values().copied().collect();
    run(
        tx,
        include_str!("../../queries/bulk/lock_emails.sql"),
        &hold,
    )
    .await?;
    let mut outcome = Outcome::default();
    let chosen: HashSet<Uuid> = there.iter().copied().collect();
    for row in &run(tx, include_str!("../../queries/bulk/undelete.sql"), &there).await? {
        let document = id(row)?;
        let message = deletion::resumed(tx.customer_id(), row, Lane::Bulk)?;
        outcome.messages.extend(message);
        let line = (Action::DocumentUndeleted, document, json!({"jobId": job}));
        outcome.lines.push(line);
        if chosen.contains(&document) {
            outcome.done.push(document);
        }
    }
    let done: HashSet<Uuid> = outcome.done.iter().copied().collect();
    for document in there.into_iter().filter(|id| !done.contains(id)) {
        let code = match document {
            id if mails.contains_key(&id) => "mail_deleted",
            id if by_url.contains(&id) => "source_url_taken",
            _ => "external_id_taken",
        };
        outcome.failed.push((document, code));
    }
    Ok(outcome)
}
