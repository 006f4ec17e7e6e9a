//! Streamed answers: how many a customer has at once, and the stored one for a client whose connection broke.

use std::time::Duration;

use dynrag_domain::{AnswerId, ChatSessionId, Error, Kind, Result, answers::Answer};
use tokio_postgres::types::Json;

use crate::{Store, TenantId, chat::Owner};

/// Most answers that are streamed to a customer at once: the function's instances are shared by all.
const MAX_STREAMS: i64 = 10;
/// Longer than any stream lasts.
const STREAM: Duration = Duration::from_secs(180);

/// What is known of a streamed answer.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamedAnswer {
    /// It is stored.
    Stored(ChatSessionId, i32, Box<Answer>),
    /// It is being made.
    UnderWay,
    /// It broke off, was not to be stored, is another caller's, or never was.
    Unknown,
}

impl Store {
    /// Returns a streamed answer of a caller, with its conversation and its number in it.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn streamed_answer(
        &self,
        customer: TenantId,
        owner: Owner,
        id: AnswerId,
    ) -> Result<StreamedAnswer> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/chat/answer.sql"),
                &[
                    &customer,
                    &owner.user,
                    &owner.api_key,
                    &id,
                    &STREAM.as_secs_f64(),
                ],
            )
            .await?;
        tx.commit().await?;
        let answer: Option<Json<Answer>> = row.get("answer")?;
        Ok(match answer {
            Some(Json(answer)) => {
                let answer = Box::new(answer);
                StreamedAnswer::Stored(row.get("session_id")?, row.get("number")?, answer)
            }
            None if row.get("is_under_way")? => StreamedAnswer::UnderWay,
            None => StreamedAnswer::Unknown,
        })
    }

    /// Takes one of a customer's streams, for an answer or for a client that waits for one. [`Store::end_stream`] gives it back.
    ///
    /// # Errors
    /// `too_many_streams` (rate limited); `unavailable` without a database.
    pub async fn begin_stream(&self, customer: TenantId, owner: Owner, id: AnswerId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let taken = tx
            .query_opt(
                include_str!("../queries/chat/begin_stream.sql"),
                &[
                    &customer,
                    &id,
                    &owner.id(),
                    &MAX_STREAMS,
                    &STREAM.as_secs_f64(),
                ],
            )
            .await?;
        tx.commit().await?;
        match taken {
            Some(_) => Ok(()),
            None => Err(Error::new(
                Kind::RateLimited,
                "too_many_streams",
                format!(
                    "{MAX_STREAMS} answers are being streamed to you at once. Wait for one to end."
                ),
            )
            .after(Duration::from_secs(5))),
        }
    }

    /// Gives a stream back.
    ///
    /// # Errors
    /// `unavailable` without a database; it then counts until its time is over.
    pub async fn end_stream(&self, customer: TenantId, id: AnswerId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let end = include_str!("../queries/chat/end_stream.sql");
        tx.query(end, &[&customer, &id]).await?;
        tx.commit().await
    }
}
