//! The conversation that a question belongs to.

use dynrag_domain::{ChatSessionId, DocumentId, Result, VersionNumber, answers::Answer};
use dynrag_llm::chat::Role;
use dynrag_store::{
    admission::Admission,
    chat::{Owner, Turn},
};

use crate::prompt::Earlier;

/// Earlier messages that a question may refer to.
const REMEMBERED: i64 = 20;
/// Longest title that is made of a question, in characters.
const MAX_TITLE: usize = 80;

/// A conversation of the caller.
pub(crate) struct Conversation {
    owner: Owner,
    id: ChatSessionId,
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
        let sources = messages.iter().flat_map(|message| &message.sources);
        let sources = sources.copied().collect();
        let earlier = messages.into_iter().rev().map(|message| Earlier {
            role: match message.answer {
                Some(_) => Role::Assistant,
                None => Role::User,
            },
            // The numbers are of other sources than those of the next answer.
            text: match message.answer {
                Some(_) => without_markers(&message.content),
                None => message.content,
            },
        });
        Ok(Self {
            owner,
            id,
            is_new: false,
            earlier: earlier.collect(),
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
            question,
            answer,
            sources: &sources,
        };
        let (store, customer) = (caller.store(), caller.tenant());
        let added = store.add_turn(customer, self.owner, self.id, title.as_deref(), turn);
        Ok((self.id, added.await?))
    }
}

/// A text without markers such as `[1]`, and the space before them.
fn without_markers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        let number = from[1..].trim_start_matches(|c: char| c.is_ascii_digit());
        if number.len() < from.len() - 1 && number.starts_with(']') {
            kept.push_str(before.trim_end_matches(' '));
            rest = &number[1..];
        } else {
            kept.push_str(before);
            kept.push('[');
            rest = &from[1..];
        }
    }
    kept.push_str(rest);
    kept
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
    use super::*;

    #[test]
    fn markers_are_no_part_of_an_earlier_answer() {
        let text = "It lasts 2 years [1][12]. See [a] and [3";
        assert_eq!(without_markers(text), "It lasts 2 years. See [a] and [3");
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
