//! Queues documents that ended badly again, at an operator's request.
//!
//! ```json
//! {"redrive": {"codes": ["attempts_exhausted"], "customerId": "...", "since": "...", "before": "...", "dryRun": false}}
//! ```
//!
//! The default for `codes` is the failures that another attempt may well fix. It only counts, unless `dryRun` is
//! false. `more` in the answer means that the time ran out: repeat the call, with the same `before`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CustomerId, Error, Kind, Result, documents::FailureCode};
use dynrag_store::{Store, redrive::Which};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Documents queued in one statement.
const BATCH: i32 = 500;
/// Batches per invocation; the next sweeps must send that many jobs.
const MOST_BATCHES: usize = 20;

/// A redrive request.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    codes: Option<Vec<FailureCode>>,
    customer_id: Option<CustomerId>,
    since: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    #[serde(default = "yes")]
    dry_run: bool,
}

const fn yes() -> bool {
    true
}

/// The result of a redrive.
#[derive(Serialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Redriven {
    /// Documents by code, before anything was done.
    pub found: BTreeMap<String, i64>,
    /// Documents queued again.
    pub queued: i64,
    /// Whether there are more.
    pub more: bool,
    /// The `before` to repeat the call with.
    pub before: DateTime<Utc>,
}

impl Request {
    /// Parses a redrive request.
    ///
    /// # Errors
    /// `invalid_redrive`, also for a code whose documents have no original.
    pub fn read(value: &Value) -> Result<Self> {
        let refused = |detail: String| Error::new(Kind::Invalid, "invalid_redrive", detail);
        let request = Self::deserialize(value).map_err(|e| refused(e.to_string()))?;
        let named = request.codes.as_deref().unwrap_or_default();
        if named.contains(&FailureCode::UploadExpired) {
            let detail = "upload_expired: nothing was uploaded, so that there is nothing to try";
            return Err(refused(detail.to_owned()));
        }
        Ok(request)
    }

    fn which(&self) -> Which {
        let may_pass = || {
            FailureCode::ALL
                .iter()
                .copied()
                .filter(|code| code.may_pass())
        };
        Which {
            codes: self.codes.clone().unwrap_or_else(|| may_pass().collect()),
            customer: self.customer_id,
            since: self.since,
            before: self.before.unwrap_or_else(Utc::now),
        }
    }
}

/// Counts, and unless it is a dry run queues until all are queued or the time is up.
///
/// # Errors
/// `unavailable`; what was queued by then stays queued.
pub async fn run(store: &Store, request: &Request, in_time: impl Fn() -> bool) -> Result<Redriven> {
    let which = request.which();
    let found = store.count_redrivable(&which).await?;
    let mut redriven = Redriven {
        found,
        queued: 0,
        more: false,
        before: which.before,
    };
    if request.dry_run {
        return Ok(redriven);
    }
    redriven.more = true;
    for _ in 0..MOST_BATCHES {
        if !in_time() {
            break;
        }
        let queued = store.redrive_documents(&which, BATCH).await?;
        redriven.queued += queued;
        if queued < i64::from(BATCH) {
            redriven.more = false;
            break;
        }
    }
    let codes: Vec<&str> = which.codes.iter().map(|code| code.as_str()).collect();
    let customer = which.customer.map(|id| id.to_string());
    let (queued, more) = (redriven.queued, redriven.more);
    tracing::info!(
        customer_id = customer,
        codes = codes.join(" "),
        queued,
        more,
        "documents redriven"
    );
    Ok(redriven)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_counts_unless_it_is_told_to_do_more() {
        let request = Request::read(&json!({})).unwrap();
        assert!(request.dry_run);
        let codes = request.which().codes;
        assert!(codes.contains(&FailureCode::AttemptsExhausted), "{codes:?}");
        assert!(!codes.contains(&FailureCode::CorruptFile), "{codes:?}");
        assert!(!codes.contains(&FailureCode::UploadExpired), "{codes:?}");
        let request = Request::read(&json!({"dryRun": false, "codes": ["corrupt_file"]})).unwrap();
        assert_eq!(request.which().codes, [FailureCode::CorruptFile]);
        assert!(!request.dry_run);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            json!(true),
            json!({"code": ["attempts_exhausted"]}),
            json!({"codes": ["no_such_code"]}),
            json!({"codes": ["upload_expired"]}),
            json!({"customerId": "all"}),
            json!({"since": "yesterday"}),
        ] {
            assert_eq!(
                Request::read(&bad).unwrap_err().code(),
                "invalid_redrive",
                "{bad}"
            );
        }
    }
}
