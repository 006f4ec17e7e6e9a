//! A checked question, the search for it, and what it gets.

use std::time::Duration;

use dynrag_domain::{
    AnswerId, ChatSessionId, CollectionId, DocumentId, VersionNumber,
    answers::{Answer, UnsupportedPolicy},
    chat::ChatModelName,
    search::{AsOf, Hit, Mode, filter::Filter},
};
use dynrag_retrieval::Question;
use serde_json::Value;
use tokio::time::Instant;

use crate::prompt::Earlier;

/// From the question to the end of a model's answer, where a function may take that long: those that stream, and those of `/v1`.
pub const LONG_PATIENCE: Duration = Duration::from_secs(120);
/// How long the `Idempotency-Key` of such an answer is held: longer than that and what follows.
pub const LONG_LEASE: Duration = Duration::from_secs(180);

/// Which model answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelChoice {
    /// The customer's, in the order of its configuration; quotations if it has none.
    Configured,
    /// Nobody: the best sentences are quoted.
    Extractive,
    /// This one.
    Named(ChatModelName),
}

/// A checked question.
#[derive(Clone, Debug)]
pub struct ChatQuestion<'a> {
    /// The question.
    pub message: &'a str,
    /// Its answer's id, by which it is found again, if it has one.
    pub id: Option<AnswerId>,
    /// The conversation that it continues; `None` for a new one.
    pub session: Option<ChatSessionId>,
    /// The response that it continues, with what that continues; excludes `session`.
    pub previous: Option<AnswerId>,
    /// Messages before it that the caller tells, after those of the conversation.
    pub told: &'a [Earlier],
    /// The versions whose text these may hold, as far as it is known.
    pub sources: &'a [(DocumentId, VersionNumber)],
    /// What the stored response repeats of its request, a JSON object; only with an id.
    pub request: Option<&'a Value>,
    /// Whether question and answer are stored.
    pub is_stored: bool,
    /// Passages to find.
    pub top_k: usize,
    /// Least score of a passage.
    pub min_score: Option<f32>,
    /// Only documents of this collection.
    pub collection_id: Option<CollectionId>,
    /// Only these documents.
    pub document_ids: Option<&'a [DocumentId]>,
    /// Only passages that meet this.
    pub filter: Option<Filter>,
    /// What was published at this moment, instead of what is now.
    pub as_of: Option<AsOf>,
    /// The model.
    pub model: ModelChoice,
    /// Its randomness, from 0 to 2.
    pub temperature: Option<f32>,
    /// Most tokens of its answer.
    pub max_tokens: u32,
    /// The customer's own instruction to it.
    pub system: Option<&'a str>,
    /// The language of the answer; `None` for that of the question.
    pub language: Option<&'a str>,
    /// What happens to unsupported sentences.
    pub unsupported: UnsupportedPolicy,
    /// When the answer must be whole; `None` for 24 seconds from now.
    pub until: Option<Instant>,
}

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The answer.
    pub answer: Answer,
    /// The passages of its sources, in their order; empty if it was read from where it is stored.
    pub passages: Vec<Hit>,
    /// The conversation and the number of the answer in it, if it was stored.
    pub stored: Option<(ChatSessionId, i32)>,
}

/// The search for a question.
pub(crate) fn search<'a>(question: &ChatQuestion<'a>, query: &'a str) -> Question<'a> {
    Question {
        texts: vec![query],
        top_k: question.top_k,
        offset: 0,
        mode: Mode::Hybrid,
        alpha: None,
        document_ids: question.document_ids,
        collection_id: question.collection_id,
        filter: question.filter.clone(),
        as_of: question.as_of,
        model: None,
        min_score: question.min_score,
        max_per_document: None,
        mmr: None,
        candidates: None,
        rewrite: false,
        hypothetical: false,
        neighbors: 0,
        highlight: false,
    }
}
