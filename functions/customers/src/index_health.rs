//! `GET /api/metrics/index-health`: the state of the search index.

use chrono::{DateTime, Utc};
use dynrag_api::{Answer, Caller, Json, scopes::Metrics};
use dynrag_store::maintenance::IndexHealth;
use serde::Serialize;
use utoipa::ToSchema;

/// The state of the search index.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IndexHealth)]
pub(crate) struct IndexHealthBody {
    /// Chunks stored, those of earlier versions included.
    rows: i64,
    /// Chunks of published versions.
    live_rows: i64,
    /// Chunks that the index does not cover: searches read all of the table then.
    unindexed_rows: i64,
    /// Segments of the index. Each costs a process's first search a request.
    segments: usize,
    /// Bytes of the segments.
    bytes: u64,
    /// Files of the table at the last maintenance; null before the first.
    #[schema(required)]
    fragments: Option<i32>,
    /// When maintenance ended last; null if it never ran.
    #[schema(required)]
    maintained_at: Option<DateTime<Utc>>,
    /// When maintenance is due; null if nothing is to be done.
    #[schema(required)]
    maintenance_at: Option<DateTime<Utc>>,
    /// The share of the ten nearest chunks that searches by vector find, sampled; null if it was not measured.
    #[schema(required)]
    recall: Option<RecallBody>,
    verdict: Verdict,
    /// The verdict in a sentence.
    explanation: String,
}

/// A sample of recall, against the comparison of every vector.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IndexRecall)]
struct RecallBody {
    /// Of the ten nearest chunks the share that was found, from 0 to 1.
    at_10: f64,
    /// How many of the customer's own vectors were asked for.
    queries: i32,
    /// When.
    measured_at: DateTime<Utc>,
}

/// Whether something is wrong with the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Verdict {
    /// Nothing is to be done.
    Good,
    /// Searches are right, and somewhat slower until the next maintenance.
    Fair,
    /// Searches are slow, or miss too much.
    Poor,
}

/// Least recall of a good index.
const GOOD_RECALL: f64 = 0.95;
/// Most segments of a good index.
const GOOD_SEGMENTS: usize = 16;

fn verdict(health: &IndexHealth) -> (Verdict, String) {
    let low = health.recall.filter(|recall| recall.at_10 < GOOD_RECALL);
    if health.unindexed_rows > 0 {
        let rows = health.unindexed_rows;
        let text = format!(
            "The index does not cover all {rows} chunks, so searches read the whole table. Maintenance completes it by itself within minutes."
        );
        (Verdict::Poor, text)
    } else if let Some(recall) = low {
        let found = recall.at_10 * 100.0;
        let text = format!(
            "Searches by vector find {found:.0} % of the ten nearest chunks. Use hybrid searches, and tell the operator."
        );
        (Verdict::Poor, text)
    } else if health.segments.segments.len() > GOOD_SEGMENTS {
        let text =
            "Many publications are not merged yet. Maintenance does that by itself within minutes.";
        (Verdict::Fair, text.to_owned())
    } else {
        let text = "The index covers all chunks.";
        (Verdict::Good, text.to_owned())
    }
}

/// Returns the state of the search index, as of the last publication and the last maintenance.
pub(crate) async fn get(caller: Caller<Metrics>) -> Answer<Json<IndexHealthBody>> {
    let health = caller.store().index_health(caller.tenant()).await?;
    let (verdict, explanation) = verdict(&health);
    Ok(Json(IndexHealthBody {
        rows: health.rows,
        live_rows: health.live_rows,
        unindexed_rows: health.unindexed_rows,
        segments: health.segments.segments.len(),
        bytes: health.segments.bytes(),
        fragments: health.fragments,
        maintained_at: health.maintained_at,
        maintenance_at: health.maintenance_at,
        recall: health.recall.map(|recall| RecallBody {
            at_10: recall.at_10,
            queries: recall.queries,
            measured_at: recall.measured_at,
        }),
        verdict,
        explanation,
    }))
}

#[cfg(test)]
mod tests {
    use dynrag_domain::segments::SegmentList;
    use dynrag_store::maintenance::Recall;

    use super::*;

    fn health() -> IndexHealth {
        IndexHealth {
            rows: 30,
            live_rows: 20,
            unindexed_rows: 0,
            segments: SegmentList::NONE,
            fragments: Some(1),
            maintained_at: None,
            maintenance_at: None,
            recall: None,
        }
    }

    #[test]
    fn the_worst_decides() {
        let recall = |at_10| {
            Some(Recall {
                at_10,
                queries: 20,
                measured_at: Utc::now(),
            })
        };
        assert_eq!(verdict(&health()).0, Verdict::Good);
        let mut low = health();
        low.recall = recall(0.99);
        assert_eq!(verdict(&low).0, Verdict::Good);
        low.recall = recall(0.8);
        let (of, text) = verdict(&low);
        assert_eq!(of, Verdict::Poor);
        assert!(text.contains("80 %"), "{text}");
        low.unindexed_rows = 30;
        assert!(verdict(&low).1.contains("all 30 chunks"));
    }
}
