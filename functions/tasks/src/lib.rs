//! Background account tasks: emails, exports, actions on many documents, erasure of deleted customers.

use std::time::Instant;

use dynrag_app::{App, documents, emails, erasure, exports};
use dynrag_domain::{Error, Result, tasks::Task};
use dynrag_store::TenantId;
use dynrag_worker::{Delivery, Invocation};

/// The function's process.
#[derive(Default)]
pub struct Tasks {
    app: App,
}

impl Tasks {
    /// Performs tasks one after the other. Returns those that failed, to be delivered again.
    ///
    /// # Errors
    /// `unavailable` or `internal_error`, before anything was done.
    pub async fn run(&self, batch: Invocation<Vec<Delivery<Task>>>) -> Result<Vec<Delivery<Task>>> {
        self.app.unbounded_store().await?;
        let mut again = Vec::new();
        for delivery in batch.event {
            let work = self.perform(&delivery.job, batch.deadline);
            let done = self.app.pushing(work).await;
            self.app.push().await;
            if let Err(error) = done {
                tracing::error!(
                    message_id = delivery.message_id,
                    code = error.code(),
                    cause = error.internal(),
                    "task failed"
                );
                again.push(delivery);
            }
        }
        Ok(again)
    }

    #[expect(clippy::disallowed_methods, reason = "its messages prove the tenant")]
    async fn perform(&self, task: &Task, deadline: Instant) -> Result<()> {
        let app = &self.app;
        let tenant = || {
            TenantId::of_task(task).ok_or_else(|| Error::internal_fault("task names no customer"))
        };
        match task {
            Task::Export { job_id, .. } => {
                exports::write_next(app, tenant()?, *job_id, deadline).await
            }
            Task::Bulk { job_id, .. } => {
                documents::run_bulk(app, tenant()?, *job_id, deadline).await
            }
            Task::Erase { .. } => erasure::erase(app, tenant()?).await,
            Task::VerifyEmail { user_id, .. } => {
                emails::verify_email(app, tenant()?, *user_id).await
            }
            Task::ResetPassword { email, .. } => emails::reset_password(app, email).await,
            Task::PasswordChanged { user_id, .. } => {
                emails::password_changed(app, tenant()?, *user_id).await
            }
            Task::BudgetAlert { month, .. } => emails::budget_alert(app, tenant()?, *month).await,
            Task::Invite { invitation_id, .. } => {
                emails::invite(app, tenant()?, *invitation_id).await
            }
        }
    }
}
