//! Text between extraction and storage: extracted text and chunks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ids::DocumentId, versions::VersionNumber, warnings::Warnings};

/// The extracted text of a document, with its sections and properties.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extracted {
    /// The whole text, `\n` line ends, NFC, no NUL.
    pub text: String,
    /// Sections in order; each extends to the start of the next. Text before the first has neither
    /// page nor heading.
    pub sections: Vec<Section>,
    /// The document's own title, if it has one.
    pub title: Option<String>,
    /// Number of pages, for formats that have pages.
    pub pages: Option<u32>,
    /// The reader that extracted the text, such as `pdfium`.
    pub engine: String,
    /// Further properties of the document. Empty for texts stored before properties existed.
    #[serde(default)]
    pub properties: Properties,
    /// Content that the reader left out or replaced. Empty for texts stored before warnings existed.
    #[serde(default, skip_serializing_if = "Warnings::is_empty")]
    pub warnings: Warnings,
}

/// Properties from a document's own metadata, and the language of its text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// The author as the document states it: at most [`MAX_AUTHOR`](Self::MAX_AUTHOR) characters on
    /// one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// ISO 639-1 code if the language has one, else ISO 639-3, in lower case: `de`, `haw`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When it was created, sent or published; in the years 1900 to 2100. A date without a time means
    /// midnight; a time without a zone is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed, with the same rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<DateTime<Utc>>,
}

impl Properties {
    /// Longest author that is kept, in characters.
    pub const MAX_AUTHOR: usize = 200;
}

/// The start of a page or of a heading's section.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Byte offset into [`Extracted::text`], at a character boundary.
    pub start: usize,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Headings above this text, outermost first.
    pub heading_path: Vec<String>,
}

/// A range of a document's text that is small enough to embed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Position in the document, from 0.
    pub index: u32,
    /// The text.
    pub text: String,
    /// SHA-256 of the text, lower-case hex: the key under which its vector is reused.
    pub text_hash: String,
    /// Start and end in characters (Unicode scalar values) of [`Extracted::text`].
    pub char_span: (u32, u32),
    /// Page on which the chunk's own text begins, not counting its overlap with the previous chunk.
    pub page: Option<u32>,
    /// Headings above the chunk's own text; for a chunk that spans several headings, those they have in common.
    pub heading_path: Vec<String>,
    /// Index of the chunk's parent in the document, from 0, if chunks have parents. The children of a
    /// parent follow each other, do not overlap, and have only white space between them. A parent
    /// extends from the start of its first child to the end of its last, so it needs neither a row
    /// nor a span of its own. See [`parent_text`].
    pub parent: Option<u32>,
}

/// Builds a parent's text from its children's texts and spans, in order. The white space between them is
/// not stored: one character of it becomes a line break, more become a paragraph break.
pub fn parent_text<'a>(children: impl IntoIterator<Item = (&'a str, (u32, u32))>) -> String {
    let mut text = String::new();
    let mut last = None;
    for (child, (start, end)) in children {
        text.push_str(match last.map(|last| start.saturating_sub(last)) {
            None | Some(0) => "",
            Some(1) => "\n",
            Some(_) => "\n\n",
        });
        text.push_str(child);
        last = Some(end);
    }
    text
}

/// Returns the common prefix of heading paths; `None` without paths.
pub fn common_path<'a>(paths: impl IntoIterator<Item = &'a [String]>) -> Option<&'a [String]> {
    paths.into_iter().reduce(|path, other| {
        let pairs = path.iter().zip(other);
        &path[..pairs.take_while(|(one, other)| one == other).count()]
    })
}

/// Deterministic id of a chunk: `document:version:index`.
pub fn chunk_id(document: DocumentId, version: VersionNumber, index: u32) -> String {
    format!("{document}:{version}:{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stored_without_properties_is_read() {
        let stored = r#"{"text":"a","sections":[],"title":null,"pages":null,"engine":"plain"}"#;
        let extracted: Extracted = serde_json::from_str(stored).unwrap();
        assert_eq!(extracted.properties, Properties::default());
        let stored = serde_json::to_string(&extracted).unwrap();
        assert!(stored.ends_with(r#""properties":{}}"#), "{stored}");
    }

    #[test]
    fn a_parent_is_its_children_joined() {
        let children = [
            ("ab", (3, 5)),
            ("c", (5, 6)),
            ("d.", (7, 9)),
            ("e", (11, 12)),
        ];
        assert_eq!(parent_text(children), "abc\nd.\n\ne");
        assert_eq!(parent_text([]), "");
    }

    #[test]
    fn the_common_path_is_the_shared_prefix() {
        let path = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let common = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|text| path(text)).collect();
            common_path(paths.iter().map(Vec::as_slice)).map(<[String]>::concat)
        };
        assert_eq!(common(&[]), None);
        for (paths, shared) in [
            (&["ab"][..], "ab"),
            (&["abc", "abd", "ab"], "ab"),
            (&["ab", "cb"], ""),
            (&["a", ""], ""),
        ] {
            assert_eq!(common(paths).as_deref(), Some(shared), "{paths:?}");
        }
    }
}
