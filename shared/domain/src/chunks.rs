//! Text between extraction and storage: what extraction gives, and what a chunk is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ids::DocumentId, warnings::Warnings};

/// The text of a document with what is known about its parts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extracted {
    /// The whole text, `\n` line ends, NFC, no NUL.
    pub text: String,
    /// Sections in order; each reaches to the start of the next. Text before the first has neither
    /// page nor heading.
    pub sections: Vec<Section>,
    /// The document's own title, where it has one.
    pub title: Option<String>,
    /// Number of pages, for formats that have pages.
    pub pages: Option<u32>,
    /// Which reader made this, `pdfium`.
    pub engine: String,
    /// What else the document says of itself. Texts stored before there was this have none of it.
    #[serde(default)]
    pub properties: Properties,
    /// What the reader left out or replaced. Empty for texts that were stored before warnings existed.
    #[serde(default, skip_serializing_if = "Warnings::is_empty")]
    pub warnings: Warnings,
}

/// What a document says of itself, and the language that its text is in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// Who wrote it, as the document puts it: at most [`MAX_AUTHOR`](Self::MAX_AUTHOR) characters on
    /// one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// ISO 639-1 code where the language has one, else ISO 639-3, in small letters: `de`, `haw`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When it was made, sent or published; of the years 1900 to 2100. A day without a time is its
    /// midnight, a time without a zone is UTC's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<DateTime<Utc>>,
}

impl Properties {
    /// Longest author that is kept, in characters.
    pub const MAX_AUTHOR: usize = 200;
}

/// Where a page or a heading begins.
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

/// A stretch of a document's text, small enough to embed.
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
    /// Page on which what the chunk adds begins, its overlap with the chunk before left aside.
    pub page: Option<u32>,
    /// Headings above all of what the chunk adds: of one under several headings, those they have in common.
    pub heading_path: Vec<String>,
    /// Which parent of the document this is a child of, from 0, where chunks have parents. The children
    /// of a parent follow each other, do not overlap, and have nothing but white space between them: a
    /// parent is what reaches from the start of its first child to the end of its last, and needs
    /// neither a row nor a span of its own. See [`parent_text`].
    pub parent: Option<u32>,
}

/// A parent's text, of its children's texts and spans in order. The white space between them is not
/// stored: one character of it becomes a line's end, more become a paragraph's.
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

/// The headings with which all of some paths begin; none where there are no paths.
pub fn common_path<'a>(paths: impl IntoIterator<Item = &'a [String]>) -> Option<&'a [String]> {
    paths.into_iter().reduce(|path, other| {
        let pairs = path.iter().zip(other);
        &path[..pairs.take_while(|(one, other)| one == other).count()]
    })
}

/// Deterministic id of a chunk: `document:version:index`.
pub fn chunk_id(document: DocumentId, version: i32, index: u32) -> String {
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
    fn paths_share_their_beginning() {
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
