//! The columns of a batch that hits are made of.

use arrow_array::{Array, Int32Array, RecordBatch, StringArray, UInt32Array};
use dynrag_domain::{
    VersionNumber,
    chunks::{chunk_id, common_path, parent_text},
    ids::DocumentId,
    search::{Hit, Origin},
};
use lance::Dataset;

use crate::{
    Error, Result,
    fuse::Found,
    rows::{PARENT, column},
};

/// Columns a hit is made of.
pub(crate) const HIT_COLUMNS: [&str; 11] = [
    "document_id",
    "version",
    "index",
    "title",
    "text",
    "page",
    "heading_path",
    "char_start",
    "char_end",
    "metadata",
    "language",
];

/// [`HIT_COLUMNS`] and the parent, where a table knows of parents.
pub(crate) fn hit_columns(dataset: &Dataset) -> Vec<&'static str> {
    let parent = dataset.schema().field(PARENT.name()).map(|_| "parent");
    HIT_COLUMNS.into_iter().chain(parent).collect()
}

/// The text of a hit, and where it is from.
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) char_span: (u32, u32),
    pub(crate) match_span: Option<(u32, u32)>,
    /// Set if it differs from the chunk's own.
    pub(crate) heading_path: Option<Vec<String>>,
}

impl Shown {
    pub(crate) fn chunk(text: &str, char_span: (u32, u32)) -> Self {
        Self {
            text: text.to_owned(),
            char_span,
            match_span: None,
            heading_path: None,
        }
    }

    /// The whole parent of a matched child, made from the texts, spans and headings of its children in
    /// order.
    pub(crate) fn parent<'a>(
        children: impl Iterator<Item = (&'a str, (u32, u32), &'a [String])> + Clone,
        found: (u32, u32),
    ) -> Self {
        let start = children.clone().map(|(_, span, _)| span.0).min();
        let end = children.clone().map(|(_, span, _)| span.1).max();
        let path = common_path(children.clone().map(|(.., headings)| headings));
        Self {
            heading_path: path.map(<[_]>::to_vec),
            text: parent_text(children.map(|(text, span, _)| (text, span))),
            char_span: (start.unwrap_or(found.0), end.unwrap_or(found.1)),
            match_span: Some(found),
        }
    }
}

/// [`HIT_COLUMNS`] of a batch.
pub(crate) struct Columns<'a> {
    document_id: &'a StringArray,
    version: &'a Int32Array,
    index: &'a UInt32Array,
    title: &'a StringArray,
    text: &'a StringArray,
    page: &'a UInt32Array,
    heading_path: &'a StringArray,
    char_start: &'a UInt32Array,
    char_end: &'a UInt32Array,
    metadata: &'a StringArray,
    language: &'a StringArray,
    parent: Option<&'a UInt32Array>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        Ok(Self {
            document_id: column(batch, "document_id")?,
            version: column(batch, "version")?,
            index: column(batch, "index")?,
            title: column(batch, "title")?,
            text: column(batch, "text")?,
            page: column(batch, "page")?,
            heading_path: column(batch, "heading_path")?,
            char_start: column(batch, "char_start")?,
            char_end: column(batch, "char_end")?,
            metadata: column(batch, "metadata")?,
            language: column(batch, "language")?,
            parent: column(batch, PARENT.name()).ok(),
        })
    }

    pub(crate) fn text(&self, row: usize) -> &'a str {
        self.text.value(row)
    }

    pub(crate) fn document(&self, row: usize) -> Result<DocumentId> {
        document_id(self.document_id, row)
    }

    pub(crate) fn page(&self, row: usize) -> Option<u32> {
        (!self.page.is_null(row)).then(|| self.page.value(row))
    }

    pub(crate) fn title(&self, row: usize) -> &'a str {
        self.title.value(row)
    }

    pub(crate) fn metadata(&self, row: usize) -> &'a str {
        self.metadata.value(row)
    }

    pub(crate) fn language(&self, row: usize) -> Option<&'a str> {
        (!self.language.is_null(row)).then(|| self.language.value(row))
    }

    /// A JSON array.
    pub(crate) fn heading_path(&self, row: usize) -> &'a str {
        self.heading_path.value(row)
    }

    pub(crate) fn version(&self, row: usize) -> Result<VersionNumber> {
        version_number(self.version, row)
    }

    pub(crate) fn index(&self, row: usize) -> u32 {
        self.index.value(row)
    }

    pub(crate) fn parent(&self, row: usize) -> Option<u32> {
        self.parent
            .filter(|parents| !parents.is_null(row))
            .map(|parents| parents.value(row))
    }

    pub(crate) fn char_span(&self, row: usize) -> (u32, u32) {
        (self.char_start.value(row), self.char_end.value(row))
    }

    /// The hit a row makes.
    pub(crate) fn hit<T>(&self, row: usize, found: &Found<T>, shown: Shown) -> Result<Hit> {
        let document = self.document(row)?;
        let version = self.version(row)?;
        Ok(Hit {
            origin: Origin::default(),
            chunk_id: chunk_id(document, version, self.index.value(row)),
            document_id: document,
            title: self.title.value(row).to_owned(),
            version,
            page: self.page(row),
            heading_path: shown
                .heading_path
                .map_or_else(|| json(self.heading_path.value(row)), Ok)?,
            char_span: shown.char_span,
            text: shown.text,
            match_span: shown.match_span,
            highlights: None,
            neighbors: None,
            language: self.language(row).map(str::to_owned),
            score: found.score,
            rerank_score: None,
            ranks: found.ranks,
            scores: found.scores,
            metadata: json(self.metadata.value(row))?,
        })
    }
}

/// Reads a document's id; an invalid id was not written by us.
pub(crate) fn document_id(column: &StringArray, row: usize) -> Result<DocumentId> {
    column
        .value(row)
        .parse()
        .map_err(|_| Error::fault("a document id in the table is not an id"))
}

/// Reads a version's number; an invalid number was not written by us.
pub(crate) fn version_number(column: &Int32Array, row: usize) -> Result<VersionNumber> {
    VersionNumber::try_from(column.value(row))
        .map_err(|_| Error::fault("a version in the table is not a version number"))
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::fault)
}
