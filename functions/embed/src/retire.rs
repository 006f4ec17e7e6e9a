//! Removes expired versions: from LanceDB including its old table versions, from S3, and their rows last.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the versions are marked | nothing | the next sweep |
//! | after that | marked versions, from which no new version can be made | the next sweep: it finds them as they are |
//! | never, but they are in large segments | the same | the same, once maintenance has rewritten the segments |

use chrono::Utc;
use dynrag_domain::{Result, storage};
use dynrag_store::TenantId;
use dynrag_vectors::Change;
use tokio::time::Instant;

use crate::{delete::unbundle, parts::Parts, publish};

/// Versions handled at once; each filter names them all.
const MOST: i64 = 200;
/// Part of the id of the bundle that replaces one from which versions were retired.
const LEAVING: &[u8] = b"retired";

/// Removes expired versions until none are left, or the time is up.
pub(crate) async fn retire(parts: &Parts, customer: TenantId, deadline: Instant) -> Result<()> {
    while Instant::now() < deadline {
        let step = parts.store.begin_maintenance(customer).await?;
        let versions = step.retire(MOST).await?;
        if versions.is_empty() {
            return step.end().await;
        }
        let change = Change {
            forget: versions.clone(),
            ..Change::none(Utc::now())
        };
        // The marks are committed in the transaction that records the table version without these rows.
        if !publish::remove(parts, step, customer, &change).await? {
            // The next sweep finds the marks again.
            tracing::info!(customer_id = %customer, versions = versions.len(), "left to the maintenance of segments");
            return Ok(());
        }
        let bundles = parts.store.retired_bundles(customer).await?;
        unbundle(parts, customer, bundles, &[LEAVING.to_vec()]).await?;
        for (document, version) in &versions {
            let prefix = storage::version_prefix(customer.customer_id(), *document, *version);
            parts.objects.delete_prefix(&prefix).await?;
        }
        parts.store.forget_versions(customer, &versions).await?;
        tracing::info!(customer_id = %customer, versions = versions.len(), "old versions removed");
    }
    Ok(())
}
