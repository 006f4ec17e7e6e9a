//! The columns of the table: what a row is, and how rows become Arrow batches.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use dynrag_domain::{
    VersionNumber,
    chunks::{Chunk, chunk_id},
    ids::DocumentId,
    metadata::Metadata,
};
use serde_json::Value;

use crate::{Error, Result};

/// Field metadata that declares the primary key to Lance, which does not enforce it.
const PRIMARY_KEY: &str = "lance-schema:unenforced-primary-key";
/// Field metadata of `vector` that names the model, so that opening the table is enough to know it.
const MODEL: &str = "dynrag:embedding-model";

/// Rows readers see, as a filter.
pub(crate) const LIVE: &str = "superseded_at IS NULL";

/// Rows readers saw at a time, as a filter. Times outside of what a literal can hold (nanoseconds in 64 bits) mean the same
/// as their nearest neighbors: nothing was published so early, and nothing is so late.
pub(crate) fn live_at(time: DateTime<Utc>) -> String {
    let latest = DateTime::from_timestamp_nanos(i64::MAX);
    let time = time
        .clamp(DateTime::UNIX_EPOCH, latest)
        .format("%Y-%m-%d %H:%M:%S%.6f");
    format!(
        "created_at <= TIMESTAMP '{time}' AND (superseded_at IS NULL OR superseded_at > TIMESTAMP '{time}')"
    )
}

/// The column of a chunk's parent, which the first tables do not have.
pub(crate) static PARENT: LazyLock<Field> =
    LazyLock::new(|| Field::new("parent", DataType::UInt32, true));

/// A chunk with its vector.
#[derive(Clone, Debug)]
pub struct Row {
    /// The document.
    pub document: DocumentId,
    /// The document's version.
    pub version: VersionNumber,
    /// The document's title.
    pub title: Arc<str>,
    /// The document's metadata, a JSON object.
    pub metadata: Arc<Metadata>,
    /// The text and where it comes from.
    pub chunk: Chunk,
    /// Its vector: finite, not zero, as long as every other of the table.
    pub vector: Vec<f32>,
    /// Model of the vector; the same for the whole table.
    pub model: Arc<str>,
    /// BCP 47 language, where it is known.
    pub language: Option<String>,
    /// When it was published; `None`: with the change that adds it.
    pub published_at: Option<DateTime<Utc>>,
}

/// The changes of one store step, atomic for readers.
#[derive(Clone, Debug)]
pub struct Change {
    /// Rows to add. Their chunk ids are not in the recorded version: the caller's fencing sees to
    /// it that a version of a document is published once. (Should it fail, readers drop the
    /// second copy.)
    pub append: Vec<Row>,
    /// Versions below the given one of each document are hidden, but kept.
    pub supersede: Vec<(DocumentId, VersionNumber)>,
    /// Documents of which every row is removed.
    pub delete: Vec<DocumentId>,
    /// Versions whose rows are removed; other versions of these documents are kept.
    pub forget: Vec<(DocumentId, VersionNumber)>,
    /// Now: written to `created_at` and `superseded_at`.
    pub at: DateTime<Utc>,
}

impl Change {
    /// An empty change, which still restores a table that is ahead of its recorded version.
    pub fn none(at: DateTime<Utc>) -> Self {
        Self {
            append: Vec::new(),
            supersede: Vec::new(),
            delete: Vec::new(),
            forget: Vec::new(),
            at,
        }
    }
}

/// Model and length of a table's vectors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Space {
    pub(crate) model: String,
    pub(crate) dimension: usize,
}

impl Space {
    /// Reads it from a table's schema.
    pub(crate) fn of(schema: &Schema) -> Result<Self> {
        let field = schema.field_with_name("vector")?;
        let DataType::FixedSizeList(_, dimension) = field.data_type() else {
            return Err(Error::fault("the vector column is not a fixed-size list"));
        };
        Ok(Self {
            model: field.metadata().get(MODEL).cloned().unwrap_or_default(),
            dimension: usize::try_from(*dimension).map_err(Error::fault)?,
        })
    }
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.model, self.dimension)
    }
}

/// Rows to append, ready to be written as often as it takes.
pub(crate) struct Prepared {
    pub(crate) batch: RecordBatch,
    pub(crate) space: Space,
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn schema(space: &Space) -> Result<SchemaRef> {
    let dimension = i32::try_from(space.dimension).map_err(Error::fault)?;
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let key = HashMap::from([(PRIMARY_KEY.to_owned(), "true".to_owned())]);
    let model = HashMap::from([(MODEL.to_owned(), space.model.clone())]);
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Ok(Arc::new(Schema::new(vec![
        text("id").with_metadata(key),
        text("document_id"),
        Field::new("version", DataType::Int32, false),
        Field::new("index", DataType::UInt32, false),
        text("title"),
        text("text"),
        text("text_hash"),
        Field::new("page", DataType::UInt32, true),
        // A JSON array: a list column would cost two more pages to read.
        text("heading_path"),
        Field::new("char_start", DataType::UInt32, false),
        Field::new("char_end", DataType::UInt32, false),
        text("metadata"),
        Field::new("vector", DataType::FixedSizeList(item, dimension), false).with_metadata(model),
        text("embedding_model"),
        Field::new("language", DataType::Utf8, true),
        Field::new("created_at", timestamp(), false),
        Field::new("superseded_at", timestamp(), true),
        PARENT.clone(),
    ])))
}

/// Makes the batch to append; `None` if there is nothing left to append.
///
/// Rows that the same change supersedes or deletes are marked or omitted here, so that the
/// following commits only touch existing rows.
///
/// # Errors
/// Vectors of different lengths or models ([`Error::ModelChanged`]), or without a direction; two
/// rows with the same id.
pub(crate) fn prepare(change: &Change) -> Result<Option<Prepared>> {
    let deleted: HashSet<_> = change.delete.iter().collect();
    let rows: Vec<&Row> = change
        .append
        .iter()
        .filter(|row| !deleted.contains(&row.document))
        .collect();
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let space = Space {
        model: first.model.to_string(),
        dimension: first.vector.len(),
    };
    check(&rows, &space)?;

    let mut lowest_live: HashMap<DocumentId, VersionNumber> = HashMap::new();
    for (document, below) in &change.supersede {
        let lowest = lowest_live.entry(*document).or_insert(*below);
        *lowest = (*lowest).max(*below);
    }
    let at = change.at.timestamp_micros();
    let superseded_at = |row: &Row| {
        lowest_live
            .get(&row.document)
            .is_some_and(|lowest| row.version < *lowest)
            .then_some(at)
    };

    let schema = schema(&space)?;
    let texts = |f: &dyn Fn(&Row) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| f(row))))
    };
    let numbers = |f: &dyn Fn(&Row) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| f(row))))
    };
    let vectors: Float32Array = rows
        .iter()
        .flat_map(|row| row.vector.iter().copied())
        .collect();
    let DataType::FixedSizeList(item, dimension) = schema.field_with_name("vector")?.data_type()
    else {
        return Err(Error::fault("the vector column is not a fixed-size list"));
    };
    let vectors = FixedSizeListArray::try_new(item.clone(), *dimension, Arc::new(vectors), None)?;
    let headings = |row: &Row| Value::from(row.chunk.heading_path.clone()).to_string();
    let pages: UInt32Array = rows.iter().map(|row| row.chunk.page).collect();
    let parents: UInt32Array = rows.iter().map(|row| row.chunk.parent).collect();
    let languages: StringArray = rows.iter().map(|row| row.language.as_deref()).collect();
    let created = TimestampMicrosecondArray::from_iter_values(
        rows.iter()
            .map(|row| row.published_at.map_or(at, |time| time.timestamp_micros())),
    );
    let superseded: TimestampMicrosecondArray = rows.iter().map(|row| superseded_at(row)).collect();
    let columns: Vec<ArrayRef> = vec![
        texts(&|row| chunk_id(row.document, row.version, row.chunk.index)),
        texts(&|row| row.document.to_string()),
        Arc::new(Int32Array::from_iter_values(
            rows.iter().map(|row| row.version.get()),
        )),
        numbers(&|row| row.chunk.index),
        texts(&|row| row.title.to_string()),
        texts(&|row| row.chunk.text.clone()),
        texts(&|row| row.chunk.text_hash.clone()),
        Arc::new(pages),
        texts(&headings),
        numbers(&|row| row.chunk.char_span.0),
        numbers(&|row| row.chunk.char_span.1),
        texts(&|row| row.metadata.as_str().to_owned()),
        Arc::new(vectors),
        texts(&|row| row.model.to_string()),
        Arc::new(languages),
        Arc::new(created.with_timezone("UTC")),
        Arc::new(superseded.with_timezone("UTC")),
        Arc::new(parents),
    ];
    Ok(Some(Prepared {
        batch: RecordBatch::try_new(schema, columns)?,
        space,
    }))
}

fn check(rows: &[&Row], space: &Space) -> Result<()> {
    let mut ids = HashSet::with_capacity(rows.len());
    for row in rows {
        if row.vector.len() != space.dimension || *row.model != *space.model {
            let given = Space {
                model: row.model.to_string(),
                dimension: row.vector.len(),
            };
            return Err(Error::ModelChanged {
                stored: space.to_string(),
                given: given.to_string(),
            });
        }
        let finite = row.vector.iter().all(|value| value.is_finite());
        if !finite || row.vector.iter().all(|value| *value == 0.0) {
            return Err(Error::fault("a vector is zero or not finite"));
        }
        if !ids.insert((row.document, row.version, row.chunk.index)) {
            return Err(Error::fault("two rows to append have the same id"));
        }
    }
    Ok(())
}

/// A column of a batch by name and type.
pub(crate) fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Result<&'a T> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref())
        .ok_or_else(|| Error::fault(format!("column {name} is missing or of another type")))
}

/// A filter on documents. Built from parsed ids only.
pub(crate) fn is_one_of<'a>(documents: impl IntoIterator<Item = &'a DocumentId>) -> String {
    let list: Vec<String> = documents.into_iter().map(|id| format!("'{id}'")).collect();
    format!("document_id IN ({})", list.join(","))
}
