//! `POST /api/chat`: an answer to a question, with its citations.

use std::{sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_answering::answer;
use dynrag_api::{Answer, App, Caller, Json, With, responses::ShownOnce, scopes::Chat};
use dynrag_domain::{ChatSessionId, answers};
use dynrag_retrieval::Retriever;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request::ChatRequest;

/// An answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatAnswer)]
pub(crate) struct Answered {
    /// The conversation; null if it is not stored.
    #[schema(required)]
    session_id: Option<ChatSessionId>,
    /// The number of the answer in it, for feedback.
    #[schema(required)]
    message_number: Option<i32>,
    #[serde(flatten)]
    answer: answers::Answer,
    took_ms: u64,
}

/// Answers a question.
pub(crate) async fn chat(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<ChatRequest>,
) -> Answer<ShownOnce<Json<Answered>>> {
    let started = Instant::now();
    let question = body.question()?;
    let asked = answer(&app, &retriever, &caller, &question).await?;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        customer_id = %caller.customer_id, status = asked.answer.status.as_str(), model = asked.answer.model,
        sources = asked.answer.sources.len(), citations = asked.answer.citations.len(), took_ms, "answered"
    );
    Ok(ShownOnce(Json(Answered {
        session_id: asked.stored.map(|(session, _)| session),
        message_number: asked.stored.map(|(_, number)| number),
        answer: asked.answer,
        took_ms,
    })))
}
