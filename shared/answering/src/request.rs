//! The body of a question.

use dynrag_domain::{
    ChatSessionId, CollectionId, DocumentId, Error, FieldError, Result,
    answers::UnsupportedPolicy,
    chat::EXTRACTIVE,
    search::{AsOfInput, MAX_QUERY, filter::FilterInput},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{ChatQuestion, ModelChoice};

/// Most document ids of a question.
const MAX_DOCUMENTS: usize = 1_000;
/// Most passages of an answer.
const MAX_TOP_K: u32 = 30;
/// Most tokens of an answer, and those that it has by default.
const MAX_TOKENS: u32 = 16_384;
const DEFAULT_TOKENS: u32 = 1_024;
/// Longest instruction, in characters.
const MAX_SYSTEM: usize = 8_000;
/// Longest name of a language.
const MAX_LANGUAGE: usize = 40;

/// A question as the API takes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChatRequest {
    /// The question.
    #[schema(min_length = 1, max_length = 8000)]
    message: String,
    /// The conversation that it continues. Without it a new one begins.
    session_id: Option<ChatSessionId>,
    /// Whether question and answer are kept in a conversation.
    #[serde(default = "yes")]
    #[schema(default = true)]
    store: bool,
    /// Passages to answer from.
    #[serde(default = "default_top_k")]
    #[schema(default = 8, minimum = 1, maximum = 30)]
    top_k: u32,
    /// Answer only from documents that are in this collection at present.
    collection_id: Option<CollectionId>,
    #[schema(max_items = 1000)]
    document_ids: Option<Vec<DocumentId>>,
    /// Answer only from chunks that meet this.
    filter: Option<FilterInput>,
    /// Answer from the versions that were published then.
    as_of: Option<AsOfInput>,
    /// `provider/model`, or `extractive`, which quotes the best sentences. Default: your models, in the order of `chatModels` in
    /// the configuration; without any, `extractive`.
    #[schema(max_length = 241)]
    model: Option<String>,
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// Most tokens of the answer.
    #[serde(default = "default_tokens")]
    #[schema(default = 1024, minimum = 1, maximum = 16384)]
    max_tokens: u32,
    /// Your own instruction to the model, such as a tone.
    #[schema(max_length = 8000)]
    system: Option<String>,
    /// Language of the answer, a BCP 47 tag such as `de`. Default: that of the question.
    #[schema(min_length = 2, max_length = 40)]
    language: Option<String>,
    /// What happens to sentences that the cited passages do not support.
    #[serde(default)]
    #[schema(default = "mark")]
    unsupported: UnsupportedPolicy,
}

fn yes() -> bool {
    true
}

fn default_top_k() -> u32 {
    8
}

fn default_tokens() -> u32 {
    DEFAULT_TOKENS
}

impl ChatRequest {
    /// Returns the checked question.
    ///
    /// # Errors
    /// `invalid_fields` with every bad field.
    pub fn question(&self) -> Result<ChatQuestion<'_>> {
        let mut fields = Vec::new();
        let mut check = |holds: bool, pointer: &str, detail: String| {
            if !holds {
                fields.push(FieldError {
                    pointer: pointer.to_owned(),
                    detail,
                });
            }
        };
        check(
            (1..=MAX_QUERY).contains(&self.message.trim().chars().count()),
            "/message",
            format!("from 1 to {MAX_QUERY} characters"),
        );
        check(
            !self.message.contains('\0'),
            "/message",
            "no NUL characters".to_owned(),
        );
        check(
            self.store || self.session_id.is_none(),
            "/store",
            "a question of a conversation is kept".to_owned(),
        );
        check(
            (1..=MAX_TOP_K).contains(&self.top_k),
            "/topK",
            format!("from 1 to {MAX_TOP_K}"),
        );
        check(
            self.document_ids.as_ref().map_or(0, Vec::len) <= MAX_DOCUMENTS,
            "/documentIds",
            format!("at most {MAX_DOCUMENTS}"),
        );
        check(
            self.temperature.is_none_or(|t| (0.0..=2.0).contains(&t)),
            "/temperature",
            "from 0 to 2".to_owned(),
        );
        check(
            (1..=MAX_TOKENS).contains(&self.max_tokens),
            "/maxTokens",
            format!("from 1 to {MAX_TOKENS}"),
        );
        let system = self.system.as_deref().map(str::trim);
        check(
            system.is_none_or(|system| system.chars().count() <= MAX_SYSTEM),
            "/system",
            format!("at most {MAX_SYSTEM} characters"),
        );
        let language = self.language.as_deref().map(str::trim);
        let is_tag = |c: char| c.is_alphanumeric() || c == '-' || c == ' ';
        check(
            language.is_none_or(|tag| {
                (2..=MAX_LANGUAGE).contains(&tag.chars().count()) && tag.chars().all(is_tag)
            }),
            "/language",
            "a BCP 47 tag such as de".to_owned(),
        );
        let as_of = self.as_of.as_ref().map(AsOfInput::moment);
        check(
            as_of != Some(None),
            "/asOf",
            "an RFC 3339 time such as 2026-11-21T10:00:00Z".to_owned(),
        );
        let model = match self.model.as_deref() {
            None => Ok(ModelChoice::Configured),
            Some(EXTRACTIVE) => Ok(ModelChoice::Extractive),
            Some(name) => name.parse().map(ModelChoice::Named),
        };
        if let Err(error) = &model {
            fields.extend_from_slice(error.clone().within("/model").fields());
        }
        let filter = self.filter.as_ref().map(|filter| filter.parse("/filter"));
        let filter = match filter.transpose() {
            Ok(filter) => filter,
            Err(error) => {
                fields.extend_from_slice(error.fields());
                None
            }
        };
        if !fields.is_empty() {
            return Err(Error::fields_invalid(fields));
        }
        Ok(ChatQuestion {
            message: self.message.trim(),
            id: None,
            session: self.session_id,
            previous: None,
            told: &[],
            sources: &[],
            request: None,
            is_stored: self.store,
            top_k: self.top_k as usize,
            min_score: None,
            collection_id: self.collection_id,
            document_ids: self.document_ids.as_deref(),
            filter,
            as_of: as_of.flatten(),
            model: model?,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            system: system.filter(|system| !system.is_empty()),
            language,
            unsupported: self.unsupported,
            until: None,
        })
    }
}
