//! Stored responses of the OpenAI-compatible API: answers of conversations, with what of the request a response repeats.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    AnswerId, ChatSessionId, DocumentId, Error, Result, VersionNumber,
    answers::{Answer, title},
};
use serde_json::Value;

use crate::{Store, Tenant, TenantId, chat::Owner, params::Param, row::Row};

/// What makes a stored answer a response.
#[derive(Clone, Copy, Debug)]
pub struct NewResponse<'a> {
    /// The response that it continues.
    pub previous: Option<AnswerId>,
    /// What of the request the response repeats, a JSON object.
    pub request: &'a Value,
}

/// A stored response.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredResponse {
    /// Its id.
    pub id: AnswerId,
    /// The conversation that it is in.
    pub session: ChatSessionId,
    /// The response that it continues, which may have been deleted.
    pub previous: Option<AnswerId>,
    /// What of the request the response repeats.
    pub request: Value,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: Answer,
    /// The versions whose text it may hold.
    pub sources: Vec<(DocumentId, VersionNumber)>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
}

fn response(row: &Row) -> Result<StoredResponse> {
    let documents: Option<Vec<DocumentId>> = row.get("documents")?;
    let versions: Option<Vec<VersionNumber>> = row.get("versions")?;
    let sources = documents.into_iter().flatten();
    Ok(StoredResponse {
        id: row.get("id")?,
        session: row.get("session_id")?,
        previous: row.get("previous_id")?,
        request: row.json("request")?,
        question: row.get("question")?,
        answer: row.json("answer")?,
        sources: sources.zip(versions.into_iter().flatten()).collect(),
        created_at: row.get("created_at")?,
    })
}

fn unknown() -> Error {
    Error::not_found("response")
}

pub(crate) async fn add(
    tx: &Tenant,
    id: AnswerId,
    (session, number): (ChatSessionId, i32),
    new: NewResponse<'_>,
) -> Result<()> {
    tx.query(
        include_str!("../queries/responses/insert.sql"),
        &[
            &tx.customer_id(),
            &id,
            &session,
            &number,
            &new.previous,
            new.request,
        ],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns a response of a caller and those that it continues, the newest first. One that the caller does not see is left
    /// out; one that was deleted ends the list.
    ///
    /// # Errors
    /// `not_found` for a response that the caller does not see; `unavailable` without a database.
    pub async fn responses(
        &self,
        customer: TenantId,
        owner: Owner,
        id: AnswerId,
        most: i32,
    ) -> Result<Vec<StoredResponse>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/responses/chain.sql"),
                &[&customer, &owner.user, &owner.api_key, &id, &most],
            )
            .await?;
        tx.commit().await?;
        let found: Vec<_> = rows.iter().map(response).collect::<Result<_>>()?;
        match found.first() {
            Some(first) if first.id == id => Ok(found),
            _ => Err(unknown()),
        }
    }

    /// Deletes a response of a caller with its question.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn delete_response(
        &self,
        customer: TenantId,
        owner: Owner,
        id: AnswerId,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/responses/lock.sql"),
                &[&customer, &owner.user, &owner.api_key, &id],
            )
            .await?;
        let row = row.ok_or_else(unknown)?;
        let (session, number): (ChatSessionId, i32) = (row.get("session_id")?, row.get("number")?);
        let delete = include_str!("../queries/responses/delete.sql");
        tx.query(delete, &[&customer, &session, &number]).await?;
        // A statement of its own sees what was stored while the first waited for the lock.
        let first = include_str!("../queries/responses/first.sql");
        match tx.query_opt(first, &[&customer, &session]).await? {
            None => {
                let delete = include_str!("../queries/chat/delete.sql");
                tx.query(delete, &[&customer, &session, &owner.user, &owner.api_key])
                    .await?;
            }
            // The title that was made of the question goes with it.
            Some(first)
                if row.get::<String>("title")? == title(&row.get::<String>("question")?) =>
            {
                let renamed = title(&first.get::<String>("content")?);
                let rename = include_str!("../queries/chat/rename.sql");
                let values: [&dyn Param; 5] =
                    [&customer, &session, &owner.user, &owner.api_key, &renamed];
                tx.query(rename, &values).await?;
            }
            Some(_) => {}
        }
        tx.commit().await
    }
}
