//! Accepts presigned uploads on S3's notifications. The use case, with its failure table, is in
//! `shared/app/src/uploads/accept.rs`.

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use dynrag_app::{App, uploads};
use dynrag_domain::{Error, Result};
use dynrag_store::TenantId;
use serde_json::Value;

/// What the function makes once per cold start.
#[derive(Default)]
pub struct Intake {
    app: App,
}

impl Intake {
    /// Handles a notification. S3 sends an `s3:TestEvent`, which has no records, when the
    /// notification is set up.
    ///
    /// # Errors
    /// The first record that could not be taken in; S3 then notifies again.
    pub async fn notified(&self, event: Value) -> Result<()> {
        if event.get("Records").is_none() {
            tracing::info!("notification without records");
            return Ok(());
        }
        let event: S3Event = serde_json::from_value(event).map_err(Error::internal_fault)?;
        let mut first_error = None;
        for record in &event.records {
            if let Err(error) = uploaded(&self.app, record).await {
                tracing::warn!(
                    code = error.code(),
                    cause = error.internal(),
                    "upload was not taken in"
                );
                first_error = first_error.or(Some(error));
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}

#[expect(clippy::disallowed_methods, reason = "only S3 may invoke it")]
async fn uploaded(app: &App, record: &S3EventRecord) -> Result<()> {
    let key = record.s3.object.key.as_deref().unwrap_or_default();
    let Ok((tenant, document)) = TenantId::of_upload(key) else {
        tracing::warn!("object under uploads/ that no form of ours was made for");
        return Ok(());
    };
    uploads::accept(app, tenant, document).await.map(drop)
}
