//! Chat completions in JSON.

use chrono::{DateTime, Utc};
use dynrag_api::{App, Link};
use dynrag_domain::{
    AnswerId, Result,
    answers::{Answer, AnswerUsage, AnswerWarningCode, Citation, UnsupportedPolicy},
};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    filters,
    ids::{FileId, VectorStoreId},
    models,
    question::{self, Content, DEFAULT_PASSAGES, Request, Said, Speaker},
    refused::{self, Refused, is_empty, is_false, never},
};

/// A request for a completion. Parameters that are not listed are ignored, except those that would change the answer in a way that
/// is not served: they are refused by name.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CompletionRequest {
    /// `auto` for your models in their order, `extractive` for quotations without a model, or a model of `GET /v1/models`.
    model: String,
    /// The conversation. The last message is the question.
    #[schema(value_type = Vec<Object>, min_items = 1)]
    messages: Vec<Message>,
    #[serde(default)]
    stream: Option<bool>,
    #[schema(value_type = Option<Object>)]
    stream_options: Option<StreamOptions>,
    /// Whether question and answer are kept in a conversation, where `/api/chat/sessions` shows them.
    store: Option<bool>,
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// Most tokens of the answer.
    #[schema(minimum = 1)]
    max_completion_tokens: Option<u64>,
    /// The older name of `max_completion_tokens`.
    #[schema(minimum = 1)]
    max_tokens: Option<u64>,
    /// Not of OpenAI: answer only from these vector stores.
    #[schema(max_items = 10)]
    vector_store_ids: Option<Vec<VectorStoreId>>,
    /// Not of OpenAI: what happens to sentences that the cited passages do not support.
    unsupported: Option<UnsupportedPolicy>,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

fn is_one(value: &Value) -> bool {
    value.as_u64() == Some(1)
}

fn is_text(value: &Value) -> bool {
    value["type"] == "text"
        || value
            .as_array()
            .is_some_and(|all| all.iter().all(|one| one == "text"))
}

fn is_none_or_auto(value: &Value) -> bool {
    value == "none" || value == "auto"
}

/// Clients offer functions with every question. Offered is not called: only a call that is demanded is refused.
const FROM_DOCUMENTS: &str =
    "none or auto: answers come from your documents, and models call nothing";

const REFUSED: [Refused; 10] = [
    Refused {
        name: "n",
        neutral: is_one,
        detail: "there is one answer to a question",
    },
    Refused {
        name: "tool_choice",
        neutral: is_none_or_auto,
        detail: FROM_DOCUMENTS,
    },
    Refused {
        name: "function_call",
        neutral: is_none_or_auto,
        detail: FROM_DOCUMENTS,
    },
    Refused {
        name: "response_format",
        neutral: is_text,
        detail: "answers are text, whose sentences are checked",
    },
    Refused {
        name: "modalities",
        neutral: is_text,
        detail: "answers are text",
    },
    Refused {
        name: "audio",
        neutral: never,
        detail: "answers are text",
    },
    Refused {
        name: "logprobs",
        neutral: is_false,
        detail: "providers of models differ in what they tell",
    },
    Refused {
        name: "logit_bias",
        neutral: is_empty,
        detail: "providers of models differ in their tokens",
    },
    Refused {
        name: "stop",
        neutral: is_empty,
        detail: "an answer ends with its last sentence",
    },
    Refused {
        name: "web_search_options",
        neutral: never,
        detail: "only your documents are searched",
    },
];

impl CompletionRequest {
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    pub(crate) fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.store == Some(true)
    }

    /// Whether the last chunk tells the usage.
    pub(crate) fn with_usage(&self) -> bool {
        let options = self.stream_options.as_ref();
        options.and_then(|options| options.include_usage) == Some(true)
    }

    fn said(&self) -> Result<Said> {
        let messages = self.messages.iter().enumerate().map(|(n, message)| {
            let pointer = format!("/messages/{n}");
            let speaker = Speaker::parse(&message.role, &pointer)?;
            let text = message
                .content
                .as_ref()
                .map(|content| content.text(&pointer));
            Ok((speaker, text.transpose()?.unwrap_or_default()))
        });
        Said::of(None, messages.collect::<Result<_>>()?, "/messages")
    }

    /// Returns the checked request.
    ///
    /// # Errors
    /// `invalid_fields`; `model_not_found`; `not_found` for a vector store that the caller does not see; `unavailable`.
    pub(crate) async fn check(&self, app: &App, caller: &Admission) -> Result<Request> {
        refused::check(&self.rest, &REFUSED)?;
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        let said = self.said()?;
        let temperature = question::temperature(self.temperature)?;
        let max_tokens = question::max_tokens(max_tokens, "/max_completion_tokens")?;
        let model = models::choice(app, caller, &self.model).await?;
        let stores = self.vector_store_ids.as_deref().unwrap_or_default();
        let (collection, filter) = filters::within(caller, stores, None).await?;
        Ok(Request {
            said,
            sources: Vec::new(),
            model,
            collection,
            filter,
            passages: DEFAULT_PASSAGES,
            min_score: None,
            temperature,
            max_tokens,
            unsupported: self.unsupported.unwrap_or_default(),
        })
    }
}

/// A completion.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChatCompletion {
    id: String,
    object: &'static str,
    created: i64,
    model: String,
    choices: [Choice; 1],
    usage: CompletionUsage,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChatCompletionChoice)]
struct Choice {
    index: u32,
    message: CompletionMessage,
    finish_reason: &'static str,
    #[schema(value_type = Option<Object>, required)]
    logprobs: (),
}

#[derive(Serialize, ToSchema)]
struct CompletionMessage {
    role: &'static str,
    /// The answer, with a marker such as `[1]` after what a source says.
    content: String,
    #[schema(value_type = Option<String>, required)]
    refusal: (),
    /// The markers, with the address of what each cites.
    annotations: Vec<UrlAnnotation>,
}

#[derive(Serialize, ToSchema)]
struct UrlAnnotation {
    r#type: &'static str,
    url_citation: UrlCitation,
}

#[derive(Serialize, ToSchema)]
struct UrlCitation {
    /// Start and end of the marker in characters.
    start_index: u32,
    end_index: u32,
    title: String,
    /// Where the document was fetched from, or where it can be downloaded with a credential.
    url: String,
}

/// Tokens of the requests to chat models.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct CompletionUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptTokens,
    completion_tokens_details: CompletionTokens,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
struct PromptTokens {
    cached_tokens: u64,
    audio_tokens: u64,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
struct CompletionTokens {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

impl From<AnswerUsage> for CompletionUsage {
    fn from(usage: AnswerUsage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
            prompt_tokens_details: PromptTokens {
                cached_tokens: usage.cached_tokens,
                audio_tokens: 0,
            },
            completion_tokens_details: CompletionTokens {
                reasoning_tokens: 0,
                audio_tokens: 0,
                accepted_prediction_tokens: 0,
                rejected_prediction_tokens: 0,
            },
        }
    }
}

/// What a completion and all of its chunks begin with.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The model that was asked for; that which answered is known at the end.
    pub(crate) model: String,
}

impl Head {
    pub(crate) fn new(id: AnswerId, model: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: format!("chatcmpl-{}", id.as_uuid().simple()),
            created: now.timestamp(),
            model: model.to_owned(),
        }
    }

    /// A whole answer.
    pub(crate) fn completion(self, answer: Answer) -> ChatCompletion {
        let finish_reason = finish_reason(&answer);
        let url = |citation: &Citation| {
            let of = answer
                .sources
                .iter()
                .find(|source| source.number == citation.source);
            let url = of.and_then(|source| source.source_url.clone());
            url.unwrap_or_else(|| {
                let id = FileId(citation.document_id);
                Link::to(format!("/v1/files/{id}/content")).to_string()
            })
        };
        let annotations = answer.citations.iter().map(|citation| UrlAnnotation {
            r#type: "url_citation",
            url_citation: UrlCitation {
                start_index: citation.marker_span.0,
                end_index: citation.marker_span.1,
                title: citation.title.clone(),
                url: url(citation),
            },
        });
        let message = CompletionMessage {
            role: "assistant",
            annotations: annotations.collect(),
            content: answer.answer,
            refusal: (),
        };
        ChatCompletion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: answer.model,
            choices: [Choice {
                index: 0,
                message,
                finish_reason,
                logprobs: (),
            }],
            usage: answer.usage.into(),
        }
    }
}

/// Why an answer ends.
pub(crate) fn finish_reason(answer: &Answer) -> &'static str {
    match is_cut(answer) {
        true => "length",
        false => "stop",
    }
}

/// Whether the most tokens cut an answer.
pub(crate) fn is_cut(answer: &Answer) -> bool {
    let mut warnings = answer.warnings.iter();
    warnings.any(|warning| warning.code == AnswerWarningCode::Truncated)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(beside: Value) -> CompletionRequest {
        let mut body = json!({"model": "auto", "messages": [{"role": "user", "content": "How?"}]});
        body.as_object_mut()
            .unwrap()
            .extend(beside.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn what_asks_for_nothing_is_ignored_and_what_is_not_served_is_refused() {
        let harmless = json!({
            "n": 1, "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "none", "response_format": {"type": "text"}, "logprobs": false, "stop": null,
            "top_p": 0.5, "frequency_penalty": 1, "seed": 7, "user": "u", "reasoning_effort": "low", "brand_new": {"a": 1},
        });
        assert!(refused::check(&request(harmless).rest, &REFUSED).is_ok());
        for (name, value) in [
            ("n", json!(2)),
            ("tool_choice", json!("required")),
            ("response_format", json!({"type": "json_object"})),
            ("logprobs", json!(true)),
            ("stop", json!(["\n"])),
            ("audio", json!({})),
            ("modalities", json!(["text", "audio"])),
        ] {
            let error = refused::check(&request(json!({name: value})).rest, &REFUSED).unwrap_err();
            assert_eq!(error.fields()[0].pointer, format!("/{name}"));
        }
    }

    #[test]
    fn messages_of_tools_are_refused() {
        let said = |message: Value| request(json!({"messages": [message]})).said();
        assert!(
            said(json!({"role": "user", "content": [{"type": "text", "text": "How?"}]})).is_ok()
        );
        for (message, pointer) in [
            (json!({"role": "tool", "content": "x"}), "/messages/0/role"),
            (json!({"role": "assistant", "content": null}), "/messages"),
        ] {
            assert_eq!(said(message).unwrap_err().fields()[0].pointer, pointer);
        }
    }
}
