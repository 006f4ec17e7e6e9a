//! Rows: what is indexed of a chunk, and the record of it that a segment returns.

use chrono::{DateTime, Utc};
use dynrag_domain::{VersionNumber, ids::DocumentId};

use crate::{
    error::Corrupt,
    wire::{Reader, put_text, put_varint},
};

/// A chunk to index.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The document.
    pub document: DocumentId,
    /// The document's version.
    pub version: VersionNumber,
    /// When the version became visible. Kept in microseconds.
    pub published_at: DateTime<Utc>,
    /// When a later version replaced it.
    pub superseded_at: Option<DateTime<Utc>>,
    /// Position in the document, from 0.
    pub index: u32,
    /// Page on which the chunk starts; less than `u32::MAX`.
    pub page: Option<u32>,
    /// Index of the chunk's parent; less than `u32::MAX`.
    pub parent: Option<u32>,
    /// Start and end in characters of the extracted text.
    pub char_span: (u32, u32),
    /// BCP 47 language, where it is known.
    pub language: Option<&'a str>,
    /// The document's title.
    pub title: &'a str,
    /// Headings above the chunk, outermost first.
    pub heading_path: &'a [String],
    /// The chunk's text.
    pub text: &'a str,
    /// SHA-256 of the text, lower-case hex.
    pub text_hash: &'a str,
    /// The document's metadata, a JSON object as text.
    pub metadata: &'a str,
    /// Its vector: finite, not zero, as long as every other of the segment. Kept with length 1.
    pub vector: &'a [f32],
}

/// A row as a segment returns it: all that a hit needs.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The document.
    pub document: DocumentId,
    /// The document's version.
    pub version: VersionNumber,
    /// When the version became visible.
    pub published_at: DateTime<Utc>,
    /// Position in the document, from 0.
    pub index: u32,
    /// Page on which the chunk starts.
    pub page: Option<u32>,
    /// Index of the chunk's parent.
    pub parent: Option<u32>,
    /// Start and end in characters of the extracted text.
    pub char_span: (u32, u32),
    /// BCP 47 language, where it is known.
    pub language: Option<String>,
    /// The document's title when the chunk was stored.
    pub title: String,
    /// Headings above the chunk, outermost first.
    pub heading_path: Vec<String>,
    /// The chunk's text.
    pub text: String,
    /// SHA-256 of the text, lower-case hex.
    pub text_hash: String,
    /// The document's metadata, a JSON object as text.
    pub metadata: String,
}

/// Identifies a chunk, and orders chunks of equal scores.
pub(crate) type Key = (DocumentId, VersionNumber, u32);

/// Writes what no column of the segment holds.
pub(crate) fn put_record(out: &mut Vec<u8>, row: &Row<'_>) {
    put_varint(out, row.char_span.0.into());
    put_varint(out, row.char_span.1.into());
    put_text(out, row.title);
    put_varint(out, row.heading_path.len() as u64);
    for heading in row.heading_path {
        put_text(out, heading);
    }
    put_text(out, row.text);
    put_text(out, row.text_hash);
    put_text(out, row.metadata);
}

/// What [`put_record`] wrote, without copies.
pub(crate) struct Stored<'a> {
    pub(crate) char_span: (u32, u32),
    pub(crate) title: &'a str,
    pub(crate) heading_path: Vec<&'a str>,
    pub(crate) text: &'a str,
    pub(crate) text_hash: &'a str,
    pub(crate) metadata: &'a str,
}

impl<'a> Stored<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(bytes);
        let char_span = (reader.varint_u32()?, reader.varint_u32()?);
        let title = reader.text()?;
        let headings = reader.varint_u32()?;
        // Collected one by one: the count may be anything.
        let heading_path = (0..headings)
            .map(|_| reader.text())
            .collect::<Result<_, _>>()?;
        let stored = Self {
            char_span,
            title,
            heading_path,
            text: reader.text()?,
            text_hash: reader.text()?,
            metadata: reader.text()?,
        };
        reader.end()?;
        Ok(stored)
    }
}
