//! OpenAI's embeddings form on the wire: what is accepted, what is answered, how an error looks.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::DIMENSIONS;

/// Most inputs of one request, OpenAI's own limit.
pub const MAX_INPUTS: usize = 2_048;

/// A request that may be embedded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Name of the model.
    pub model: String,
    /// 1 to [`MAX_INPUTS`] texts, none of them empty.
    pub texts: Vec<String>,
    /// Whether vectors are answered in base64.
    pub base64: bool,
}

impl Request {
    /// Reads and checks a body.
    ///
    /// # Errors
    /// What OpenAI refuses (400), and token ids.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Body {
            model: Option<String>,
            input: Option<Value>,
            encoding_format: Option<String>,
            dimensions: Option<u64>,
        }
        let body: Body = serde_json::from_slice(body)
            .map_err(|error| ApiError::invalid(None, format!("The body is not valid: {error}")))?;
        let model = body
            .model
            .filter(|model| !model.is_empty())
            .ok_or_else(|| ApiError::invalid(Some("model"), "You must provide a model."))?;
        if body.dimensions.is_some_and(|n| n != DIMENSIONS as u64) {
            return Err(ApiError::invalid(
                Some("dimensions"),
                format!("The models have {DIMENSIONS} dimensions and no others."),
            ));
        }
        let base64 = match body.encoding_format.as_deref() {
            None | Some("float") => false,
            Some("base64") => true,
            Some(_) => {
                return Err(ApiError::invalid(
                    Some("encoding_format"),
                    "Supported values are 'float' and 'base64'.",
                ));
            }
        };
        Ok(Self {
            model,
            texts: texts(body.input)?,
            base64,
        })
    }
}

fn texts(input: Option<Value>) -> Result<Vec<String>, ApiError> {
    let refuse = |why: &str| Err(ApiError::invalid(Some("input"), why));
    let texts = match input {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) if items.is_empty() => {
            return refuse("The list of inputs is empty.");
        }
        Some(Value::Array(items)) if items.len() > MAX_INPUTS => {
            return refuse("At most 2048 inputs are accepted in one request.");
        }
        Some(Value::Array(items)) => {
            let mut texts = Vec::with_capacity(items.len());
            for item in items {
                match item {
                    Value::String(text) => texts.push(text),
                    Value::Number(_) | Value::Array(_) => {
                        return refuse(
                            "Token ids are not accepted: they belong to another model's vocabulary. Send text.",
                        );
                    }
                    _ => return refuse("Each input must be a string."),
                }
            }
            texts
        }
        _ => return refuse("Send a string or a list of strings."),
    };
    if texts.iter().any(String::is_empty) {
        return refuse("An input must not be an empty string.");
    }
    Ok(texts)
}

/// The answer to a request, `data` in the order of its inputs.
#[derive(Serialize)]
pub struct Answer {
    object: &'static str,
    data: Vec<Datum>,
    model: String,
    usage: Usage,
}

#[derive(Serialize)]
struct Datum {
    object: &'static str,
    index: usize,
    embedding: Encoded,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Encoded {
    Float(Vec<f32>),
    Base64(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

impl Answer {
    /// Shapes vectors into an answer.
    pub fn new(model: String, vectors: Vec<Vec<f32>>, prompt_tokens: u64, base64: bool) -> Self {
        let data = vectors
            .into_iter()
            .enumerate()
            .map(|(index, vector)| Datum {
                object: "embedding",
                index,
                embedding: if base64 {
                    Encoded::Base64(to_base64(&vector))
                } else {
                    Encoded::Float(vector)
                },
            })
            .collect();
        Self {
            object: "list",
            data,
            model,
            usage: Usage {
                prompt_tokens,
                total_tokens: prompt_tokens,
            },
        }
    }
}

/// The numbers as little-endian 32-bit floats, in standard base64: what OpenAI answers.
fn to_base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|n| n.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// An error in OpenAI's form: `{"error": {"message", "type", "param", "code"}}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// `invalid_request_error`, `server_error`.
    pub kind: &'static str,
    /// The sentence for the caller.
    pub message: String,
    /// The field at fault.
    pub param: Option<&'static str>,
    /// A stable code, where OpenAI has one.
    pub code: Option<&'static str>,
}

impl ApiError {
    /// A request that is refused, 400.
    pub fn invalid(param: Option<&'static str>, message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_request_error",
            message,
            param,
            None,
        )
    }

    /// An error of any status.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        message: impl Into<String>,
        param: Option<&'static str>,
        code: Option<&'static str>,
    ) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            param,
            code,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }});
        (self.status, Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: Value) -> Result<Request, ApiError> {
        Request::parse(body.to_string().as_bytes())
    }

    #[test]
    fn a_string_and_a_list_are_accepted() {
        let one = parse(json!({"model": "m", "input": "a", "dimensions": 384})).unwrap();
        assert_eq!(one.texts, ["a"]);
        assert!(!one.base64);
        let two =
            parse(json!({"model": "m", "input": ["a", "b"], "encoding_format": "base64"})).unwrap();
        assert_eq!(two.texts, ["a", "b"]);
        assert!(two.base64);
        assert!(parse(json!({"model": "m", "input": vec!["a"; MAX_INPUTS]})).is_ok());
    }

    #[test]
    fn each_fault_names_its_field() {
        for (body, param) in [
            (json!({"input": "a"}), Some("model")),
            (json!({"model": "", "input": "a"}), Some("model")),
            (json!({"model": "m"}), Some("input")),
            (json!({"model": "m", "input": ""}), Some("input")),
            (json!({"model": "m", "input": []}), Some("input")),
            (json!({"model": "m", "input": ["a", ""]}), Some("input")),
            (json!({"model": "m", "input": ["a", null]}), Some("input")),
            (json!({"model": "m", "input": [1, 2]}), Some("input")),
            (json!({"model": "m", "input": [[1], [2]]}), Some("input")),
            (
                json!({"model": "m", "input": vec!["a"; MAX_INPUTS + 1]}),
                Some("input"),
            ),
            (
                json!({"model": "m", "input": "a", "dimensions": 256}),
                Some("dimensions"),
            ),
            (
                json!({"model": "m", "input": "a", "encoding_format": "int8"}),
                Some("encoding_format"),
            ),
            (json!({"model": 3, "input": "a"}), None),
            (json!([]), None),
        ] {
            let error = parse(body.clone()).unwrap_err();
            assert_eq!((error.status.as_u16(), error.param), (400, param), "{body}");
        }
        assert!(Request::parse(b"{").is_err());
    }

    #[test]
    fn base64_is_little_endian_floats() {
        let bytes = STANDARD.decode(to_base64(&[1.0, -2.5])).unwrap();
        assert_eq!(bytes, [0, 0, 128, 63, 0, 0, 32, 192]);
    }
}
