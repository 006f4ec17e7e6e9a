//! Answers of chat models as they are on the wire.

use dynrag_domain::chat::ChatTokens;
use serde::Deserialize;

use super::ChatError;

/// The reason that a model gives for ending where `max_tokens` cut it.
const CUT: &str = "length";

/// More tokens than any call has; a provider that reports more is not believed.
const MAX_TOKENS: u64 = 100_000_000;

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl From<Usage> for ChatTokens {
    fn from(usage: Usage) -> Self {
        let tokens = |reported: Option<u64>| reported.unwrap_or(0).min(MAX_TOKENS);
        let details = usage.prompt_tokens_details;
        Self {
            input: tokens(usage.prompt_tokens),
            cached: tokens(details.and_then(|details| details.cached_tokens)),
            output: tokens(usage.completion_tokens),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Content>,
    delta: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

/// A whole answer.
pub(super) struct Whole {
    pub(super) text: String,
    pub(super) tokens: Option<ChatTokens>,
    pub(super) is_cut: bool,
}

impl Whole {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ChatError> {
        let answer: Answer =
            serde_json::from_slice(body).map_err(|_| ChatError::Malformed("no completion"))?;
        let choice = answer.choices.into_iter().next();
        let choice = choice.ok_or(ChatError::Malformed("a completion without a choice"))?;
        let message = choice.message;
        let message = message.ok_or(ChatError::Malformed("a choice without a message"))?;
        Ok(Self {
            // A model that only thought, or refused, has none.
            text: message.content.unwrap_or_default(),
            tokens: answer.usage.map(ChatTokens::from),
            is_cut: choice.finish_reason.as_deref() == Some(CUT),
        })
    }
}

/// A piece of a streamed answer.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) text: String,
    pub(super) tokens: Option<ChatTokens>,
    /// Set with the last piece: whether `max_tokens` cut it.
    pub(super) is_cut: Option<bool>,
}

impl Chunk {
    pub(super) fn parse(data: &str) -> Result<Self, ChatError> {
        let malformed = ChatError::Malformed("an event that is no piece of a completion");
        let value: serde_json::Value = serde_json::from_str(data).map_err(|_| malformed.clone())?;
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return Err(ChatError::Broken);
        }
        let answer: Answer = serde_json::from_value(value).map_err(|_| malformed)?;
        let choice = answer.choices.into_iter().next();
        let reason = choice
            .as_ref()
            .and_then(|choice| choice.finish_reason.as_deref());
        let is_cut = reason.map(|reason| reason == CUT);
        let delta = choice.and_then(|choice| choice.delta);
        Ok(Self {
            text: delta.and_then(|delta| delta.content).unwrap_or_default(),
            tokens: answer.usage.map(ChatTokens::from),
            is_cut,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_servers_leave_out_are_not_needed() {
        let whole = Whole::parse(br#"{"choices": [{"message": {"content": "Yes."}}]}"#).unwrap();
        assert_eq!(
            (whole.text.as_str(), whole.tokens, whole.is_cut),
            ("Yes.", None, false)
        );
        let chunk = Chunk::parse(r#"{"choices": [{"delta": {"role": "assistant"}}]}"#).unwrap();
        assert_eq!((chunk.text.as_str(), chunk.is_cut), ("", None));
        let last = r#"{"choices": [{"delta": {}, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 8}}}"#;
        let last = Chunk::parse(last).unwrap();
        let tokens = ChatTokens {
            input: 9,
            cached: 8,
            output: 4,
        };
        assert_eq!((last.tokens, last.is_cut), (Some(tokens), Some(true)));
        let usage = Chunk::parse(r#"{"choices": [], "usage": {"prompt_tokens": 1}}"#).unwrap();
        assert_eq!(usage.tokens.unwrap().input, 1);
        let silent = r#"{"choices": [{"message": {"content": null}}], "usage": {"prompt_tokens": null, "completion_tokens": 18446744073709551615}}"#;
        let silent = Whole::parse(silent.as_bytes()).unwrap();
        assert_eq!(
            (silent.text.as_str(), silent.tokens.unwrap().output),
            ("", MAX_TOKENS)
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"choices": []}"#,
            r#"{"choices": [{}]}"#,
            "[]",
        ] {
            assert!(Whole::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(
            Chunk::parse(r#"{"error": {"message": "overloaded"}}"#).unwrap_err(),
            ChatError::Broken
        );
        assert!(Chunk::parse("<html>").is_err());
    }
}
