//! `ask`: an answer with citations, each sentence of it checked.

use std::time::Instant;

use dynrag_answering::{ChatAnswer, ChatRequest, answer};
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result,
    answers::{Answer, SentenceVerdict},
    identity::Scope,
    search::filter::FilterInput,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Shown},
};

pub(crate) struct Ask;

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = AskArguments)]
pub(crate) struct Arguments {
    /// The question, in any language.
    #[schema(min_length = 1, max_length = 8000)]
    question: String,
    /// Answer only from this collection; see `collections_list`.
    collection_id: Option<CollectionId>,
    /// Answer only from these documents.
    #[schema(max_items = 1000)]
    document_ids: Option<Vec<DocumentId>>,
    /// Answer only from passages that meet this.
    filter: Option<FilterInput>,
    /// Answer from the versions that were published at this time (RFC 3339).
    as_of: Option<String>,
    /// Language of the answer, a BCP 47 tag such as `de`. Default: that of the question.
    language: Option<String>,
}

impl Callable for Ask {
    const NAME: &'static str = "ask";
    const TITLE: &'static str = "Ask a question";
    const DESCRIPTION: &'static str = "Answers a question from the customer's documents, with citations. Each sentence was checked against what it cites: \
         sentences marked as unsupported are not proved by it. If nothing fits, the answer says so. Takes some seconds; it may \
         call the customer's chat model, which costs.";
    const SCOPE: Scope = Scope::Chat;
    type Arguments = Arguments;
    type Output = ChatAnswer;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<ChatAnswer>> {
        let received = Instant::now();
        let request = request(&arguments)?;
        let question = request.question().map_err(renamed)?;
        let answering = answer(&call.app, &call.retriever, &call.caller, &question, None);
        let asked = Box::pin(answering).await.map_err(renamed)?;
        let text = text(&asked.answer);
        Ok(Shown::with_text(ChatAnswer::new(asked, received), text))
    }
}

/// The same as `POST /api/chat` takes it. The client keeps the conversation.
fn request(arguments: &Arguments) -> Result<ChatRequest> {
    let mut body = json!(arguments);
    if let Value::Object(members) = &mut body {
        let question = members.remove("question").unwrap_or_default();
        members.insert("message".into(), question);
        members.insert("store".into(), false.into());
        members.retain(|_, value| !value.is_null());
    }
    let body = serde_json::to_vec(&body).map_err(Error::internal_fault)?;
    dynrag_api::from_json(&body)
}

/// An error about a field by the name that it has here.
fn renamed(error: Error) -> Error {
    let is_message = |pointer: &str| pointer == "/message";
    if !error
        .fields()
        .iter()
        .any(|field| is_message(&field.pointer))
    {
        return error;
    }
    let mut fields = error.fields().to_vec();
    for field in &mut fields {
        if is_message(&field.pointer) {
            "/question".clone_into(&mut field.pointer);
        }
    }
    Error::fields_invalid(fields)
}

/// The answer in words, with what it cites and what is not supported.
fn text(answer: &Answer) -> String {
    let mut text = answer.answer.clone();
    let mut heading = "\n\nSources:";
    for source in &answer.sources {
        let Some(citation) = answer
            .citations
            .iter()
            .find(|citation| citation.source == source.number)
        else {
            continue;
        };
        let page = citation.page.map(|page| format!(", page {page}"));
        let page = page.unwrap_or_default();
        text.push_str(&format!(
            "{heading}\n[{}] {}{page} (document {}, version {}): \"{}\"",
            source.number, citation.title, citation.document_id, citation.version, citation.quote
        ));
        heading = "";
    }
    let chars: Vec<char> = answer.answer.chars().collect();
    let mut heading = "\n\nNot supported by what is cited:";
    for sentence in &answer.sentences {
        if sentence.verdict == SentenceVerdict::Unsupported {
            let (start, end) = (sentence.span.0 as usize, sentence.span.1 as usize);
            let words: String = chars.get(start..end).unwrap_or_default().iter().collect();
            text.push_str(&format!("{heading}\n- {}", words.trim()));
            heading = "";
        }
    }
    text
}
