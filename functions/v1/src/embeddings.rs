//! `POST /v1/embeddings`: vectors of texts, by the customer's embedding model.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use base64::{Engine, prelude::BASE64_STANDARD};
use dynrag_api::{Answer, App, Caller, Json, scopes::Search};
use dynrag_app::embeddings;
use dynrag_domain::{Error, FieldError, Result};
use dynrag_llm::{InputType, count_tokens};
use dynrag_store::{admission::Admission, ledger::Purpose};
use dynrag_tokenizer::decode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::models;

/// Most texts of a request, and most tokens of one, as OpenAI has them.
const MAX_TEXTS: usize = 2_048;
const MAX_TOKENS: u64 = 8_192;
/// Most tokens of all texts.
const MAX_ALL_TOKENS: u64 = 300_000;
/// Longest wait for the model.
const PATIENCE: Duration = Duration::from_secs(25);

#[derive(Deserialize, ToSchema)]
#[schema(as = EmbeddingsRequest)]
pub(crate) struct Request {
    /// Your embedding model, or another that the platform pays for.
    model: String,
    /// A text, up to 2,048 texts, or the cl100k tokens of one or several.
    #[schema(value_type = Object)]
    input: Input,
    encoding_format: Option<Encoding>,
    /// The length of the model's vectors; no other is supported.
    dimensions: Option<u64>,
    /// Not of OpenAI: what the texts are, for models that embed a question and its answer differently.
    input_type: Option<Kind>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    ManyTokens(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmbeddingEncoding)]
enum Encoding {
    #[default]
    Float,
    /// Little-endian 32-bit numbers.
    Base64,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmbeddingInputType)]
enum Kind {
    /// Something to search for.
    Query,
    /// Something to find.
    #[default]
    Passage,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Embeddings {
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: Usage,
}

#[derive(Serialize, ToSchema)]
struct Embedding {
    object: &'static str,
    index: usize,
    /// Numbers, or one text in base64.
    #[schema(value_type = Object)]
    embedding: Value,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EmbeddingsUsage)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// A text with its number of tokens.
type Counted = (String, u64);

/// The text of some tokens.
fn text_of(tokens: &[u32], pointer: &str) -> Result<Counted> {
    let text = decode(tokens).filter(|_| !tokens.is_empty());
    let text = text.ok_or_else(|| Error::field(pointer, "tokens of the encoding cl100k_base"))?;
    Ok((text, tokens.len() as u64))
}

fn counted(text: String) -> Counted {
    let tokens = count_tokens(&text);
    (text, tokens)
}

/// Checks numbers of tokens. Too many are not decoded: a token may be a hundred spaces.
fn check_tokens(texts: impl Iterator<Item = u64>) -> Result<()> {
    let (mut bad, mut all) = (Vec::new(), 0);
    for (n, tokens) in texts.enumerate() {
        all += tokens;
        if tokens > MAX_TOKENS {
            let (pointer, detail) = (
                format!("/input/{n}"),
                format!("at most {MAX_TOKENS} tokens"),
            );
            bad.push(FieldError { pointer, detail });
        }
    }
    if !bad.is_empty() {
        return Err(Error::fields_invalid(bad));
    }
    match all <= MAX_ALL_TOKENS {
        true => Ok(()),
        false => Err(Error::field(
            "/input",
            format!("at most {MAX_ALL_TOKENS} tokens together"),
        )),
    }
}

fn check_count(texts: usize) -> Result<()> {
    match (1..=MAX_TEXTS).contains(&texts) {
        true => Ok(()),
        false => Err(Error::field(
            "/input",
            format!("from 1 to {MAX_TEXTS} texts"),
        )),
    }
}

impl Input {
    fn texts(self) -> Result<Vec<Counted>> {
        let many = match self {
            Self::Text(text) => return Ok(vec![counted(text)]),
            Self::Texts(texts) => {
                check_count(texts.len())?;
                return Ok(texts.into_iter().map(counted).collect());
            }
            Self::Tokens(tokens) => vec![tokens],
            Self::ManyTokens(many) => many,
        };
        check_count(many.len())?;
        check_tokens(many.iter().map(|tokens| tokens.len() as u64))?;
        let many = many.iter().enumerate();
        many.map(|(n, tokens)| text_of(tokens, &format!("/input/{n}")))
            .collect()
    }

    /// The checked texts.
    fn checked(self) -> Result<Vec<String>> {
        let texts = self.texts()?;
        let blank = texts.iter().position(|(text, _)| text.trim().is_empty());
        if let Some(n) = blank {
            return Err(Error::field(
                format!("/input/{n}"),
                "text that is not blank",
            ));
        }
        check_tokens(texts.iter().map(|(_, tokens)| *tokens))?;
        Ok(texts.into_iter().map(|(text, _)| text).collect())
    }
}

/// Checks that the caller may use a model, and that its vectors are as long as is asked for, if their length is known.
async fn check_model(
    app: &App,
    caller: &Admission,
    model: &str,
    dimensions: Option<u64>,
) -> Result<()> {
    let embeddings = app.embeddings().await?;
    let mut others = embeddings.models().names();
    if model != caller.config.embedding_model && others.all(|other| other != model) {
        return Err(models::unknown(model));
    }
    let length = embeddings.dimensions().map(u64::from);
    match (dimensions, length) {
        (Some(asked), Some(length)) => check_length(asked, length, model),
        _ => Ok(()),
    }
}

fn check_length(asked: u64, length: u64, model: &str) -> Result<()> {
    let detail = format!("{length}, the length of the vectors of {model}, or nothing");
    match asked == length {
        true => Ok(()),
        false => Err(Error::field("/dimensions", detail)),
    }
}

fn written(vector: &[f32], encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float => vector.into(),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
            BASE64_STANDARD.encode(bytes).into()
        }
    }
}

/// Embeds texts.
pub(crate) async fn create(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    Json(body): Json<Request>,
) -> Answer<Json<Embeddings>> {
    let (model, encoding) = (body.model, body.encoding_format.unwrap_or_default());
    let texts = body.input.checked()?;
    check_model(&app, &caller, &model, body.dimensions).await?;
    let input = match body.input_type.unwrap_or_default() {
        Kind::Query => InputType::Query,
        Kind::Passage => InputType::Passage,
    };
    let until = Instant::now() + PATIENCE;
    let asked = (model.as_str(), input, Purpose::Texts);
    let embedded = embeddings::embed(&app, &caller, asked, &texts, until).await?;
    let length = embedded.vectors.first().map_or(0, Vec::len);
    if let Some(asked) = body.dimensions {
        check_length(asked, length as u64, &model)?;
    }
    let data = embedded
        .vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| Embedding {
            object: "embedding",
            index,
            embedding: written(vector, encoding),
        });
    Ok(Json(Embeddings {
        object: "list",
        data: data.collect(),
        usage: Usage {
            prompt_tokens: embedded.prompt_tokens,
            total_tokens: embedded.prompt_tokens,
        },
        model,
    }))
}

#[cfg(test)]
mod tests {
    use dynrag_tokenizer::cl100k;
    use serde_json::json;

    use super::*;

    fn texts(input: Value) -> Result<Vec<String>> {
        serde_json::from_value::<Input>(input).unwrap().checked()
    }

    #[test]
    fn tokens_are_decoded() {
        let tokens = cl100k().encode("tiktoken is great!");
        assert_eq!(texts(json!(tokens)).unwrap(), ["tiktoken is great!"]);
        assert_eq!(texts(json!([tokens, tokens])).unwrap().len(), 2);
        assert_eq!(texts(json!("a")).unwrap(), ["a"]);
        for (input, pointer) in [
            (json!([[4_000_000_000_u32]]), "/input/0"),
            (json!([]), "/input"),
            (json!(["a", " "]), "/input/1"),
            (json!(vec!["a"; 2_049]), "/input"),
            (json!("word ".repeat(9_000)), "/input/0"),
            (json!(vec!["word ".repeat(8_000); 40]), "/input"),
        ] {
            assert_eq!(texts(input).unwrap_err().fields()[0].pointer, pointer);
        }
    }

    #[test]
    fn base64_is_of_little_endian_numbers() {
        assert_eq!(
            written(&[1.0, -2.5], Encoding::Base64),
            json!("AACAPwAAIMA=")
        );
        assert_eq!(written(&[1.0, -2.5], Encoding::Float), json!([1.0, -2.5]));
    }
}
