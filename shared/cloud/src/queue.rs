//! Queues: messages carry their tenant as message group.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{QueueAttributeName, SendMessageBatchRequestEntry},
};
use dynrag_domain::{Error, Result, queues::Message};

use crate::error;

/// A queue of SQS.
#[derive(Clone)]
pub struct QueueClient {
    client: Client,
    url: String,
}

impl QueueClient {
    /// Most messages of a request.
    pub const MOST: usize = 10;

    pub(crate) fn new(client: Client, url: &str) -> Self {
        Self {
            client,
            url: url.to_owned(),
        }
    }

    /// Checks that the queue exists and responds.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if it does not exist, or is not accessible to this
    /// function.
    pub async fn ping(&self) -> Result<()> {
        self.client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("sqs:GetQueueAttributes", &e))
    }

    /// Sends a job. The message group is the customer: SQS fair queues then keep one customer's
    /// backlog from delaying the others.
    ///
    /// # Errors
    /// `unavailable`; it is then unknown whether the queue has the job.
    pub async fn send<M: Message>(&self, job: &M) -> Result<()> {
        self.send_after(job, Duration::ZERO).await
    }

    /// Like [`send`](Self::send), with a delivery delay of at most 15 minutes.
    ///
    /// # Errors
    /// `unavailable`; it is then unknown whether the queue has the job.
    pub async fn send_after<M: Message>(&self, job: &M, delay: Duration) -> Result<()> {
        let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX).min(900);
        let body = serde_json::to_string(job).map_err(Error::internal_fault)?;
        let group = job.customer().map(|customer| customer.to_string());
        self.client
            .send_message()
            .queue_url(&self.url)
            .set_message_group_id(group)
            .set_delay_seconds((seconds > 0).then_some(seconds))
            .message_body(body)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("sqs:SendMessage", &e))
    }

    /// Sends jobs, at most [`MOST`](Self::MOST), in one request; returns those that the queue
    /// accepted.
    ///
    /// # Errors
    /// `unavailable`; it is then unknown whether the queue has any of the jobs.
    pub async fn send_many<'a, M: Message>(&self, jobs: &'a [M]) -> Result<Vec<&'a M>> {
        let entries = jobs
            .iter()
            .enumerate()
            .map(|(at, job)| {
                SendMessageBatchRequestEntry::builder()
                    .id(at.to_string())
                    .set_message_group_id(job.customer().map(|customer| customer.to_string()))
                    .message_body(serde_json::to_string(job).map_err(Error::internal_fault)?)
                    .build()
                    .map_err(Error::internal_fault)
            })
            .collect::<Result<Vec<_>>>()?;
        let answer = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|e| error::call("sqs:SendMessageBatch", &e))?;
        Ok(answer
            .successful()
            .iter()
            .filter_map(|sent| jobs.get(sent.id().parse::<usize>().ok()?))
            .collect())
    }

    /// Lets a received message come again after a wait, instead of after the queue's long timeout.
    ///
    /// # Errors
    /// `unavailable`; the message then comes after the queue's timeout.
    pub async fn retry_after(&self, receipt_handle: &str, wait: Duration) -> Result<()> {
        // SQS takes at most 12 hours.
        let seconds = i32::try_from(wait.as_secs())
            .unwrap_or(i32::MAX)
            .min(43_200);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds)
            .send()
            .await
            .map(drop)
            .map_err(|e| error::call("sqs:ChangeMessageVisibility", &e))
    }
}
