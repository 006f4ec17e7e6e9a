//! A question with what was said before it, made of messages as clients send them.

use dynrag_answering::{Earlier, ModelChoice};
use dynrag_domain::{
    CollectionId, DocumentId, Error, FieldError, Result, VersionNumber,
    answers::UnsupportedPolicy,
    search::{MAX_QUERY, filter::Filter},
};
use dynrag_llm::chat::Role;
use serde::Deserialize;
use serde_json::Value;

/// Longest instruction, in characters.
const MAX_SYSTEM: usize = 8_000;
/// Most tokens of an answer, and those that it has unless others are asked for.
const MAX_TOKENS: u32 = 16_384;
pub(crate) const DEFAULT_TOKENS: u32 = 1_024;
/// Most passages of an answer, and those that it has unless others are asked for.
pub(crate) const MAX_PASSAGES: usize = 50;
pub(crate) const DEFAULT_PASSAGES: usize = 8;
/// Between texts that become one.
const SEPARATOR: &str = "\n\n";

/// What every request for an answer says.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) said: Said,
    /// The versions whose text what was said may hold.
    pub(crate) sources: Vec<(DocumentId, VersionNumber)>,
    pub(crate) model: ModelChoice,
    pub(crate) collection: Option<CollectionId>,
    pub(crate) filter: Option<Filter>,
    pub(crate) passages: usize,
    /// Least score of a passage.
    pub(crate) min_score: Option<f32>,
    pub(crate) temperature: Option<f32>,
    pub(crate) max_tokens: u32,
    pub(crate) unsupported: UnsupportedPolicy,
}

/// What was said: an instruction, earlier questions with their answers, and the question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Said {
    pub(crate) system: Option<String>,
    pub(crate) told: Vec<Earlier>,
    pub(crate) question: String,
}

/// Who says a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Speaker {
    System,
    User,
    Assistant,
}

impl Speaker {
    /// # Errors
    /// `invalid_fields` for a role that is not known, or one of tools.
    pub(crate) fn parse(role: &str, pointer: &str) -> Result<Self> {
        match role {
            "system" | "developer" => Ok(Self::System),
            "user" => Ok(Self::User),
            "assistant" => Ok(Self::Assistant),
            _ => Err(Error::field(
                format!("{pointer}/role"),
                "system, developer, user or assistant; messages of tools are not supported here",
            )),
        }
    }
}

/// The content of a message: a text, or parts of text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Text(String),
    Parts(Vec<Value>),
}

impl Content {
    /// # Errors
    /// `invalid_fields` for a part that is no text.
    pub(crate) fn text(&self, pointer: &str) -> Result<String> {
        let parts = match self {
            Self::Text(text) => return Ok(text.clone()),
            Self::Parts(parts) => parts,
        };
        let text = |(n, part): (usize, &Value)| {
            let kind = part["type"].as_str().unwrap_or_default();
            let text = match kind {
                "text" | "input_text" | "output_text" => part["text"].as_str(),
                "refusal" => part["refusal"].as_str(),
                _ => None,
            };
            text.map(str::to_owned).ok_or_else(|| {
                let detail = "a part of text; images, files and sound are not supported here: add files to a vector store";
                Error::field(format!("{pointer}/content/{n}"), detail)
            })
        };
        let texts: Vec<String> = parts.iter().enumerate().map(text).collect::<Result<_>>()?;
        Ok(texts.join(SEPARATOR))
    }
}

impl Said {
    /// Sorts messages: instructions apart, and questions and answers in turn, as models want them. Messages of one speaker that
    /// follow each other are one. `instruction` comes before those of the messages; pointers of errors begin with `pointer`.
    ///
    /// # Errors
    /// `invalid_fields`, also if the last message is no question.
    pub(crate) fn of(
        instruction: Option<&str>,
        messages: Vec<(Speaker, String)>,
        pointer: &str,
    ) -> Result<Self> {
        let mut systems: Vec<String> = instruction.map(str::to_owned).into_iter().collect();
        let mut turns: Vec<Earlier> = Vec::new();
        let last = messages.last().map(|(speaker, _)| *speaker);
        // Some providers refuse an empty message.
        let said = messages
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty());
        for (speaker, text) in said {
            let role = match speaker {
                Speaker::System => {
                    systems.push(text);
                    continue;
                }
                Speaker::User => Role::User,
                Speaker::Assistant => Role::Assistant,
            };
            match turns.last_mut() {
                Some(turn) if turn.role == role => {
                    turn.text.push_str(SEPARATOR);
                    turn.text.push_str(&text);
                }
                // An answer without a question says nothing.
                None if role == Role::Assistant => {}
                _ => turns.push(Earlier { role, text }),
            }
        }
        let question = turns.pop().filter(|turn| turn.role == Role::User);
        let Some(question) = question.filter(|_| last != Some(Speaker::Assistant)) else {
            return Err(Error::field(
                pointer,
                "messages of which the last is of the user",
            ));
        };
        let system = systems.join(SEPARATOR).trim().to_owned();
        let question = question.text.trim().to_owned();
        let mut fields = Vec::new();
        let mut check = |holds: bool, detail: String| {
            if !holds {
                fields.push(FieldError {
                    pointer: pointer.to_owned(),
                    detail,
                });
            }
        };
        check(
            (1..=MAX_QUERY).contains(&question.chars().count()),
            format!("a question of 1 to {MAX_QUERY} characters, as its last message"),
        );
        check(
            system.chars().count() <= MAX_SYSTEM,
            format!("instructions of at most {MAX_SYSTEM} characters together"),
        );
        let texts = turns.iter().map(|turn| &turn.text);
        let has_nul = texts
            .chain([&question, &system])
            .any(|text| text.contains('\0'));
        check(!has_nul, "no NUL characters".to_owned());
        match fields.is_empty() {
            true => Ok(Self {
                system: Some(system).filter(|system| !system.is_empty()),
                told: turns,
                question,
            }),
            false => Err(Error::fields_invalid(fields)),
        }
    }
}

/// Checks the most tokens of an answer.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn max_tokens(asked: Option<u64>, pointer: &str) -> Result<u32> {
    match asked {
        None => Ok(DEFAULT_TOKENS),
        // Clients send the most that they know.
        Some(asked) if asked >= 1 => Ok(u32::try_from(asked).unwrap_or(MAX_TOKENS).min(MAX_TOKENS)),
        Some(_) => Err(Error::field(pointer, "from 1")),
    }
}

/// Checks a temperature.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn temperature(asked: Option<f32>) -> Result<Option<f32>> {
    match asked.is_none_or(|asked| (0.0..=2.0).contains(&asked)) {
        true => Ok(asked),
        false => Err(Error::field("/temperature", "from 0 to 2")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(messages: &[(Speaker, &str)]) -> Result<Said> {
        let messages = messages
            .iter()
            .map(|(speaker, text)| (*speaker, (*text).to_owned()));
        Said::of(Some("Be kind."), messages.collect(), "/messages")
    }

    #[test]
    fn questions_and_answers_take_turns() {
        use Speaker::{Assistant, System, User};
        let told = said(&[
            (Assistant, "Hello!"),
            (User, "One?"),
            (User, "Two?"),
            (System, "Be short."),
            (Assistant, "2."),
            (User, " Three? "),
        ]);
        let told = told.unwrap();
        assert_eq!(told.system.as_deref(), Some("Be kind.\n\nBe short."));
        assert_eq!(told.question, "Three?");
        let turns: Vec<_> = told
            .told
            .iter()
            .map(|turn| (turn.role, turn.text.as_str()))
            .collect();
        assert_eq!(
            turns,
            [(Role::User, "One?\n\nTwo?"), (Role::Assistant, "2.")]
        );
        for bad in [
            &[][..],
            &[(System, "Only this.")],
            &[(User, "One?"), (Assistant, "1.")],
            &[(User, "  ")],
            &[(User, "a\0b")],
            &[(User, &"x".repeat(MAX_QUERY + 1))],
            &[(System, &"x".repeat(MAX_SYSTEM)), (User, "One?")],
        ] {
            assert_eq!(said(bad).unwrap_err().fields()[0].pointer, "/messages");
        }
    }

    #[test]
    fn only_text_is_read() {
        let parts = |parts: Value| {
            serde_json::from_value::<Content>(parts)
                .unwrap()
                .text("/messages/0")
        };
        let text = json!([{"type": "text", "text": "a"}, {"type": "input_text", "text": "b"}]);
        assert_eq!(parts(text).unwrap(), "a\n\nb");
        let image = parts(
            json!([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]),
        );
        assert_eq!(
            image.unwrap_err().fields()[0].pointer,
            "/messages/0/content/1"
        );
    }

    #[test]
    fn more_tokens_than_there_can_be_are_the_most() {
        assert_eq!(max_tokens(None, "/max_tokens").unwrap(), DEFAULT_TOKENS);
        assert_eq!(
            max_tokens(Some(u64::MAX), "/max_tokens").unwrap(),
            MAX_TOKENS
        );
        assert!(max_tokens(Some(0), "/max_tokens").is_err());
        assert!(temperature(Some(2.1)).is_err() && temperature(Some(f32::NAN)).is_err());
    }
}
