//! Usage and cost by day and operation, for customers and administrators.

use chrono::{Datelike, NaiveDate, TimeDelta, Utc};
use dynrag_domain::{Error, Result, money::Usd};
use dynrag_store::usage::Used;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MAX_DAYS: i64 = 366;

/// A period in days (UTC). Default: the present month so far.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl Period {
    /// The present month so far.
    pub const THIS_MONTH: Self = Self {
        since: None,
        until: None,
    };

    /// Returns the first and last day.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn days(self) -> Result<(NaiveDate, NaiveDate)> {
        let today = Utc::now().date_naive();
        let until = self.until.unwrap_or(today);
        let first = until.with_day(1).unwrap_or(until);
        let since = self.since.unwrap_or(first);
        if since > until || until - since > TimeDelta::days(MAX_DAYS) {
            let detail = format!("not after until, and at most {MAX_DAYS} days before it");
            return Err(Error::field("/since", detail));
        }
        Ok((since, until))
    }
}

/// Total usage.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Used)]
pub struct Sum {
    requests: i64,
    documents: i64,
    chunks: i64,
    tokens: u64,
    cost_usd: Usd,
}

impl Sum {
    /// Returns the total of rows.
    pub fn of(rows: &[Used]) -> Self {
        let mut sum = Self::default();
        rows.iter().for_each(|used| sum.add(used));
        sum
    }

    fn add(&mut self, used: &Used) {
        self.requests += used.requests;
        self.documents += used.documents;
        self.chunks += used.chunks;
        self.tokens += used.tokens;
        self.cost_usd = Usd::from_nanos(self.cost_usd.nanos() + used.cost.nanos());
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = UsageLine)]
struct Line {
    day: NaiveDate,
    operation: String,
    #[serde(flatten)]
    sum: Sum,
}

/// Usage of a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Usage)]
pub struct UsageBody {
    since: NaiveDate,
    until: NaiveDate,
    total: Sum,
    items: Vec<Line>,
}

impl UsageBody {
    /// Builds the usage of a period from its rows.
    pub fn new((since, until): (NaiveDate, NaiveDate), rows: Vec<Used>) -> Self {
        let total = Sum::of(&rows);
        let items = rows
            .into_iter()
            .map(|used| Line {
                sum: Sum::of(std::slice::from_ref(&used)),
                day: used.day,
                operation: used.operation,
            })
            .collect();
        Self {
            since,
            until,
            total,
            items,
        }
    }
}
