//! Batches of a queue.

use std::future::Future;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use dynrag_domain::{Result, jobs::Job};
use serde::de::DeserializeOwned;

use crate::{Invocation, run};

/// A received message.
#[derive(Clone, Debug)]
pub struct Delivery<M = Job> {
    /// Id by which the message is reported as failed.
    pub message_id: String,
    /// Receipt handle by which its visibility is changed.
    pub receipt_handle: String,
    /// The job.
    pub job: M,
}

/// Serves batches to a handler that returns the messages to be redelivered. A message that is not a
/// valid job is reported too: after a few receives the queue moves it to the dead-letter queue.
///
/// # Errors
/// The Runtime API cannot be reached.
pub async fn run_queue<M, F>(
    handler: impl Fn(Invocation<Vec<Delivery<M>>>) -> F,
) -> Result<(), lambda_runtime::Error>
where
    M: DeserializeOwned,
    F: Future<Output = Result<Vec<Delivery<M>>>>,
{
    let handler = &handler;
    run(async |batch: Invocation<SqsEvent>| {
        let mut failed = Vec::new();
        let mut deliveries = Vec::new();
        for message in batch.event.records {
            let message_id = message.message_id.unwrap_or_default();
            match serde_json::from_str(&message.body.unwrap_or_default()) {
                Ok(job) => deliveries.push(Delivery {
                    message_id,
                    receipt_handle: message.receipt_handle.unwrap_or_default(),
                    job,
                }),
                Err(error) => {
                    tracing::error!(message_id, %error, "message is no job");
                    failed.push(message_id);
                }
            }
        }
        let again = handler(Invocation {
            event: deliveries,
            deadline: batch.deadline,
        })
        .await?;
        failed.extend(again.into_iter().map(|delivery| delivery.message_id));
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed
            .into_iter()
            .map(|message_id| {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message_id;
                failure
            })
            .collect();
        Ok(response)
    })
    .await
}
