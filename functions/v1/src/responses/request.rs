//! Requests for a response.

use std::collections::BTreeMap;

use dynrag_api::App;
use dynrag_domain::{AnswerId, Error, FieldError, Result, answers::UnsupportedPolicy, collections};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::input::{self, Input, Kept, Read};
use crate::{
    filters,
    ids::{ResponseId, VectorStoreId},
    models,
    question::{self, DEFAULT_PASSAGES, MAX_PASSAGES, Request, Said, Speaker},
    refused::{self, Refused, is_empty, is_false, never},
};

/// Most vector stores of a search.
const MAX_STORES: usize = 10;
/// To have the passages in the output.
const RESULTS: &str = "file_search_call.results";

/// A request for a response. Parameters that are not listed are ignored, except those that would change the answer in a way that is
/// not served: they are refused by name.
#[derive(Deserialize, ToSchema)]
#[schema(as = ResponseCreate)]
pub(crate) struct ResponseRequest {
    /// `auto` for your models in their order, `extractive` for quotations without a model, or a model of `GET /v1/models`.
    model: String,
    /// The question, or messages of which the last is the question.
    #[schema(value_type = Object)]
    input: Input,
    instructions: Option<String>,
    stream: Option<bool>,
    /// Whether the response is stored, to be read and continued. Default: true.
    store: Option<bool>,
    /// The response that this one continues.
    previous_response_id: Option<ResponseId>,
    /// `file_search`, to answer only from some vector stores. Without it all of your documents are searched. Functions are never
    /// called.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    include: Option<Vec<String>>,
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// Most tokens of the answer.
    #[schema(minimum = 1)]
    max_output_tokens: Option<u64>,
    /// Up to 16 texts by name.
    metadata: Option<BTreeMap<String, String>>,
    /// Not of OpenAI: what happens to sentences that the cited passages do not support.
    unsupported: Option<UnsupportedPolicy>,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Map<String, Value>,
}

/// What a response repeats of its request.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Repeated {
    pub(crate) model: String,
    pub(crate) instructions: Option<String>,
    pub(crate) temperature: Option<f32>,
    pub(crate) max_output_tokens: Option<u64>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tools: Vec<Value>,
    pub(crate) input: Vec<Kept>,
}

/// The tool that limits a search.
#[derive(Clone, Serialize, Deserialize)]
struct FileSearch {
    r#type: FileSearchType,
    #[serde(default)]
    vector_store_ids: Option<Vec<VectorStoreId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_num_results: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranking_options: Option<Ranking>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FileSearchType {
    FileSearch,
}

#[derive(Clone, Serialize, Deserialize)]
struct Ranking {
    #[serde(skip_serializing_if = "Option::is_none")]
    score_threshold: Option<f32>,
}

/// Whether a text of a value has a NUL character, which the database refuses.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn is_text_format(value: &Value) -> bool {
    value["format"].is_null() || value["format"]["type"] == "text"
}

fn is_choice(value: &Value) -> bool {
    value == "auto" || value == "none" || value["type"] == "file_search"
}

fn is_disabled(value: &Value) -> bool {
    value == "disabled" || value == "auto"
}

const REFUSED: [Refused; 6] = [
    Refused {
        name: "background",
        neutral: is_false,
        detail: "a response is made while you wait; stream it instead",
    },
    Refused {
        name: "conversation",
        neutral: is_empty,
        detail: "continue a response with previous_response_id",
    },
    Refused {
        name: "prompt",
        neutral: never,
        detail: "send instructions",
    },
    Refused {
        name: "text",
        neutral: is_text_format,
        detail: "answers are text, whose sentences are checked",
    },
    Refused {
        name: "tool_choice",
        neutral: is_choice,
        detail: "none, auto or file_search: the documents are searched for every answer, and models call nothing",
    },
    Refused {
        name: "truncation",
        neutral: is_disabled,
        detail: "auto or disabled",
    },
];

impl ResponseRequest {
    pub(crate) fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.store != Some(false)
    }

    pub(crate) fn previous(&self) -> Option<AnswerId> {
        self.previous_response_id.map(|id| id.0)
    }

    /// Whether the output has the passages.
    pub(crate) fn with_results(&self) -> bool {
        let include = self.include.iter().flatten();
        include.into_iter().any(|one| one == RESULTS)
    }

    /// The tool, if there is one.
    fn file_search(&self) -> Result<Option<(usize, FileSearch)>> {
        let mut found = None;
        for (n, tool) in self.tools.iter().flatten().enumerate() {
            let pointer = format!("/tools/{n}");
            // Offered is not called.
            if tool["type"] == "function" {
                continue;
            }
            if tool["type"] != "file_search" {
                let detail = "file_search, or function, which is not called: answers come from your documents";
                return Err(Error::field(format!("{pointer}/type"), detail));
            }
            let parsed: FileSearch = serde_json::from_value(tool.clone())
                .map_err(|error| Error::field(&pointer, error.to_string()))?;
            if parsed.vector_store_ids.as_ref().map_or(0, Vec::len) > MAX_STORES {
                let detail = format!("at most {MAX_STORES}");
                return Err(Error::field(format!("{pointer}/vector_store_ids"), detail));
            }
            if parsed.filters.as_ref().is_some_and(has_nul) {
                return Err(Error::field(
                    format!("{pointer}/filters"),
                    "no NUL characters",
                ));
            }
            if !(1..=MAX_PASSAGES as u64).contains(&parsed.max_num_results.unwrap_or(1)) {
                let detail = format!("from 1 to {MAX_PASSAGES}");
                return Err(Error::field(format!("{pointer}/max_num_results"), detail));
            }
            if found.replace((n, parsed)).is_some() {
                return Err(Error::field(pointer, "only one tool"));
            }
        }
        Ok(found)
    }

    fn repeated(
        &self,
        messages: &[(Speaker, String)],
        search: Option<&FileSearch>,
    ) -> Result<Repeated> {
        let metadata = self.metadata.clone().unwrap_or_default();
        collections::metadata(&metadata)
            .map_err(|field: FieldError| Error::fields_invalid(vec![field]))?;
        let tools = search.map(serde_json::to_value).transpose();
        Ok(Repeated {
            model: self.model.clone(),
            instructions: self.instructions.clone(),
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            metadata,
            tools: tools.map_err(Error::internal_fault)?.into_iter().collect(),
            input: input::kept(messages),
        })
    }

    /// Returns the checked request, and what the response repeats of it.
    ///
    /// # Errors
    /// `invalid_fields`; `model_not_found`; `not_found` for a vector store that the caller does not see; `unavailable`.
    pub(crate) async fn check(&self, app: &App, caller: &Admission) -> Result<(Request, Repeated)> {
        refused::check(&self.rest, &REFUSED)?;
        let (place, search) = self.file_search()?.unzip();
        let Read { messages, sources } = self.input.read(caller).await?;
        let repeated = self.repeated(&messages, search.as_ref())?;
        let said = Said::of(self.instructions.as_deref(), messages, "/input")?;
        let temperature = question::temperature(self.temperature)?;
        let max_tokens = question::max_tokens(self.max_output_tokens, "/max_output_tokens")?;
        let filter = search.as_ref().and_then(|search| search.filters.as_ref());
        let filter = filter.filter(|filter| !filter.is_null());
        let pointer = format!("/tools/{}/filters", place.unwrap_or_default());
        let filter = filter.map(|filter| filters::check(filter, &pointer));
        let passages = search.as_ref().and_then(|search| search.max_num_results);
        let passages = passages.and_then(|asked| usize::try_from(asked).ok());
        let passages = passages.unwrap_or(DEFAULT_PASSAGES);
        let ranking = search
            .as_ref()
            .and_then(|search| search.ranking_options.as_ref());
        let min_score = ranking.and_then(|ranking| ranking.score_threshold);
        let model = models::choice(app, caller, &self.model).await?;
        let stores = search.and_then(|search| search.vector_store_ids);
        let stores = stores.unwrap_or_default();
        let (collection, filter) = filters::within(caller, &stores, filter.transpose()?).await?;
        let request = Request {
            said,
            sources,
            model,
            collection,
            filter,
            passages,
            min_score,
            temperature,
            max_tokens,
            unsupported: self.unsupported.unwrap_or_default(),
        };
        Ok((request, repeated))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(beside: Value) -> ResponseRequest {
        let mut body = json!({"model": "auto", "input": "How?"});
        body.as_object_mut()
            .unwrap()
            .extend(beside.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn only_a_file_search_is_a_tool() {
        let search = json!({"type": "file_search", "vector_store_ids": []});
        assert!(
            request(json!({"tools": [search]}))
                .file_search()
                .unwrap()
                .is_some()
        );
        assert!(
            request(json!({"tools": []}))
                .file_search()
                .unwrap()
                .is_none()
        );
        for (tools, pointer) in [
            (json!([{"type": "web_search"}]), "/tools/0/type"),
            (json!([search, search]), "/tools/1"),
            (
                json!([{"type": "file_search", "filters": {"type": "eq", "key": "a", "value": "\u{0}"}}]),
                "/tools/0/filters",
            ),
            (
                json!([{"type": "file_search", "max_num_results": 51}]),
                "/tools/0/max_num_results",
            ),
            (
                json!([{"type": "file_search", "vector_store_ids": ["x"]}]),
                "/tools/0",
            ),
        ] {
            let error = request(json!({"tools": tools}))
                .file_search()
                .err()
                .unwrap();
            assert_eq!(error.fields()[0].pointer, pointer);
        }
        let background =
            request(json!({"background": true, "text": {"format": {"type": "json_schema"}}}));
        let error = refused::check(&background.rest, &REFUSED).unwrap_err();
        assert_eq!(error.fields().len(), 2);
        let n8n = json!({"truncation": "disabled", "text": {"format": {"type": "text"}}, "parallel_tool_calls": true, "top_p": 1});
        assert!(refused::check(&request(n8n).rest, &REFUSED).is_ok());
    }
}
