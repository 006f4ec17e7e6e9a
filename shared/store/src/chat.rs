//! Conversations: each is one caller's, with its messages and ratings of its answers.
//!
//! An answer may hold text of the documents that it is from. A caller who does not see all of them, such as a key bound to
//! other collections, does not see the answer; and where a document or a version is removed, its answers are withdrawn.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    AnswerId, ApiKeyId, ChatSessionId, DocumentId, Error, Result, UserId, VersionNumber,
    answers::{Answer, Thumb},
    identity::Principal,
};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId,
    document_list::part_of,
    responses::{self, NewResponse},
    row::Row,
};

/// Whose a conversation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    pub(crate) user: Option<UserId>,
    pub(crate) api_key: Option<ApiKeyId>,
}

impl Owner {
    pub(crate) fn id(self) -> Option<Uuid> {
        let user = self.user.map(|user| user.as_uuid());
        user.or(self.api_key.map(|key| key.as_uuid()))
    }
}

impl TryFrom<Principal> for Owner {
    type Error = Error;

    fn try_from(principal: Principal) -> Result<Self> {
        match principal {
            Principal::User(user) => Ok(Self {
                user: Some(user),
                api_key: None,
            }),
            Principal::ApiKey(key) => Ok(Self {
                user: None,
                api_key: Some(key),
            }),
            Principal::Webhook(_) => Err(Error::internal_fault("webhooks do not chat")),
        }
    }
}

/// A conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatSession {
    /// Its id.
    pub id: ChatSessionId,
    /// Its title.
    pub title: String,
    /// Number of its messages.
    pub messages: i32,
    /// Time of its first question.
    pub created_at: DateTime<Utc>,
    /// Time of its last question.
    pub last_used_at: DateTime<Utc>,
}

/// A message of a conversation.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatMessage {
    /// Its number, from 1; questions have odd ones.
    pub number: i32,
    /// Its text.
    pub content: String,
    /// Of an answer: everything else about it.
    pub answer: Option<Answer>,
    /// Of an answer: the versions whose text it may hold.
    pub sources: Vec<(DocumentId, VersionNumber)>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// The rating of an answer, and a comment.
    pub feedback: Option<(Thumb, Option<String>)>,
}

/// A rating, with the question and its answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Feedback {
    /// The conversation.
    pub session: ChatSessionId,
    /// The number of the answer.
    pub number: i32,
    /// The rating.
    pub rating: Thumb,
    /// The comment.
    pub comment: Option<String>,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: Answer,
    /// When it was given.
    pub created_at: DateTime<Utc>,
}

/// A question with its answer, to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The id of an answer that is found by it.
    pub answer_id: Option<AnswerId>,
    /// What it is as a response of the OpenAI-compatible API, for one that has an id.
    pub response: Option<NewResponse<'a>>,
    /// The question.
    pub question: &'a str,
    /// The answer.
    pub answer: &'a Answer,
    /// The versions whose text it may hold: those that it is from, and those of earlier answers that its model was told.
    pub sources: &'a [(DocumentId, VersionNumber)],
}

fn session(row: &Row) -> Result<ChatSession> {
    Ok(ChatSession {
        id: row.get("id")?,
        title: row.get("title")?,
        messages: row.get("messages")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

fn message(row: &Row) -> Result<ChatMessage> {
    let answer: Option<Json<Answer>> = row.get("answer")?;
    let rating: Option<Thumb> = row.get("rating")?;
    let comment = row.get("comment")?;
    let documents: Option<Vec<DocumentId>> = row.get("documents")?;
    let versions: Option<Vec<VersionNumber>> = row.get("versions")?;
    let sources = documents.into_iter().flatten();
    Ok(ChatMessage {
        number: row.get("number")?,
        content: row.get("content")?,
        answer: answer.map(|Json(answer)| answer),
        sources: sources.zip(versions.into_iter().flatten()).collect(),
        created_at: row.get("created_at")?,
        feedback: rating.map(|rating| (rating, comment)),
    })
}

async fn owned(tx: &Tenant, owner: Owner, id: ChatSessionId) -> Result<ChatSession> {
    let row = tx
        .query_opt(
            include_str!("../queries/chat/get.sql"),
            &[&tx.customer_id(), &id, &owner.user, &owner.api_key],
        )
        .await?;
    session(&row.ok_or_else(unknown)?)
}

fn unknown() -> Error {
    Error::not_found("conversation")
}

impl Store {
    /// Returns a page of a caller's conversations, the last used first; of those whose title or messages contain a text.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn chat_sessions(
        &self,
        customer: TenantId,
        owner: Owner,
        text: Option<&str>,
        after: Option<(DateTime<Utc>, ChatSessionId)>,
        limit: i64,
    ) -> Result<Vec<ChatSession>> {
        let pattern = text.map(part_of);
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/chat/list.sql"),
                &[
                    &customer,
                    &owner.user,
                    &owner.api_key,
                    &pattern,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(session).collect()
    }

    /// Returns a conversation with some of its messages, the newest first, below a number.
    ///
    /// # Errors
    /// `not_found` for another caller's; `unavailable` without a database.
    pub async fn chat_messages(
        &self,
        customer: TenantId,
        owner: Owner,
        id: ChatSessionId,
        below: Option<i32>,
        limit: i64,
    ) -> Result<(ChatSession, Vec<ChatMessage>)> {
        let tx = self.tenant(customer).await?;
        let found = owned(&tx, owner, id).await?;
        let rows = tx
            .query(
                include_str!("../queries/chat/messages.sql"),
                &[&customer, &id, &below, &limit],
            )
            .await?;
        tx.commit().await?;
        let messages = rows.iter().map(message).collect::<Result<_>>()?;
        Ok((found, messages))
    }

    /// Stores a question and its answer, in a conversation or as the first of a new one, whole or not at all. Returns the
    /// number of the answer.
    ///
    /// # Errors
    /// `not_found` for another caller's conversation, or one that was deleted; `unavailable` without a database, or if a
    /// document was removed that the answer is from.
    pub async fn add_turn(
        &self,
        customer: TenantId,
        owner: Owner,
        id: ChatSessionId,
        title: Option<&str>,
        turn: Turn<'_>,
    ) -> Result<i32> {
        let tx = self.tenant(customer).await?;
        let number = match title {
            Some(title) => {
                tx.query(
                    include_str!("../queries/chat/begin.sql"),
                    &[&customer, &id, &owner.user, &owner.api_key, &title],
                )
                .await?;
                2
            }
            None => {
                let row = tx
                    .query_opt(
                        include_str!("../queries/chat/extend.sql"),
                        &[&customer, &id, &owner.user, &owner.api_key],
                    )
                    .await?;
                row.ok_or_else(unknown)?.get("messages")?
            }
        };
        let mut of = turn.sources.to_vec();
        of.sort_unstable();
        of.dedup();
        let sources = i32::try_from(of.len()).map_err(Error::internal_fault)?;
        tx.query(
            include_str!("../queries/chat/turn.sql"),
            &[
                &customer,
                &id,
                &number,
                &turn.question,
                &turn.answer.answer,
                &Json(turn.answer),
                &sources,
                &turn.answer_id,
            ],
        )
        .await?;
        if let (Some(answer), Some(response)) = (turn.answer_id, turn.response) {
            responses::add(&tx, answer, (id, number), response).await?;
        }
        let (documents, versions): (Vec<DocumentId>, Vec<VersionNumber>) =
            of.iter().copied().unzip();
        let kept = tx
            .query(
                include_str!("../queries/chat/sources.sql"),
                &[&customer, &id, &number, &documents, &versions],
            )
            .await?;
        if kept.len() < of.len() {
            let gone = "a document was removed while it was answered from";
            return Err(Error::unavailable(gone));
        }
        tx.commit().await?;
        Ok(number)
    }

    /// Gives a conversation another title.
    ///
    /// # Errors
    /// `not_found` for another caller's; `unavailable` without a database.
    pub async fn rename_chat_session(
        &self,
        customer: TenantId,
        owner: Owner,
        id: ChatSessionId,
        title: &str,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/chat/rename.sql"),
                &[&customer, &id, &owner.user, &owner.api_key, &title],
            )
            .await?;
        row.ok_or_else(unknown)?;
        tx.commit().await
    }

    /// Deletes a conversation with its messages and their ratings.
    ///
    /// # Errors
    /// `not_found` for another caller's; `unavailable` without a database.
    pub async fn delete_chat_session(
        &self,
        customer: TenantId,
        owner: Owner,
        id: ChatSessionId,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/chat/delete.sql"),
                &[&customer, &id, &owner.user, &owner.api_key],
            )
            .await?;
        row.ok_or_else(unknown)?;
        tx.commit().await
    }

    /// Keeps a caller's rating of an answer, in the place of an earlier one.
    ///
    /// # Errors
    /// `not_found` for a message that is no answer, or another caller's; `unavailable` without a database.
    pub async fn rate_answer(
        &self,
        customer: TenantId,
        owner: Owner,
        (id, number): (ChatSessionId, i32),
        rating: Thumb,
        comment: Option<&str>,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/chat/rate.sql"),
                &[
                    &customer,
                    &id,
                    &owner.user,
                    &owner.api_key,
                    &number,
                    &rating,
                    &comment,
                ],
            )
            .await?;
        row.ok_or_else(unknown)?;
        tx.commit().await
    }

    /// Returns a page of all ratings of a customer's answers, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn chat_feedback(
        &self,
        customer: TenantId,
        rating: Option<Thumb>,
        after: Option<(DateTime<Utc>, (ChatSessionId, i32))>,
        limit: i64,
    ) -> Result<Vec<Feedback>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/chat/feedback.sql"),
                &[
                    &customer,
                    &rating,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, (session, _))| session),
                    &after.map(|(_, (_, number))| number),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Feedback {
                    session: row.get("session_id")?,
                    number: row.get("number")?,
                    rating: row.get("rating")?,
                    comment: row.get("comment")?,
                    question: row.get("question")?,
                    answer: row.json("answer")?,
                    created_at: row.get("created_at")?,
                })
            })
            .collect()
    }
}

/// Withdraws the answers that may hold text of documents, or of versions of them, that are being removed. `versions` are in the
/// order of `documents`; `None` for all versions.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn withdraw(
    tx: &Tenant,
    documents: &[DocumentId],
    versions: Option<&[VersionNumber]>,
) -> Result<()> {
    let customer = tx.customer_id();
    for query in [
        include_str!("../queries/chat/lock_sources.sql"),
        include_str!("../queries/chat/withdraw.sql"),
    ] {
        tx.query(query, &[&customer, &documents, &versions]).await?;
    }
    Ok(())
}
