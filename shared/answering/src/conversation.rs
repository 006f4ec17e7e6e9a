//! The conversation that a question belongs to.

use dynrag_answers::without_markers;
use dynrag_domain::{AnswerId, ChatSessionId, DocumentId, Result, VersionNumber, answers::Answer};
use dynrag_llm::chat::Role;
use dynrag_store::{
    admission::Admission,
    chat::{ChatMessage, Owner, Turn},
};

use crate::prompt::Earlier;

/// Earlier messages that a question may refer to.
const REMEMBERED: i64 = 20;
/// Longest title that is made of a question, in characters.
const MAX_TITLE: usize = 80;

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
    /// Reads a conversation, or begins one, which exists when its first turn is stored.
    ///
    /// # Errors
    /// `not_found` for another caller's; `unavailable`.
    pub(crate) async fn open(caller: &Admission, id: Option<ChatSessionId>) -> Result<Self> {
        let owner = Owner::try_from(caller.principal)?;
        let Some(id) = id else {
            return Ok(Self {
                owner,
                id: ChatSessionId::generate(),
                is_new: true,
                earlier: Vec::new(),
                sources: Vec::new(),
            });
        };
        let (store, customer) = (caller.store(), caller.tenant());
        let read = store.chat_messages(customer, owner, id, None, REMEMBERED);
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
        answer_id: Option<AnswerId>,
        question: &str,
        answer: &Answer,
        is_told: bool,
    ) -> Result<(ChatSessionId, i32)> {
        let title = self.is_new.then(|| title(question));
        let of = answer.sources.iter();
        let of = of.map(|source| (source.document_id, source.version));
        let earlier = self.sources.iter().copied().filter(|_| is_told);
        let sources: Vec<Version> = of.chain(earlier).collect();
        let turn = Turn {
            answer_id,
            question,
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

/// The beginning of a question, on one line.
fn title(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_TITLE) {
        None => line,
        Some((end, _)) => {
            let cut = &line[..end];
            // Not in the middle of a word, unless it has none.
            let cut = cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole);
            format!("{cut}…")
        }
    }
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

    #[test]
    fn a_title_is_the_beginning_of_a_question() {
        assert_eq!(title("  How\n long? "), "How long?");
        let long = title(&"word ".repeat(50));
        assert!(
            long.ends_with("word…") && long.chars().count() <= MAX_TITLE,
            "{long}"
        );
        assert_eq!(title(&"我".repeat(100)).chars().count(), MAX_TITLE + 1);
    }
}
