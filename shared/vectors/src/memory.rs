//! A table held in memory: its live rows, scanned by cosine and looked up by words.

use std::collections::{HashMap, HashSet};

use arrow_array::{
    Array, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray, UInt32Array,
};
use dynrag_domain::{
    VersionNumber,
    chunks::{chunk_id, common_path, parent_text},
    ids::DocumentId,
    search::{Hit, Origin},
};
use futures::TryStreamExt;
use lance::Dataset;

use crate::{
    Error, Result,
    fuse::{CHILDREN, Found, best_children, depth, fuse},
    kernel::{TopK, dot, normalise},
    rows::{LIVE, PARENT, Space, column},
    search::Prepared,
    text::bm25::TextIndex,
};

/// Columns a hit is made of.
pub(crate) const HIT_COLUMNS: [&str; 10] = [
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
];

/// [`HIT_COLUMNS`] and the parent, where a table knows of parents.
pub(crate) fn hit_columns(dataset: &Dataset) -> Vec<&'static str> {
    let parent = dataset.schema().field(PARENT.name()).map(|_| "parent");
    HIT_COLUMNS.into_iter().chain(parent).collect()
}

/// Rows read at once.
const BATCH: usize = 1024;

/// A version of a document.
struct Document {
    id: DocumentId,
    version: VersionNumber,
    title: Box<str>,
    metadata: Box<str>,
}

/// Fields of a chunk other than its vector and its words.
struct Chunk {
    document: u32,
    index: u32,
    page: Option<u32>,
    parent: Option<u32>,
    char_span: (u32, u32),
    /// End of its text in [`Snapshot::texts`]; it starts at the previous one's end.
    text_end: usize,
    /// Into [`Snapshot::headings`].
    heading_path: u32,
}

/// The live rows of one version of a table.
pub(crate) struct Snapshot {
    dimension: usize,
    /// All vectors concatenated, each of length 1.
    vectors: Vec<f32>,
    documents: Vec<Document>,
    chunks: Vec<Chunk>,
    texts: String,
    /// Distinct heading paths as JSON; a document has far fewer of them than chunks.
    headings: Vec<Box<str>>,
    words: TextIndex,
    /// Whether any chunk has a parent.
    parents: bool,
    /// Rows in the order of their ids, and the place of each row in it: the key equal scores are
    /// ordered by.
    in_order: Vec<u32>,
    place: Vec<u32>,
}

/// Numbers given to what was met before, while loading.
#[derive(Default)]
struct Interned {
    documents: HashMap<(DocumentId, VersionNumber), u32>,
    headings: HashMap<Box<str>, u32>,
    chunks: HashSet<(u32, u32)>,
    duplicates: usize,
}

impl Snapshot {
    /// Reads the live rows of a table; `None` where they take more than `most` bytes.
    pub(crate) async fn load(
        dataset: &Dataset,
        most: usize,
        scan_bytes: u64,
    ) -> Result<Option<Self>> {
        let dimension = Space::of(&dataset.schema().into())?.dimension;
        let rows = dataset.count_rows(None).await?;
        let vector_bytes = dimension * size_of::<f32>();
        // An estimate: counts superseded rows, which are not kept, and ignores texts, which are.
        if rows.saturating_mul(vector_bytes) > most {
            return Ok(None);
        }
        let mut snapshot = Self {
            dimension,
            vectors: Vec::with_capacity(rows * dimension),
            documents: Vec::new(),
            chunks: Vec::with_capacity(rows),
            texts: String::new(),
            headings: Vec::new(),
            words: TextIndex::default(),
            parents: false,
            in_order: Vec::new(),
            place: Vec::new(),
        };
        let mut interned = Interned::default();
        let mut scanner = dataset.scan();
        let mut columns = hit_columns(dataset);
        columns.push("vector");
        scanner.project(&columns)?.filter(LIVE)?;
        scanner.batch_size(BATCH).io_buffer_size(scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            snapshot.push(&batch, &mut interned)?;
            if snapshot.bytes() > most {
                return Ok(None);
            }
        }
        if interned.duplicates > 0 {
            tracing::error!(
                duplicates = interned.duplicates,
                version = dataset.version().version,
                "a table holds rows twice"
            );
        }
        snapshot.finish();
        Ok(Some(snapshot))
    }

    fn push(&mut self, batch: &RecordBatch, interned: &mut Interned) -> Result<()> {
        let columns = Columns::of(batch)?;
        let vectors: &FixedSizeListArray = column(batch, "vector")?;
        let vectors: &Float32Array = vectors
            .values()
            .as_any()
            .downcast_ref()
            .ok_or_else(|| Error::fault("vectors are not f32"))?;
        let vectors = vectors.values().chunks_exact(self.dimension);
        for (row, vector) in (0..batch.num_rows()).zip(vectors) {
            let id = columns.document(row)?;
            let version = columns.version(row)?;
            let index = columns.index.value(row);
            let document = *interned.documents.entry((id, version)).or_insert_with(|| {
                self.documents.push(Document {
                    id,
                    version,
                    title: columns.title.value(row).into(),
                    metadata: columns.metadata.value(row).into(),
                });
                self.documents.len() as u32 - 1
            });
            if !interned.chunks.insert((document, index)) {
                interned.duplicates += 1;
                continue;
            }
            let headings = columns.heading_path.value(row);
            let heading_path = match interned.headings.get(headings) {
                Some(known) => *known,
                None => {
                    self.headings.push(headings.into());
                    let number = self.headings.len() as u32 - 1;
                    interned.headings.insert(headings.into(), number);
                    number
                }
            };
            let text = columns.text.value(row);
            self.texts.push_str(text);
            self.words.push(text);
            let parent = columns.parent(row);
            self.parents |= parent.is_some();
            self.chunks.push(Chunk {
                document,
                index,
                page: columns.page(row),
                parent,
                char_span: columns.char_span(row),
                text_end: self.texts.len(),
                heading_path,
            });
            let start = self.vectors.len();
            self.vectors.extend_from_slice(vector);
            normalise(&mut self.vectors[start..]);
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.texts.shrink_to_fit();
        self.vectors.shrink_to_fit();
        self.chunks.shrink_to_fit();
        let key = |row: &u32| {
            let chunk = &self.chunks[*row as usize];
            let document = &self.documents[chunk.document as usize];
            (document.id, document.version, chunk.index)
        };
        let mut in_order: Vec<u32> = (0..self.chunks.len() as u32).collect();
        in_order.sort_unstable_by_key(key);
        self.place = vec![0; in_order.len()];
        for (place, row) in (0u32..).zip(&in_order) {
            self.place[*row as usize] = place;
        }
        self.in_order = in_order;
    }

    /// Approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let documents = self.documents.iter();
        self.vectors.capacity() * size_of::<f32>()
            + self.texts.capacity()
            + self.chunks.capacity() * (size_of::<Chunk>() + 2 * size_of::<u32>())
            + documents
                .map(|d| size_of::<Document>() + d.title.len() + d.metadata.len())
                .sum::<usize>()
            + self.headings.iter().map(|h| h.len() + 16).sum::<usize>()
            + self.words.bytes()
    }

    /// Answers a query without any request.
    pub(crate) fn search(&self, query: &Prepared<'_>) -> Result<Vec<Hit>> {
        query.fits(self.dimension)?;
        let admitted: Vec<bool> = self.documents.iter().map(|d| query.admits(d.id)).collect();
        let admits = |row: usize| admitted[self.chunks[row].document as usize];
        let mut depth = depth(query.mode, query.top_k);
        if self.parents {
            depth *= CHILDREN;
        }

        let mut nearest = TopK::new(depth);
        if let Some(vector) = &query.vector {
            for (row, other) in self.vectors.chunks_exact(self.dimension).enumerate() {
                if admits(row) {
                    nearest.push(dot(vector, other), self.place[row]);
                }
            }
        }
        let mut matching = TopK::new(depth);
        if let Some(text) = query.text {
            for (row, score) in self.words.search(text) {
                if admits(row as usize) {
                    matching.push(score, self.place[row as usize]);
                }
            }
        }
        let found = fuse(
            query.mode,
            &nearest.into_ranked(),
            &matching.into_ranked(),
            query.min_score,
        );
        let parent = |place: &u32| {
            let chunk = self.at(*place as usize).1;
            chunk.parent.map(|parent| (chunk.document, parent))
        };
        best_children(found, parent, query.top_k)
            .into_iter()
            .map(|found| self.hit(found))
            .collect()
    }

    /// The chunk at a place in the order of ids, and its row.
    fn at(&self, place: usize) -> (usize, &Chunk) {
        let row = self.in_order[place] as usize;
        (row, &self.chunks[row])
    }

    fn text(&self, row: usize) -> &str {
        let start = row
            .checked_sub(1)
            .map_or(0, |before| self.chunks[before].text_end);
        &self.texts[start..self.chunks[row].text_end]
    }

    /// The places of a chunk and its siblings.
    fn family(&self, place: usize) -> std::ops::Range<usize> {
        let of = |place: usize| {
            let chunk = self.at(place).1;
            (chunk.document, chunk.parent)
        };
        let (mut start, mut end) = (place, place + 1);
        if of(place).1.is_some() {
            while start > 0 && of(start - 1) == of(place) {
                start -= 1;
            }
            while end < self.in_order.len() && of(end) == of(place) {
                end += 1;
            }
        }
        start..end
    }

    fn hit(&self, found: Found<u32>) -> Result<Hit> {
        let place = found.key as usize;
        let (row, chunk) = self.at(place);
        let document = &self.documents[chunk.document as usize];
        let shown = match chunk.parent {
            None => Shown::chunk(self.text(row), chunk.char_span),
            Some(_) => Shown::parent(
                self.family(place).map(|place| {
                    let (row, child) = self.at(place);
                    let headings = &*self.headings[child.heading_path as usize];
                    (self.text(row), child.char_span, headings)
                }),
                chunk.char_span,
            )?,
        };
        let headings = &self.headings[chunk.heading_path as usize];
        Ok(Hit {
            origin: Origin::default(),
            chunk_id: chunk_id(document.id, document.version, chunk.index),
            document_id: document.id,
            title: document.title.to_string(),
            version: document.version,
            page: chunk.page,
            heading_path: shown.heading_path.map_or_else(|| json(headings), Ok)?,
            char_span: shown.char_span,
            text: shown.text,
            match_span: shown.match_span,
            score: found.score,
            ranks: found.ranks,
            metadata: json(&document.metadata)?,
        })
    }
}

/// The text of a hit, and where it is from.
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) char_span: (u32, u32),
    match_span: Option<(u32, u32)>,
    /// Set if it differs from the chunk's own.
    heading_path: Option<Vec<String>>,
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
        children: impl Iterator<Item = (&'a str, (u32, u32), &'a str)> + Clone,
        found: (u32, u32),
    ) -> Result<Self> {
        let start = children.clone().map(|(_, span, _)| span.0).min();
        let end = children.clone().map(|(_, span, _)| span.1).max();
        let paths = children.clone().map(|(.., headings)| json(headings));
        let paths: Vec<Vec<String>> = paths.collect::<Result<_>>()?;
        Ok(Self {
            text: parent_text(children.map(|(text, span, _)| (text, span))),
            char_span: (start.unwrap_or(found.0), end.unwrap_or(found.1)),
            match_span: Some(found),
            heading_path: common_path(paths.iter().map(Vec::as_slice)).map(<[_]>::to_vec),
        })
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
            score: found.score,
            ranks: found.ranks,
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

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::fault)
}
