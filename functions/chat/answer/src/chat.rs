//! `POST /api/chat`: an answer to a question, with its citations.

use std::{sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_answering::{ChatAnswer, ChatRequest, answer};
use dynrag_api::{Answer, App, Caller, Json, With, responses::ShownOnce, scopes::Chat};
use dynrag_retrieval::Retriever;

/// Answers a question.
pub(crate) async fn chat(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<ChatRequest>,
) -> Answer<ShownOnce<Json<ChatAnswer>>> {
    let received = Instant::now();
    let question = body.question()?;
    let asked = answer(&app, &retriever, &caller, &question, None).await?;
    Ok(ShownOnce(Json(ChatAnswer::new(asked, received))))
}
