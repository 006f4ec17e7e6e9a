//! The making of an answer, while it is streamed.

use std::{sync::Arc, time::Instant as Clock};

use dynrag_answering::{
    Audience, ChatAnswer, ChatQuestion, ChatRequest, LONG_LEASE, LONG_PATIENCE, answer,
};
use dynrag_api::{
    App,
    event_stream::{Event, spawn},
    idempotency::Attempt,
};
use dynrag_domain::{AnswerId, Result};
use dynrag_retrieval::Retriever;
use dynrag_store::{admission::Admission, chat::Owner};
use futures::Stream;
use tokio::{sync::mpsc::unbounded_channel, time::Instant};

use crate::{echo::Echo, events, resume};

/// A checked question, and who asked it when.
pub(crate) struct Making {
    pub(crate) app: Arc<App>,
    pub(crate) retriever: Arc<Retriever>,
    pub(crate) caller: Admission,
    pub(crate) body: ChatRequest,
    pub(crate) received: Clock,
}

impl Making {
    /// Takes one of the customer's streams and makes the answer; returns what happens to it. `attempt` ends with the answer.
    ///
    /// # Errors
    /// `too_many_streams`; those of an answer that fails before anything was told.
    pub(crate) async fn events(
        self,
        attempt: Option<Attempt>,
        until: Instant,
    ) -> Result<impl Stream<Item = Event> + Send + use<>> {
        let (id, owner) = (
            AnswerId::generate(),
            Owner::try_from(self.caller.principal)?,
        );
        let question = self.body.question()?;
        // What is not kept belongs to no conversation that others could listen to.
        let heard = question.is_stored.then_some(question.session);
        let (store, customer) = (self.caller.store(), self.caller.tenant());
        store.begin_stream(customer, owner, id).await?;
        let deferred = match attempt {
            Some(attempt) => match attempt.defer(LONG_LEASE).await {
                Ok(deferred) => deferred,
                Err(error) => {
                    resume::end(&self.caller, id).await;
                    return Err(error);
                }
            },
            None => None,
        };
        let (progress, told) = unbounded_channel();
        let audience = Audience { progress };
        let echo = heard.map(|conversation| {
            let app = Arc::clone(&self.app);
            Echo::begin(app, &self.caller, owner, conversation, id)
        });
        let until = until.min(Instant::now() + LONG_PATIENCE);
        let answer = spawn(async move {
            let answer = self.answer(id, until, &audience).await;
            if let Some(deferred) = deferred {
                deferred.end(answer.is_ok()).await;
            }
            resume::end(&self.caller, id).await;
            answer
        });
        events::stream(id, told, answer, echo).await
    }

    async fn answer(
        &self,
        id: AnswerId,
        until: Instant,
        audience: &Audience,
    ) -> Result<ChatAnswer> {
        let question = ChatQuestion {
            id: Some(id),
            until: Some(until),
            ..self.body.question()?
        };
        let (app, retriever, caller) = (&self.app, &self.retriever, &self.caller);
        let asked = answer(app, retriever, caller, &question, Some(audience)).await?;
        Ok(ChatAnswer::new(asked, self.received))
    }
}
