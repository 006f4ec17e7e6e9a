//! The output of a response: the search, and the message with its citations.

use dynrag_domain::{
    AnswerId,
    answers::{Answer, AnswerStatus},
    search::Hit,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    attributes::{self, Attributes},
    ids::FileId,
};

const WITHDRAWN: &str = "This answer was removed with a document that it was from.";

/// An item of the output.
#[derive(Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = ResponseOutputItem)]
pub(crate) enum OutputItem {
    /// The search for the question.
    FileSearchCall {
        id: String,
        status: &'static str,
        /// What was searched for.
        queries: Vec<String>,
        /// What was found, if `include` asks for it.
        #[schema(required)]
        results: Option<Vec<FileSearchResult>>,
    },
    /// The answer.
    Message {
        id: String,
        status: &'static str,
        role: &'static str,
        content: Vec<OutputContent>,
    },
}

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct FileSearchResult {
    #[schema(value_type = String)]
    file_id: FileId,
    filename: String,
    /// Its score in the search.
    score: f32,
    /// Texts, numbers and truth values of its metadata.
    #[schema(value_type = Object)]
    attributes: Attributes,
    /// The passage.
    text: String,
}

impl From<&Hit> for FileSearchResult {
    fn from(hit: &Hit) -> Self {
        let name = hit.origin.file_name.clone();
        Self {
            file_id: FileId(hit.document_id),
            filename: name.unwrap_or_else(|| hit.title.clone()),
            score: hit.score,
            attributes: attributes::of(&hit.metadata),
            text: hit.text.clone(),
        }
    }
}

#[derive(Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = ResponseOutputContent)]
pub(crate) enum OutputContent {
    OutputText {
        /// With a marker such as `[1]` after what a source says.
        text: String,
        /// What the markers cite.
        annotations: Vec<FileCitation>,
        #[schema(value_type = Vec<Object>)]
        logprobs: [(); 0],
    },
    Refusal {
        refusal: String,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct FileCitation {
    r#type: &'static str,
    #[schema(value_type = String)]
    file_id: FileId,
    /// The document's title.
    filename: String,
    /// Where the marker begins, in characters.
    index: u32,
}

/// The id of the search.
pub(crate) fn search_id(id: AnswerId) -> String {
    format!("fs_{}", id.as_uuid().simple())
}

/// The id of a message, of which there are several if text had to be withdrawn while it was streamed.
pub(crate) fn message_id(id: AnswerId, number: usize) -> String {
    format!("msg_{}_{number}", id.as_uuid().simple())
}

/// The search.
pub(crate) fn search(id: AnswerId, queries: Vec<String>, status: &'static str) -> OutputItem {
    OutputItem::FileSearchCall {
        id: search_id(id),
        status,
        queries,
        results: None,
    }
}

/// A text with what it cites.
pub(crate) fn text(text: &str, annotations: Vec<FileCitation>) -> OutputContent {
    OutputContent::OutputText {
        text: text.to_owned(),
        annotations,
        logprobs: [],
    }
}

/// What an answer cites.
pub(crate) fn citations(answer: &Answer) -> Vec<FileCitation> {
    let citations = answer.citations.iter().map(|citation| FileCitation {
        r#type: "file_citation",
        file_id: FileId(citation.document_id),
        filename: citation.title.clone(),
        index: citation.marker_span.0,
    });
    citations.collect()
}

/// A message.
pub(crate) fn message(
    id: AnswerId,
    number: usize,
    status: &'static str,
    content: Vec<OutputContent>,
) -> OutputItem {
    OutputItem::Message {
        id: message_id(id, number),
        status,
        role: "assistant",
        content,
    }
}

/// The content of an answer's message.
pub(crate) fn content(answer: &Answer) -> OutputContent {
    match answer.status {
        AnswerStatus::Withdrawn => OutputContent::Refusal {
            refusal: WITHDRAWN.to_owned(),
        },
        _ => text(&answer.answer, citations(answer)),
    }
}

/// The output of an answer, with its passages if they are asked for.
pub(crate) fn output(
    id: AnswerId,
    number: usize,
    answer: &Answer,
    status: &'static str,
    passages: Option<&[Hit]>,
) -> Vec<OutputItem> {
    let results = passages.map(|hits| hits.iter().map(FileSearchResult::from).collect());
    let search = OutputItem::FileSearchCall {
        id: search_id(id),
        status: "completed",
        queries: vec![answer.query.clone()],
        results,
    };
    vec![search, message(id, number, status, vec![content(answer)])]
}
