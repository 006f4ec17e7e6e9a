//! The making of an answer, whole or streamed.
//!
//! A streamed answer is made by a task of its own, which the function waits for before it takes the next event: a client that
//! leaves does not keep its cost out of the ledger.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | the client's connection, noticed while a model writes | the call is cancelled and recorded as `cancelled`; nothing is stored | the client asks again |
//! | the client's connection, later | the answer, if it is to be stored | nobody: its id was in the first event |
//! | the function | as for [`dynrag_answering`]; one of the customer's streams counts as taken for three minutes | the client asks again |

use std::sync::Arc;

use dynrag_answering::{
    Asked, Audience, ChatQuestion, LONG_LEASE, LONG_PATIENCE, Progress, answer,
};
use dynrag_api::{App, event_stream::spawn, idempotency::Attempt};
use dynrag_domain::{AnswerId, Error, Result};
use dynrag_retrieval::Retriever;
use dynrag_store::{admission::Admission, chat::Owner};
use serde_json::Value;
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
    time::Instant,
};

use crate::question::Request;

/// A checked question, and who asks it.
pub(crate) struct Making {
    pub(crate) app: Arc<App>,
    pub(crate) retriever: Arc<Retriever>,
    pub(crate) caller: Admission,
    pub(crate) request: Request,
    /// The answer's id.
    pub(crate) id: AnswerId,
    /// Whether question and answer are stored.
    pub(crate) is_stored: bool,
    /// The response that it continues.
    pub(crate) previous: Option<AnswerId>,
    /// What a stored response repeats of its request.
    pub(crate) repeated: Option<Value>,
    /// When the function ends.
    pub(crate) until: Instant,
}

/// An answer that is being made.
pub(crate) struct Told {
    first: Option<Progress>,
    progress: UnboundedReceiver<Progress>,
    answer: Answering,
}

enum Answering {
    Done(Box<Asked>),
    Awaited(oneshot::Receiver<Result<Asked>>),
}

impl Told {
    /// Waits until something is told.
    async fn begun(
        mut progress: UnboundedReceiver<Progress>,
        answer: oneshot::Receiver<Result<Asked>>,
    ) -> Result<Self> {
        let first = progress.recv().await;
        let answer = match first {
            Some(_) => Answering::Awaited(answer),
            None => Answering::Done(Box::new(answer.await.map_err(Error::internal_fault)??)),
        };
        Ok(Self {
            first,
            progress,
            answer,
        })
    }

    /// What is told next; none when the answer has ended.
    pub(crate) async fn next(&mut self) -> Option<Progress> {
        match self.first.take() {
            Some(first) => Some(first),
            None => self.progress.recv().await,
        }
    }

    /// The answer.
    ///
    /// # Errors
    /// Those of an answer.
    pub(crate) async fn ended(self) -> Result<Asked> {
        match self.answer {
            Answering::Done(asked) => Ok(*asked),
            Answering::Awaited(answer) => {
                let answer = answer.await;
                answer.unwrap_or_else(|panic| Err(Error::internal_fault(panic)))
            }
        }
    }
}

impl Making {
    /// Takes one of the customer's streams, as the answer takes as long as one, and makes the answer. It ends also if its client
    /// leaves.
    ///
    /// # Errors
    /// `too_many_streams`; those of an answer.
    pub(crate) async fn whole(self, attempt: Option<Attempt>) -> Result<Asked> {
        if let Some(attempt) = attempt {
            attempt.extend(LONG_LEASE).await?;
        }
        self.begin().await?;
        let answer = spawn(async move {
            let answer = self.answer(None).await;
            self.end().await;
            answer
        });
        answer.await.map_err(Error::internal_fault)?
    }

    async fn begin(&self) -> Result<()> {
        let owner = Owner::try_from(self.caller.principal)?;
        let (store, customer) = (self.caller.store(), self.caller.tenant());
        store.begin_stream(customer, owner, self.id).await
    }

    /// Gives the stream back; if that fails, it counts until its time is over.
    async fn end(&self) {
        let (store, customer) = (self.caller.store(), self.caller.tenant());
        if let Err(error) = store.end_stream(customer, self.id).await {
            let cause = error.internal();
            tracing::warn!(cause, "a stream was not given back");
        }
    }

    /// Takes one of the customer's streams and begins to make the answer. `attempt` ends with the answer.
    ///
    /// # Errors
    /// `too_many_streams`; those of an answer that fails before anything was told.
    pub(crate) async fn streamed(self, attempt: Option<Attempt>) -> Result<Told> {
        self.begin().await?;
        let deferred = match attempt {
            Some(attempt) => match attempt.defer(LONG_LEASE).await {
                Ok(deferred) => deferred,
                Err(error) => {
                    self.end().await;
                    return Err(error);
                }
            },
            None => None,
        };
        let (sender, progress) = unbounded_channel();
        let audience = Audience { progress: sender };
        let answer = spawn(async move {
            let answer = self.answer(Some(&audience)).await;
            if let Some(deferred) = deferred {
                deferred.end(answer.is_ok()).await;
            }
            self.end().await;
            answer
        });
        Told::begun(progress, answer).await
    }

    async fn answer(&self, audience: Option<&Audience>) -> Result<Asked> {
        let request = &self.request;
        let question = ChatQuestion {
            message: &request.said.question,
            id: Some(self.id),
            session: None,
            previous: self.previous,
            told: &request.said.told,
            sources: &request.sources,
            request: self.repeated.as_ref(),
            is_stored: self.is_stored,
            top_k: request.passages,
            min_score: request.min_score,
            collection_id: request.collection,
            document_ids: None,
            filter: request.filter.clone(),
            as_of: None,
            model: request.model.clone(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            system: request.said.system.as_deref(),
            language: None,
            unsupported: request.unsupported,
            until: Some(self.until.min(Instant::now() + LONG_PATIENCE)),
        };
        answer(
            &self.app,
            &self.retriever,
            &self.caller,
            &question,
            audience,
        )
        .await
    }
}
