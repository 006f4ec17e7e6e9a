//! Responses in JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    AnswerId,
    answers::{Answer, AnswerUsage},
    search::Hit,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    items::{self, OutputItem},
    request::Repeated,
};
use crate::{chat::is_cut, ids::ResponseId};

/// A response.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OpenAiResponse)]
pub(crate) struct Response {
    id: ResponseId,
    object: &'static str,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    /// `in_progress`, `completed`, `incomplete` or `failed`.
    status: &'static str,
    background: bool,
    #[schema(required)]
    error: Option<ResponseError>,
    #[schema(required)]
    incomplete_details: Option<IncompleteDetails>,
    #[schema(required)]
    instructions: Option<String>,
    #[schema(required)]
    max_output_tokens: Option<u64>,
    #[schema(value_type = Option<i64>, required)]
    max_tool_calls: (),
    metadata: BTreeMap<String, String>,
    /// The model that answered.
    model: String,
    output: Vec<OutputItem>,
    parallel_tool_calls: bool,
    #[schema(required)]
    previous_response_id: Option<ResponseId>,
    #[schema(value_type = Object)]
    reasoning: Value,
    service_tier: &'static str,
    #[schema(required)]
    temperature: Option<f32>,
    #[schema(value_type = Object)]
    text: Value,
    tool_choice: &'static str,
    #[schema(value_type = Vec<Object>)]
    tools: Vec<Value>,
    top_logprobs: u32,
    top_p: f32,
    truncation: &'static str,
    #[schema(required)]
    usage: Option<ResponseUsage>,
    #[schema(value_type = Option<String>, required)]
    user: (),
}

#[derive(Clone, Serialize, ToSchema)]
struct IncompleteDetails {
    reason: &'static str,
}

#[derive(Clone, Serialize, ToSchema)]
struct ResponseError {
    code: &'static str,
    message: String,
}

/// Tokens of the requests to chat models.
#[derive(Clone, Copy, Serialize, ToSchema)]
struct ResponseUsage {
    input_tokens: u64,
    input_tokens_details: InputTokens,
    output_tokens: u64,
    output_tokens_details: OutputTokens,
    total_tokens: u64,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
struct InputTokens {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
struct OutputTokens {
    reasoning_tokens: u64,
}

impl From<AnswerUsage> for ResponseUsage {
    fn from(usage: AnswerUsage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            input_tokens_details: InputTokens {
                cached_tokens: usage.cached_tokens,
                cache_write_tokens: 0,
            },
            output_tokens: usage.output_tokens,
            output_tokens_details: OutputTokens {
                reasoning_tokens: 0,
            },
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        }
    }
}

/// What a response says at any time.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) id: AnswerId,
    previous: Option<AnswerId>,
    repeated: Repeated,
    created_at: DateTime<Utc>,
    with_results: bool,
}

impl Head {
    pub(crate) fn new(
        id: AnswerId,
        previous: Option<AnswerId>,
        repeated: Repeated,
        created_at: DateTime<Utc>,
        with_results: bool,
    ) -> Self {
        Self {
            id,
            previous,
            repeated,
            created_at,
            with_results,
        }
    }

    /// The response before there is an answer.
    pub(crate) fn begun(&self) -> Response {
        let repeated = &self.repeated;
        Response {
            id: ResponseId(self.id),
            object: "response",
            created_at: self.created_at.timestamp(),
            completed_at: None,
            status: "in_progress",
            background: false,
            error: None,
            incomplete_details: None,
            instructions: repeated.instructions.clone(),
            max_output_tokens: repeated.max_output_tokens,
            max_tool_calls: (),
            metadata: repeated.metadata.clone(),
            model: repeated.model.clone(),
            output: Vec::new(),
            parallel_tool_calls: true,
            previous_response_id: self.previous.map(ResponseId),
            reasoning: json!({"effort": null, "summary": null}),
            service_tier: "default",
            temperature: repeated.temperature,
            text: json!({"format": {"type": "text"}}),
            tool_choice: "auto",
            tools: repeated.tools.clone(),
            top_logprobs: 0,
            top_p: 1.0,
            truncation: "disabled",
            usage: None,
            user: (),
        }
    }

    /// The whole response, whose message has this number.
    pub(crate) fn numbered(
        &self,
        number: usize,
        answer: &Answer,
        passages: &[Hit],
        now: DateTime<Utc>,
    ) -> Response {
        let is_cut = is_cut(answer);
        let passages = self.with_results.then_some(passages);
        let status = if is_cut { "incomplete" } else { "completed" };
        Response {
            completed_at: (!is_cut).then(|| now.timestamp()),
            status,
            incomplete_details: is_cut.then_some(IncompleteDetails {
                reason: "max_output_tokens",
            }),
            model: answer.model.clone(),
            output: items::output(self.id, number, answer, status, passages),
            usage: Some(answer.usage.into()),
            ..self.begun()
        }
    }

    /// The whole response.
    pub(crate) fn whole(&self, answer: &Answer, passages: &[Hit], now: DateTime<Utc>) -> Response {
        self.numbered(0, answer, passages, now)
    }

    /// The response if there is no answer.
    pub(crate) fn failed(&self, message: String) -> Response {
        let code = "server_error";
        Response {
            status: "failed",
            error: Some(ResponseError { code, message }),
            ..self.begun()
        }
    }
}

impl Response {
    /// Whether it is all there.
    pub(crate) fn is_completed(&self) -> bool {
        self.status == "completed"
    }
}
