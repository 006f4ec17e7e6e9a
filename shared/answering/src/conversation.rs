//! The conversation that a question belongs to.

use dynrag_answers::without_markers;
use dynrag_domain::{
    AnswerId, ChatSessionId, DocumentId, Result, VersionNumber,
    answers::{Answer, AnswerStatus, title},
};
use dynrag_llm::chat::Role;
use dynrag_store::{
    admission::Admission,
    chat::{ChatMessage, Owner, Turn},
    responses::{NewResponse, StoredResponse},
};

use crate::{ChatQuestion, prompt::Earlier};

/// Earlier messages that a question may refer to.
const REMEMBERED: usize = 20;

/// A conversation of the caller.
pub(crate) struct Conversation {
    owner: Owner,
    pub(crate) id: ChatSessionId,
    is_new: bool,
    /// Its last messages, oldest first.
    pub(crate) earlier: Vec<Earlier>,
    /// The versions whose text these may hold.
    sources: Vec<Version>,
}

type Version = (DocumentId, VersionNumber);

impl Conversation {
    /// Reads the conversation of a question, or begins one, which exists when its first turn is stored.
    ///
    /// # Errors
    /// `not_found` for another caller's; `unavailable`.
    pub(crate) async fn open(caller: &Admission, question: &ChatQuestion<'_>) -> Result<Self> {
        let owner = Owner::try_from(caller.principal)?;
        let mut conversation = match (question.session, question.previous) {
            (Some(id), _) => Self::continued(caller, owner, id).await?,
            (None, Some(id)) => Self::after(caller, owner, id).await?,
            (None, None) => Self {
                owner,
                id: ChatSessionId::generate(),
                is_new: true,
                earlier: Vec::new(),
                sources: Vec::new(),
            },
        };
        conversation.earlier.extend_from_slice(question.told);
        conversation.sources.extend_from_slice(question.sources);
        let many = conversation.earlier.len().saturating_sub(REMEMBERED);
        conversation.earlier.drain(..many);
        Ok(conversation)
    }

    /// After a response. What follows it in its conversation answers other questions.
    async fn after(caller: &Admission, owner: Owner, id: AnswerId) -> Result<Self> {
        let most = i32::try_from(REMEMBERED / 2).unwrap_or(i32::MAX);
        let store = caller.store();
        let mut found = store.responses(caller.tenant(), owner, id, most).await?;
        let session = found.first().map(|response| response.session);
        found.reverse();
        let told = |response: &StoredResponse| response.answer.status != AnswerStatus::Withdrawn;
        found.retain(told);
        let sources = found.iter().flat_map(|response| &response.sources);
        let sources = sources.copied().collect();
        let earlier = found.into_iter().flat_map(|response| {
            let answer = without_markers(&response.answer.answer);
            [(Role::User, response.question), (Role::Assistant, answer)]
        });
        Ok(Self {
            owner,
            id: session.unwrap_or_else(ChatSessionId::generate),
            is_new: session.is_none(),
            earlier: earlier.map(|(role, text)| Earlier { role, text }).collect(),
            sources,
        })
    }

    async fn continued(caller: &Admission, owner: Owner, id: ChatSessionId) -> Result<Self> {
        let (store, customer) = (caller.store(), caller.tenant());
        let most = i64::try_from(REMEMBERED).unwrap_or(i64::MAX);
        let read = store.chat_messages(customer, owner, id, None, most);
        let (_, messages) = read.await?;
        let turns = turns(messages);
        let answers = turns.iter().map(|(_, answer)| answer);
        let sources = answers.flat_map(|answer| &answer.sources);
        let sources = sources.copied().collect();
        let earlier = turns.into_iter().flat_map(|(question, answer)| {
            // The numbers are of other sources than those of the next answer.
            let answer = without_markers(&answer.content);
            [(Role::User, question.content), (Role::Assistant, answer)]
        });
        Ok(Self {
            owner,
            id,
            is_new: false,
            earlier: earlier.map(|(role, text)| Earlier { role, text }).collect(),
            sources,
        })
    }

    /// Stores a question with its answer; `is_told` says whether its model was told the earlier messages, so that it may repeat
    /// them. Returns the conversation and the number of the answer.
    ///
    /// # Errors
    /// `not_found` if it was deleted meanwhile; `unavailable`.
    pub(crate) async fn add(
        &self,
        caller: &Admission,
        question: &ChatQuestion<'_>,
        answer: &Answer,
        is_told: bool,
    ) -> Result<(ChatSessionId, i32)> {
        let title = self.is_new.then(|| title(question.message));
        let of = answer.sources.iter();
        let of = of.map(|source| (source.document_id, source.version));
        let earlier = self.sources.iter().copied().filter(|_| is_told);
        let sources: Vec<Version> = of.chain(earlier).collect();
        let turn = Turn {
            answer_id: question.id,
            response: question.request.map(|request| NewResponse {
                previous: question.previous,
                request,
            }),
            question: question.message,
            answer,
            sources: &sources,
        };
        let (store, customer) = (caller.store(), caller.tenant());
        let added = store.add_turn(customer, self.owner, self.id, title.as_deref(), turn);
        Ok((self.id, added.await?))
    }
}

/// Questions with their answers, oldest first, of messages that are newest first. A question whose answer the caller does not
/// see, or that was withdrawn, is left out: models want that turns alternate.
fn turns(messages: Vec<ChatMessage>) -> Vec<(ChatMessage, ChatMessage)> {
    let mut messages = messages.into_iter().rev().peekable();
    let mut turns = Vec::new();
    while let Some(question) = messages.next() {
        let answers = |next: &ChatMessage| {
            question.answer.is_none()
                && next.number == question.number + 1
                && !next.content.is_empty()
        };
        if let Some(answer) = messages.next_if(answers) {
            turns.push((question, answer));
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use dynrag_domain::answers::{AnswerStatus, AnswerUsage};

    use super::*;

    #[test]
    fn a_question_without_its_answer_is_not_told() {
        let answer = Answer {
            status: AnswerStatus::Answered,
            answer: String::new(),
            citations: Vec::new(),
            sentences: Vec::new(),
            sources: Vec::new(),
            model: String::new(),
            query: String::new(),
            collection_id: None,
            usage: AnswerUsage::default(),
            warnings: Vec::new(),
        };
        let message = |number: i32, content: &str| ChatMessage {
            number,
            content: content.to_owned(),
            answer: (number % 2 == 0).then(|| answer.clone()),
            sources: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
            feedback: None,
        };
        let messages = vec![
            message(8, "four"),
            message(7, "Four?"),
            message(6, ""),
            message(5, "Three?"),
            message(3, "Two?"),
            message(2, "one"),
        ];
        let told: Vec<i32> = turns(messages)
            .iter()
            .flat_map(|(question, answer)| [question.number, answer.number])
            .collect();
        assert_eq!(told, [7, 8]);
    }
}
