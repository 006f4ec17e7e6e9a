//! `PUT /api/chat/sessions/{id}/messages/{number}/feedback`, `GET /api/chat/feedback`: ratings of answers.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query, cursor,
    paging::{Limit, Page},
    responses::NoContent,
    scopes::{AdminTenant, Chat, Unbound},
};
use dynrag_domain::{
    ChatSessionId, Error, answers,
    answers::{MessageNumber, Thumb},
};
use dynrag_store::chat::{Feedback, Owner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest comment, in characters.
const MAX_COMMENT: usize = 2_000;

/// A rating of an answer.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnswerRating)]
pub(crate) struct Rating {
    rating: Thumb,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    comment: Option<String>,
}

impl From<(Thumb, Option<String>)> for Rating {
    fn from((rating, comment): (Thumb, Option<String>)) -> Self {
        Self { rating, comment }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedbackQuery {
    /// Only this rating.
    rating: Option<Thumb>,
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A rating, with the question and its answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnswerFeedback)]
pub(crate) struct FeedbackBody {
    session_id: ChatSessionId,
    message_number: i32,
    #[serde(flatten)]
    rating: Rating,
    question: String,
    answer: answers::Answer,
    created_at: DateTime<Utc>,
}

impl From<Feedback> for FeedbackBody {
    fn from(feedback: Feedback) -> Self {
        Self {
            session_id: feedback.session,
            message_number: feedback.number,
            rating: (feedback.rating, feedback.comment).into(),
            question: feedback.question,
            answer: feedback.answer,
            created_at: feedback.created_at,
        }
    }
}

/// Rates an answer of an own conversation.
pub(crate) async fn rate(
    caller: Caller<Chat>,
    Path((id, number)): Path<(ChatSessionId, MessageNumber)>,
    Json(body): Json<Rating>,
) -> Answer<NoContent> {
    let comment = body.comment.as_deref().map(str::trim);
    let is_bad = |comment: &str| comment.chars().count() > MAX_COMMENT || comment.contains('\0');
    if comment.is_some_and(is_bad) {
        let detail = format!("at most {MAX_COMMENT} characters, without NUL characters");
        return Err(Error::field("/comment", detail).into());
    }
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    let comment = comment.filter(|comment| !comment.is_empty());
    store
        .rate_answer(
            caller.tenant(),
            owner,
            (id, number.get()),
            body.rating,
            comment,
        )
        .await?;
    Ok(NoContent)
}

/// Returns a page of all ratings.
pub(crate) async fn list(
    caller: Caller<Unbound<AdminTenant>>,
    Query(query): Query<FeedbackQuery>,
) -> Answer<Json<Page<FeedbackBody>>> {
    let limit = Limit::new(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let store = caller.store();
    let rows = store.chat_feedback(caller.tenant(), query.rating, after, limit.rows());
    let page = Page::new(rows.await?, limit, |row| {
        (row.created_at, (row.session, row.number))
    })?;
    Ok(Json(page.map(FeedbackBody::from)))
}
