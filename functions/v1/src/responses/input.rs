//! The input of a response.

use dynrag_domain::{AnswerId, DocumentId, Error, Result, VersionNumber};
use dynrag_store::{admission::Admission, chat::Owner};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::question::{Content, Speaker};

/// Messages of the input that a stored response keeps, the last ones, and their characters together.
const MAX_KEPT: usize = 50;
const MAX_KEPT_CHARACTERS: usize = 100_000;
/// Most references to answers before.
const MAX_REFERENCES: usize = 20;

/// A text, or messages.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Input {
    Text(String),
    Items(Vec<Item>),
}

#[derive(Deserialize)]
pub(super) struct Item {
    r#type: Option<String>,
    id: Option<String>,
    role: Option<String>,
    content: Option<Content>,
}

/// An item of the input.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    Message(Speaker, String),
    /// The answer of a stored response, by the id of its message.
    Reference(AnswerId),
}

/// A message of the input, as a stored response keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) role: String,
    pub(crate) text: String,
}

/// What an input says.
pub(super) struct Read {
    pub(super) messages: Vec<(Speaker, String)>,
    /// The versions whose text the answers that it refers to may hold.
    pub(super) sources: Vec<(DocumentId, VersionNumber)>,
}

/// The answer whose message has an id, `msg_<answer>_<number>`.
fn answer_of(id: &str) -> Option<AnswerId> {
    let (hex, number) = id.strip_prefix("msg_")?.split_once('_')?;
    number.parse::<u32>().ok()?;
    let id = Uuid::try_parse(hex).ok()?;
    Some(id.into())
}

impl Input {
    fn told(&self) -> Result<Vec<Told>> {
        let items = match self {
            Self::Text(text) => return Ok(vec![Told::Message(Speaker::User, text.clone())]),
            Self::Items(items) => items,
        };
        let mut told = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let pointer = format!("/input/{n}");
            match item.r#type.as_deref() {
                None | Some("message") => {}
                // What a client sends back of the output of a response before.
                Some("file_search_call" | "reasoning") => continue,
                Some("item_reference") => {
                    let id = item.id.as_deref().unwrap_or_default();
                    if !id.starts_with("fs_") {
                        let id = answer_of(id).ok_or_else(|| Error::not_found("item"))?;
                        told.push(Told::Reference(id));
                    }
                    continue;
                }
                Some(_) => {
                    let detail = "message; calls of tools and other items are not supported here";
                    return Err(Error::field(format!("{pointer}/type"), detail));
                }
            }
            let speaker = Speaker::parse(item.role.as_deref().unwrap_or_default(), &pointer)?;
            let text = item.content.as_ref().map(|content| content.text(&pointer));
            let text = text.transpose()?.unwrap_or_default();
            if text.contains('\0') {
                return Err(Error::field(
                    format!("{pointer}/content"),
                    "no NUL characters",
                ));
            }
            told.push(Told::Message(speaker, text));
        }
        let references = told
            .iter()
            .filter(|told| matches!(told, Told::Reference(_)));
        if references.count() > MAX_REFERENCES {
            let detail =
                format!("at most {MAX_REFERENCES} references: send previous_response_id instead");
            return Err(Error::field("/input", detail));
        }
        Ok(told)
    }

    /// Reads the messages.
    ///
    /// # Errors
    /// `invalid_fields`; `not_found` for a reference to an answer that the caller does not see; `unavailable`.
    pub(super) async fn read(&self, caller: &Admission) -> Result<Read> {
        let (mut messages, mut sources) = (Vec::new(), Vec::new());
        for told in self.told()? {
            messages.push(match told {
                Told::Message(speaker, text) => (speaker, text),
                Told::Reference(id) => {
                    let owner = Owner::try_from(caller.principal)?;
                    let store = caller.store();
                    let found = store.responses(caller.tenant(), owner, id, 1).await?;
                    let mut text = String::new();
                    for found in found {
                        text.push_str(&found.answer.answer);
                        sources.extend(found.sources);
                    }
                    (Speaker::Assistant, text)
                }
            });
        }
        Ok(Read { messages, sources })
    }
}

/// What a stored response keeps of its input: not the answers of models, which may hold text of documents that are deleted later.
pub(super) fn kept(messages: &[(Speaker, String)]) -> Vec<Kept> {
    let mut left = MAX_KEPT_CHARACTERS;
    let kept = messages.iter().rev().filter_map(|(speaker, text)| {
        let role = match speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => return None,
        };
        let (role, text) = (role.to_owned(), text.clone());
        Some(Kept { role, text })
    });
    let fits = |kept: &Kept| match left.checked_sub(kept.text.chars().count()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut kept: Vec<Kept> = kept.take(MAX_KEPT).take_while(fits).collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(input: Value) -> Result<Vec<Told>> {
        serde_json::from_value::<Input>(input).unwrap().told()
    }

    #[test]
    fn an_input_is_a_text_or_messages() {
        let question = Told::Message(Speaker::User, "How?".to_owned());
        assert_eq!(
            told(json!("How?")).unwrap(),
            std::slice::from_ref(&question)
        );
        let id = AnswerId::generate();
        let items = json!([
            {"role": "developer", "content": "Be kind."},
            {"type": "file_search_call", "id": "fs_1", "queries": [], "status": "completed"},
            {"type": "item_reference", "id": "fs_1"},
            {"type": "item_reference", "id": format!("msg_{}_0", id.as_uuid().simple())},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]},
            {"role": "user", "content": [{"type": "input_text", "text": "How?"}]},
        ]);
        let expected = [
            Told::Message(Speaker::System, "Be kind.".to_owned()),
            Told::Reference(id),
            Told::Message(Speaker::Assistant, "So.".to_owned()),
            question,
        ];
        assert_eq!(told(items).unwrap(), expected);
        for (input, pointer) in [
            (
                json!([{"type": "function_call_output", "output": "x"}]),
                "/input/0/type",
            ),
            (
                json!([{"role": "user", "content": [{"type": "input_image"}]}]),
                "/input/0/content/0",
            ),
            (json!([{"content": "x"}]), "/input/0/role"),
            (
                json!([{"role": "assistant", "content": "\u{0}"}]),
                "/input/0/content",
            ),
        ] {
            assert_eq!(told(input).unwrap_err().fields()[0].pointer, pointer);
        }
        let unknown = json!([{"type": "item_reference", "id": "msg_none"}]);
        assert_eq!(told(unknown).unwrap_err().code(), "not_found");
    }

    #[test]
    fn what_is_kept_is_bounded_and_has_no_answers() {
        let messages: Vec<_> = (0..10_000)
            .flat_map(|n| {
                let question = format!("{n} {}", "x".repeat(5_000));
                [
                    (Speaker::Assistant, "An answer.".to_owned()),
                    (Speaker::User, question),
                ]
            })
            .collect();
        let kept = kept(&messages);
        assert_eq!(kept.len(), 19);
        assert!(kept.iter().all(|kept| kept.role == "user"));
        assert!(kept[18].text.starts_with("9999 "));
    }
}
