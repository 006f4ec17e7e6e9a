//! Background account tasks: emails, exports, actions on many documents, erasure of deleted customers.

use std::time::Instant;

use dynrag_app::{App, bulk, emails, erasure, exports};
use dynrag_domain::{Result, tasks::Task};
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
            if let Err(error) = self.perform(&delivery.job, batch.deadline).await {
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

    async fn perform(&self, task: &Task, deadline: Instant) -> Result<()> {
        let app = &self.app;
        match task {
            Task::Export {
                customer_id,
                job_id,
                ..
            } => exports::write_next(app, *customer_id, *job_id, deadline).await,
            Task::Bulk {
                customer_id,
                job_id,
                ..
            } => bulk::run(app, *customer_id, *job_id, deadline).await,
            Task::Erase { customer_id, .. } => erasure::erase(app, *customer_id).await,
            Task::VerifyEmail {
                customer_id,
                user_id,
                ..
            } => emails::verify_email(app, *customer_id, *user_id).await,
            Task::ResetPassword { email, .. } => emails::reset_password(app, email).await,
            Task::PasswordChanged {
                customer_id,
                user_id,
                ..
            } => emails::password_changed(app, *customer_id, *user_id).await,
            Task::BudgetAlert {
                customer_id, month, ..
            } => emails::budget_alert(app, *customer_id, *month).await,
            Task::Invite {
                customer_id,
                invitation_id,
                ..
            } => emails::invite(app, *customer_id, *invitation_id).await,
        }
    }
}
