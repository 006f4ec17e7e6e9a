//! The answer on the wire: reads it within limits, and rejects invalid vectors.

use async_openai::types::embeddings::EmbeddingUsage;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::error::EmbedError;

/// Maximum bytes read of an error body.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// Maximum characters kept of a provider's message.
const MAX_MESSAGE: usize = 200;
/// Bytes allowed for each vector: 4,096 numbers of 30 characters in JSON.
const MAX_VECTOR: usize = 120 * 1024;

/// Vectors and their cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Embedded {
    /// One vector per text, in the order of the texts; finite, not all zeros, all of the same
    /// length.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens the provider charges; 0 if it does not report them.
    pub prompt_tokens: u64,
}

// async-openai has one type for each encoding and requires every member; servers that ignore
// `encoding_format` or omit `usage` are common, so the answer is parsed here.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Datum>,
    usage: Option<EmbeddingUsage>,
}

#[derive(Deserialize)]
struct Datum {
    index: usize,
    embedding: Encoded,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Encoded {
    Base64(String),
    Floats(Vec<f32>),
}

impl Encoded {
    fn decode(self) -> Result<Vec<f32>, EmbedError> {
        let text = match self {
            Self::Floats(vector) => return Ok(vector),
            Self::Base64(text) => text,
        };
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| malformed("a vector is not base64"))?;
        let (numbers, []) = bytes.as_chunks::<4>() else {
            return Err(malformed("a vector is cut off"));
        };
        Ok(numbers.iter().map(|n| f32::from_le_bytes(*n)).collect())
    }
}

fn malformed(why: &str) -> EmbedError {
    EmbedError::Malformed(why.into())
}

/// Maximum bytes of an answer with this many vectors.
pub(crate) fn max_answer(vectors: usize) -> usize {
    MAX_ERROR_BODY + vectors.saturating_mul(MAX_VECTOR)
}

/// Reads a body, but never more than `limit` bytes: the address may be a customer's own.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, EmbedError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > limit {
            return Err(malformed("it is larger than the vectors could be"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A failed connection. The address is omitted: it may be a customer's own.
pub(crate) fn transport(error: reqwest::Error) -> EmbedError {
    EmbedError::unavailable(match () {
        () if error.is_timeout() => "timeout",
        () if error.is_connect() => "no connection",
        () => "the connection broke",
    })
}

/// Checks an answer to `count` texts.
pub(crate) fn parse_answer(
    body: &[u8],
    count: usize,
    dimensions: Option<u32>,
) -> Result<Embedded, EmbedError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| malformed("not an answer with embeddings"))?;
    if answer.data.len() != count {
        return Err(EmbedError::Malformed(format!(
            "{} vectors for {count} texts",
            answer.data.len()
        )));
    }
    let mut vectors = vec![Vec::new(); count];
    let mut expected = dimensions.map(|n| n as usize);
    for datum in answer.data {
        let vector = datum.embedding.decode()?;
        let expected = *expected.get_or_insert(vector.len());
        if vector.len() != expected {
            let got = vector.len();
            return Err(EmbedError::WrongDimensions { expected, got });
        }
        if !vector.iter().all(|n| n.is_finite()) || vector.iter().all(|n| *n == 0.0) {
            return Err(malformed("a vector is zero or not finite"));
        }
        match vectors.get_mut(datum.index) {
            Some(slot) if slot.is_empty() => *slot = vector,
            _ => return Err(malformed("an index is repeated or out of range")),
        }
    }
    Ok(Embedded {
        vectors,
        prompt_tokens: answer.usage.map_or(0, |usage| usage.prompt_tokens.into()),
    })
}

/// A provider's error, `{"error": {"message", "type", "param", "code"}}`.
#[derive(Default)]
pub(crate) struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    /// Parses the body as far as possible; an unparsable body is an empty error.
    pub(crate) async fn read(response: Response) -> Self {
        match read_body(response, MAX_ERROR_BODY).await {
            Ok(body) => Self::parse(&body),
            Err(_) => Self::default(),
        }
    }

    fn parse(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &body["error"];
        let member = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
        let code = member("code").or(member("type")).unwrap_or_default();
        let message = error.as_str().or(member("message")).unwrap_or_default();
        Self {
            code: tidy(code),
            message: tidy(message),
        }
    }

    /// Whether the error is about quota or billing, which waiting does not fix.
    pub(crate) fn is_about_quota(&self) -> bool {
        matches!(
            self.code.as_str(),
            "insufficient_quota" | "billing_not_active" | "billing_hard_limit_reached"
        )
    }

    /// Whether the error is about the length of a conversation. Of servers without the code the sentence says so.
    pub(crate) fn is_about_context(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        self.code == "context_length_exceeded"
            || [
                "context length",
                "context size",
                "context window",
                "maximum context",
                "too many tokens",
                "prompt is too long",
            ]
            .iter()
            .any(|words| message.contains(words))
    }

    /// Whether the server does not support base64.
    pub(crate) fn is_about_encoding(&self) -> bool {
        self.message.contains("encoding_format") || self.message.contains("base64")
    }

    /// A line for the log. Some servers quote the request; such a message is withheld.
    pub(crate) fn detail<S: AsRef<str>>(self, texts: &[S], secret: Option<&str>) -> String {
        let quotes_secret = secret.is_some_and(|secret| self.message.contains(secret));
        if quotes_secret
            || texts
                .iter()
                .any(|text| quotes(&self.message, text.as_ref()))
        {
            return format!("{} (message withheld: it quotes the request)", self.code);
        }
        format!("{} {}", self.code, self.message)
    }
}

/// Truncates a text and removes line breaks and the like.
fn tidy(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MAX_MESSAGE).collect()
}

/// Whether a message quotes 12 consecutive characters of a text, or all of a shorter one.
fn quotes(message: &str, text: &str) -> bool {
    const RUN: usize = 12;
    let text = text.trim();
    if text.chars().count() <= RUN {
        return !text.is_empty() && message.contains(text);
    }
    let starts: Vec<usize> = message.char_indices().map(|(at, _)| at).collect();
    let ends = starts.iter().skip(RUN).copied().chain([message.len()]);
    let mut runs = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &message[*start..end]);
    runs.any(|run| run.chars().count() == RUN && text.contains(run))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(data: Value, count: usize, dimensions: Option<u32>) -> Result<Embedded, EmbedError> {
        let body = json!({"object": "list", "model": "m", "data": data});
        parse_answer(body.to_string().as_bytes(), count, dimensions)
    }

    #[test]
    fn vectors_are_put_in_order_in_either_encoding() {
        let base64 = STANDARD.encode([0, 0, 128, 63, 0, 0, 0, 64]);
        let data = json!([{"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": base64}]);
        let embedded = parse(data, 2, Some(2)).unwrap();
        assert_eq!(embedded.vectors, [[1.0, 2.0], [3.0, 4.5]]);
        assert_eq!(embedded.prompt_tokens, 0);
    }

    #[test]
    fn what_cannot_be_vectors_is_refused() {
        let nan = STANDARD.encode(f32::NAN.to_le_bytes());
        for data in [
            json!([]),
            json!([{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]),
            json!([{"index": 1, "embedding": [1]}]),
            json!([{"index": 0, "embedding": nan}]),
            json!([{"index": 0, "embedding": [0]}]),
            json!([{"index": 0, "embedding": []}]),
            json!([{"index": 0, "embedding": "AAA="}]),
            json!([{"index": 0, "embedding": "*"}]),
            json!([{"index": 0, "embedding": null}]),
            json!("no"),
        ] {
            let error = parse(data.clone(), 1, None).unwrap_err();
            assert!(matches!(error, EmbedError::Malformed(_)), "{data}");
        }
        let repeated = json!([{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]);
        assert!(parse(repeated, 2, None).is_err());
        let uneven = json!([{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]);
        assert_eq!(
            parse(uneven, 2, None).unwrap_err(),
            EmbedError::WrongDimensions {
                expected: 1,
                got: 2
            }
        );
        assert!(parse_answer(b"<html>", 1, None).is_err());
    }

    #[test]
    fn a_message_that_quotes_the_request_is_withheld() {
        let refuse = |message: &str, text: &str| {
            let body = json!({"error": {"message": message, "code": "c"}});
            Refusal::parse(body.to_string().as_bytes()).detail(&[text], Some("sk-canary"))
        };
        let text = "the patient, née Müller, has a rare disease";
        assert_eq!(refuse("too long", text), "c too long");
        for quoting in ["bad: 'née Müller, has a r'", text, "key sk-canary"] {
            let detail = refuse(quoting, text);
            assert_eq!(detail, "c (message withheld: it quotes the request)");
        }
        assert!(!refuse("bad: short", "short").contains("short"));
        assert_eq!(refuse("a\nb", "text"), "c a b");
    }

    #[test]
    fn any_body_may_be_a_refusal() {
        for body in ["", "null", "[]", "<html>", r#"{"error": 3}"#] {
            assert_eq!(Refusal::parse(body.as_bytes()).code, "", "{body:?}");
        }
        assert!(Refusal::parse(br#"{"error": {"type": "insufficient_quota"}}"#).is_about_quota());
    }
}
