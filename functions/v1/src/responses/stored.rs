//! `GET DELETE /v1/responses/{id}`, `…/cancel`, `…/input_items`: stored responses.

use std::fmt::Display;

use dynrag_api::{Answer, Caller, Json, Path, Query, scopes::Chat};
use dynrag_domain::{AnswerId, Error, Kind, Result};
use dynrag_store::{admission::Admission, chat::Owner, responses::StoredResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    body::{Head, Response},
    input::Kept,
    request::Repeated,
};
use crate::{
    ids::ResponseId,
    list::{Deleted, HasId, List, Order, Part},
};

/// Query parameters of a stored response.
#[derive(Deserialize, ToSchema)]
#[schema(as = ResponseQuery)]
pub(crate) struct Shown {
    /// Only false: a stored response is sent whole.
    stream: Option<bool>,
}

/// Query parameters of the input.
#[derive(Deserialize, ToSchema)]
pub(crate) struct InputQuery {
    /// Items of the page. Default: 20; at most 100 are returned.
    #[schema(minimum = 1)]
    limit: Option<u32>,
    /// The id of an item after which the page begins.
    after: Option<String>,
    /// `asc` for the first item first.
    #[serde(default)]
    order: Order,
}

/// A message of the input.
#[derive(Serialize, ToSchema)]
#[schema(as = ResponseInputItem)]
pub(crate) struct InputItem {
    id: String,
    r#type: &'static str,
    role: String,
    status: &'static str,
    #[schema(value_type = Vec<Object>)]
    content: Vec<Value>,
}

impl HasId for InputItem {
    fn id(&self) -> impl Display {
        &self.id
    }
}

async fn read(caller: &Admission, id: AnswerId) -> Result<StoredResponse> {
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    let found = store.responses(caller.tenant(), owner, id, 1).await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Error::not_found("response"))
}

fn repeated(stored: &StoredResponse) -> Repeated {
    // One of a later release may have more.
    serde_json::from_value(stored.request.clone()).unwrap_or_default()
}

/// Returns a response.
pub(crate) async fn get(
    caller: Caller<Chat>,
    Path(id): Path<ResponseId>,
    Query(query): Query<Shown>,
) -> Answer<Json<Response>> {
    if query.stream == Some(true) {
        let detail = "not supported here: a stored response is sent whole";
        return Err(Error::field("/stream", detail).into());
    }
    let stored = read(&caller, id.0).await?;
    let created_at = stored.created_at;
    let head = Head::new(id.0, stored.previous, repeated(&stored), created_at, false);
    Ok(Json(head.whole(&stored.answer, &[], created_at)))
}

/// Deletes a response with its question.
pub(crate) async fn delete(
    caller: Caller<Chat>,
    Path(id): Path<ResponseId>,
) -> Answer<Json<Deleted>> {
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    store.delete_response(caller.tenant(), owner, id.0).await?;
    Ok(Json(Deleted::new(id, "response")))
}

/// Refuses to cancel a response, as it is complete.
pub(crate) async fn cancel(
    caller: Caller<Chat>,
    Path(id): Path<ResponseId>,
) -> Answer<Json<Response>> {
    read(&caller, id.0).await?;
    Err(Error::new(
        Kind::Malformed,
        "not_cancellable",
        "The response is complete. Only a response that is made in the background can be cancelled, and there are none here: close \
         the connection of a streamed one instead.",
    )
    .into())
}

/// Lists the input of a response.
pub(crate) async fn input_items(
    caller: Caller<Chat>,
    Path(id): Path<ResponseId>,
    Query(query): Query<InputQuery>,
) -> Answer<Json<List<InputItem>>> {
    let stored = read(&caller, id.0).await?;
    let part = Part::new(query.limit, 100, query.order, (query.after, None))?;
    let mut items = items(id.0, &stored);
    if part.is_descending {
        items.reverse();
    }
    if let Some(after) = &part.from {
        let at = items.iter().position(|item| item.id == *after);
        items.drain(..=at.ok_or_else(|| Error::not_found("item"))?);
    }
    Ok(Json(part.list(items)))
}

fn items(id: AnswerId, stored: &StoredResponse) -> Vec<InputItem> {
    let mut input = repeated(stored).input;
    if input.is_empty() {
        input.push(Kept {
            role: "user".to_owned(),
            text: stored.question.clone(),
        });
    }
    let items = input
        .into_iter()
        .enumerate()
        .map(|(n, Kept { role, text })| {
            let content = json!({"type": "input_text", "text": text});
            InputItem {
                id: format!("msg_{}_in{n}", id.as_uuid().simple()),
                r#type: "message",
                role,
                status: "completed",
                content: vec![content],
            }
        });
    items.collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use dynrag_domain::{
        ChatSessionId,
        answers::{Answer, AnswerStatus, AnswerUsage},
    };

    use super::*;

    #[test]
    fn a_response_of_another_release_has_its_question() {
        let id = AnswerId::generate();
        let stored = StoredResponse {
            id,
            session: ChatSessionId::generate(),
            previous: None,
            request: json!({"model": 7, "unknown": true}),
            question: "How?".to_owned(),
            answer: Answer {
                status: AnswerStatus::Withdrawn,
                answer: String::new(),
                citations: Vec::new(),
                sentences: Vec::new(),
                sources: Vec::new(),
                model: "extractive".to_owned(),
                query: String::new(),
                collection_id: None,
                usage: AnswerUsage::default(),
                warnings: Vec::new(),
            },
            sources: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
        };
        let items = items(id, &stored);
        assert_eq!(items[0].content[0]["text"], "How?");
        let head = Head::new(id, None, repeated(&stored), stored.created_at, false);
        let shown =
            serde_json::to_value(head.whole(&stored.answer, &[], stored.created_at)).unwrap();
        let content = &shown["output"][1]["content"][0];
        assert_eq!(content["type"], "refusal");
        assert!(content["refusal"].as_str().unwrap().contains("removed"));
    }
}
