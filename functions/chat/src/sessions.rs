//! `GET /api/chat/sessions`, `GET PUT DELETE /api/chat/sessions/{id}`: the caller's own conversations.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query, cursor,
    paging::{Limit, Page},
    responses::NoContent,
    scopes::Chat,
};
use dynrag_domain::{ChatSessionId, Error, Result, answers};
use dynrag_store::chat::{ChatMessage, ChatSession, Owner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::feedback::Rating;

/// Longest title, in characters.
const MAX_TITLE: usize = 200;
/// Longest text that is looked for, in characters.
const MAX_TEXT: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionsQuery {
    /// Only conversations whose title or messages contain this.
    #[schema(min_length = 1, max_length = 200)]
    q: Option<String>,
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A conversation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatSession)]
pub(crate) struct SessionBody {
    session_id: ChatSessionId,
    title: String,
    /// Number of its messages.
    messages: i32,
    created_at: DateTime<Utc>,
    /// Time of its last question.
    last_used_at: DateTime<Utc>,
}

impl From<ChatSession> for SessionBody {
    fn from(session: ChatSession) -> Self {
        Self {
            session_id: session.id,
            title: session.title,
            messages: session.messages,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagesQuery {
    /// Only messages with lower numbers: `nextBefore` of the page before.
    #[schema(minimum = 1)]
    before: Option<i32>,
    /// Most messages.
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A conversation with messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatConversation)]
pub(crate) struct Conversation {
    #[serde(flatten)]
    session: SessionBody,
    /// Messages in their order, the last ones unless `before` says otherwise.
    items: Vec<MessageBody>,
    /// Value of `before` for the messages before these; null if there are none.
    #[schema(required)]
    next_before: Option<i32>,
}

/// A message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChatMessage)]
struct MessageBody {
    number: i32,
    role: Role,
    content: String,
    /// Of an answer: its citations and all else.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<answers::Answer>,
    /// Your rating of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<Rating>,
    created_at: DateTime<Utc>,
}

/// Who says a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChatRole)]
enum Role {
    User,
    Assistant,
}

impl From<ChatMessage> for MessageBody {
    fn from(message: ChatMessage) -> Self {
        Self {
            number: message.number,
            role: match message.answer {
                Some(_) => Role::Assistant,
                None => Role::User,
            },
            content: message.content,
            answer: message.answer,
            rating: message.feedback.map(Rating::from),
            created_at: message.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionChange {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
}

/// Returns a page of the caller's conversations.
pub(crate) async fn list(
    caller: Caller<Chat>,
    Query(query): Query<SessionsQuery>,
) -> Answer<Json<Page<SessionBody>>> {
    let text = query.q.as_deref().map(str::trim);
    if let Some(text) = text {
        check("/q", text, MAX_TEXT)?;
    }
    let limit = Limit::new(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    let rows = store.chat_sessions(caller.tenant(), owner, text, after, limit.rows());
    let page = Page::new(rows.await?, limit, |row| (row.last_used_at, row.id))?;
    Ok(Json(page.map(SessionBody::from)))
}

/// Returns a conversation with its last messages.
pub(crate) async fn get(
    caller: Caller<Chat>,
    Path(id): Path<ChatSessionId>,
    Query(query): Query<MessagesQuery>,
) -> Answer<Json<Conversation>> {
    if query.before.is_some_and(|number| number < 1) {
        return Err(Error::field("/before", "from 1").into());
    }
    let limit = Limit::new(query.limit)?;
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    let read = store.chat_messages(caller.tenant(), owner, id, query.before, limit.rows());
    let (session, mut messages) = read.await?;
    let most = usize::try_from(limit.rows() - 1).unwrap_or(usize::MAX);
    let has_more = messages.len() > most;
    messages.truncate(most);
    messages.reverse();
    let first = messages.first().map(|message| message.number);
    Ok(Json(Conversation {
        session: session.into(),
        items: messages.into_iter().map(MessageBody::from).collect(),
        next_before: first.filter(|_| has_more),
    }))
}

/// Gives a conversation another title.
pub(crate) async fn rename(
    caller: Caller<Chat>,
    Path(id): Path<ChatSessionId>,
    Json(change): Json<SessionChange>,
) -> Answer<NoContent> {
    let title = change.title.trim();
    check("/title", title, MAX_TITLE)?;
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    store
        .rename_chat_session(caller.tenant(), owner, id, title)
        .await?;
    Ok(NoContent)
}

/// Deletes a conversation.
pub(crate) async fn delete(
    caller: Caller<Chat>,
    Path(id): Path<ChatSessionId>,
) -> Answer<NoContent> {
    let owner = Owner::try_from(caller.principal)?;
    let store = caller.store();
    store
        .delete_chat_session(caller.tenant(), owner, id)
        .await?;
    Ok(NoContent)
}

/// Checks the length of a text, which cannot be stored with NUL characters.
fn check(pointer: &str, text: &str, most: usize) -> Result<()> {
    if (1..=most).contains(&text.chars().count()) && !text.contains('\0') {
        return Ok(());
    }
    let detail = format!("from 1 to {most} characters, without NUL characters");
    Err(Error::field(pointer, detail))
}
