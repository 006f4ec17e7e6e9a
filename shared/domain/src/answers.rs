//! Answers from a customer's documents, with citations that can be proved.
//!
//! A citation names a version of a document and a span of its text: what it quotes is, character for character, what
//! `GET /api/documents/{id}/content` returns for that version and span, for as long as the version is kept.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Result,
    ids::{CollectionId, DocumentId},
    money::Usd,
    named::named,
    versions::VersionNumber,
};

named! {
    /// What is known about a sentence of an answer.
    SentenceVerdict {
        /// The cited passages say it.
        Supported = "supported",
        /// They do not, or it cites none.
        Unsupported = "unsupported",
        /// It claims nothing about the documents, such as a question.
        NoClaim = "no_claim",
    }
}

named! {
    /// What happens to sentences that the cited passages do not support.
    UnsupportedPolicy {
        /// They stay, and are marked as unsupported.
        Mark = "mark",
        /// They are left out.
        Drop = "drop",
        /// There is no answer if there is one of them.
        Refuse = "refuse",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "a derive macro does not see variants that come from another macro"
)]
impl Default for UnsupportedPolicy {
    fn default() -> Self {
        Self::Mark
    }
}

named! {
    /// How a question was answered.
    AnswerStatus {
        /// From passages that were found.
        Answered = "answered",
        /// Nothing that was found answers it.
        NotFound = "not_found",
        /// A sentence was not supported, and the request asks for none in that case.
        Refused = "refused",
        /// It was removed with a document that it was from.
        Withdrawn = "withdrawn",
    }
}

named! {
    /// A kind of warning about an answer. Codes are stable; clients may branch on them.
    AnswerWarningCode {
        /// No model answered: the answer quotes the best sentences that were found.
        ModelFailed = "model_failed",
        /// The answer ends where `maxTokens` cut it.
        Truncated = "truncated",
        /// Earlier messages of the conversation were too long to be taken into account.
        HistoryCut = "history_cut",
        /// The question has no vector: it was searched for by its words alone.
        WordsAlone = "words_alone",
        /// The results are in the order that they have without the reranker.
        RerankFailed = "rerank_failed",
        /// The question was searched for as it is, without the conversation before it.
        RewriteFailed = "rewrite_failed",
    }
}

named! {
    /// What is thought of an answer.
    Thumb {
        /// It is good.
        Up = "up",
        /// It is not.
        Down = "down",
    }
}

/// The number of a message in its conversation, from 1: questions have odd numbers, answers even ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(value_type = i32, minimum = 1)]
pub struct MessageNumber(i32);

impl MessageNumber {
    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl FromStr for MessageNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = text.parse().ok().filter(|number| *number >= 1);
        number.map(Self).ok_or_else(|| Error::not_found("answer"))
    }
}

/// Something that went otherwise than asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerWarning {
    /// The kind of warning.
    pub code: AnswerWarningCode,
    /// What happened.
    pub detail: String,
}

/// A passage that was found for a question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerSource {
    /// The number by which the answer cites it, from 1.
    pub number: u32,
    /// The document.
    pub document_id: DocumentId,
    /// Its version.
    pub version: VersionNumber,
    /// Its title.
    pub title: String,
    /// `document:version:index`.
    pub chunk_id: String,
    /// Page on which the passage starts.
    pub page: Option<u32>,
    /// Start and end of the passage in characters of the version's text.
    pub char_span: (u32, u32),
    /// The URL that the document was fetched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The customer's own id of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its score in the search.
    pub score: f32,
}

/// A place of an answer that cites a passage.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    /// The number of the source.
    pub source: u32,
    /// Start and end of the marker in characters of the answer.
    pub marker_span: (u32, u32),
    /// The document.
    pub document_id: DocumentId,
    /// Its version.
    pub version: VersionNumber,
    /// Its title.
    pub title: String,
    /// Page on which the quoted passage starts.
    pub page: Option<u32>,
    /// Start and end of the quote in characters of the version's text.
    pub char_span: (u32, u32),
    /// The text of the version at that span.
    pub quote: String,
}

/// A sentence of an answer, and whether it is supported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerSentence {
    /// Start and end in characters of the answer.
    pub span: (u32, u32),
    /// Whether the cited passages say it.
    pub verdict: SentenceVerdict,
    /// Why it is not supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Numbers of the sources that it cites.
    pub sources: Vec<u32>,
}

/// What an answer used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerUsage {
    /// Tokens of requests to chat models.
    pub input_tokens: u64,
    /// Of these, tokens that the provider had cached.
    pub cached_tokens: u64,
    /// Tokens of their answers.
    pub output_tokens: u64,
    /// Tokens that the embedding provider charged.
    pub embedding_tokens: u64,
    /// Requests to chat models, to the embedding provider's not counted.
    pub chat_calls: u32,
    /// Requests to the reranker.
    pub rerank_calls: u32,
    /// What chat models and the reranker cost, by the prices that are known.
    pub cost_usd: Usd,
}

/// An answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Whether there is one.
    pub status: AnswerStatus,
    /// Its text, with a marker such as `[1]` after what a source says.
    pub answer: String,
    /// What the markers cite, in their order.
    pub citations: Vec<Citation>,
    /// Its sentences, in their order.
    pub sentences: Vec<AnswerSentence>,
    /// The passages that were found, the best first.
    pub sources: Vec<AnswerSource>,
    /// The model that answered: `provider/model`, or `extractive`.
    pub model: String,
    /// What was searched for.
    pub query: String,
    /// What was searched: a collection, unless it was everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<CollectionId>,
    /// What it used.
    pub usage: AnswerUsage,
    /// What went otherwise than asked for.
    pub warnings: Vec<AnswerWarning>,
}

/// Longest title that is made of a question, in characters.
const MAX_TITLE: usize = 80;

/// The title that a conversation has of its first question: its beginning, on one line.
pub fn title(question: &str) -> String {
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
