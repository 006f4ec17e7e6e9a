//! Contents of a table: a document's chunks, and whole documents for another model.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{Int32Array, StringArray, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use dynrag_domain::{
    VersionNumber,
    chunks::Chunk,
    ids::{CustomerId, DocumentId},
};
use futures::TryStreamExt;
use lance::Dataset;

use crate::{
    Error, Recorded, Result, Row, Vectors,
    columns::{Columns, document_id, hit_columns, json, version_number},
    rows::{LIVE, Space, column, is_one_of},
};

/// Rows read at once.
const BATCH: usize = 1024;

/// A stored chunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredChunk {
    /// The text and where it comes from.
    pub chunk: Chunk,
    /// BCP 47 language, where it is known.
    pub language: Option<String>,
    /// Model of its vector.
    pub model: String,
}

/// A number under which there is something.
fn written(recorded: Recorded) -> Recorded {
    recorded.filter(|version| version.lance().is_some())
}

impl Vectors {
    /// Chunks of a version of a document from an index on, in order, at most so many; of superseded versions too.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn chunks(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        (document, version): (DocumentId, VersionNumber),
        from: u32,
        most: u32,
    ) -> Result<Vec<StoredChunk>> {
        let Some(recorded) = written(recorded) else {
            return Ok(Vec::new());
        };
        let dataset = self.dataset(customer, recorded).await?;
        let until = from.saturating_add(most);
        // `index` is a word of the filter's language.
        let filter = format!(
            "document_id = '{document}' AND version = {version} AND `index` >= {from} AND `index` < {until}"
        );
        let mut chunks = Vec::new();
        self.read(&dataset, &filter, |columns, extra, row| {
            chunks.push(StoredChunk {
                chunk: extra.chunk(columns, row)?,
                language: columns.language(row).map(str::to_owned),
                model: extra.model.value(row).to_owned(),
            });
            Ok(())
        })
        .await?;
        chunks.sort_unstable_by_key(|stored| stored.chunk.index);
        chunks.dedup_by_key(|stored| stored.chunk.index);
        Ok(chunks)
    }

    /// The live rows of some documents without their vectors, which are empty.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn rows(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        documents: &[DocumentId],
    ) -> Result<Vec<Row>> {
        let (Some(recorded), false) = (written(recorded), documents.is_empty()) else {
            return Ok(Vec::new());
        };
        let dataset = self.dataset(customer, recorded).await?;
        let filter = format!("{LIVE} AND {}", is_one_of(documents));
        let mut rows = Vec::new();
        self.read(&dataset, &filter, |columns, extra, row| {
            rows.push(Row {
                document: columns.document(row)?,
                version: columns.version(row)?,
                title: columns.title(row).into(),
                metadata: Arc::new(json(columns.metadata(row))?),
                chunk: extra.chunk(columns, row)?,
                vector: Vec::new(),
                model: extra.model.value(row).into(),
                language: columns.language(row).map(str::to_owned),
                published_at: Some(extra.published_at(row)?),
            });
            Ok(())
        })
        .await?;
        rows.sort_unstable_by_key(|row| (row.document, row.version, row.chunk.index));
        rows.dedup_by_key(|row| (row.document, row.version, row.chunk.index));
        Ok(rows)
    }

    /// The documents whose rows are live, with their version and how many rows that has.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn documents(
        &self,
        customer: CustomerId,
        recorded: Recorded,
    ) -> Result<BTreeMap<(DocumentId, VersionNumber), u64>> {
        let mut documents = BTreeMap::new();
        let Some(recorded) = written(recorded) else {
            return Ok(documents);
        };
        let dataset = self.dataset(customer, recorded).await?;
        let mut scanner = dataset.scan();
        scanner.project(&["document_id", "version"])?.filter(LIVE)?;
        scanner.io_buffer_size(self.scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let ids: &StringArray = column(&batch, "document_id")?;
            let versions: &Int32Array = column(&batch, "version")?;
            for row in 0..batch.num_rows() {
                let key = (document_id(ids, row)?, version_number(versions, row)?);
                *documents.entry(key).or_default() += 1;
            }
        }
        Ok(documents)
    }

    /// Length of a table's vectors; `None` if no version of it is recorded.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn dimensions(
        &self,
        customer: CustomerId,
        recorded: Recorded,
    ) -> Result<Option<u32>> {
        let Some(recorded) = written(recorded) else {
            return Ok(None);
        };
        let dataset = self.dataset(customer, recorded).await?;
        let space = Space::of(&dataset.schema().into())?;
        Ok(Some(u32::try_from(space.dimension).map_err(Error::fault)?))
    }

    async fn read(
        &self,
        dataset: &Dataset,
        filter: &str,
        mut take: impl FnMut(&Columns<'_>, &Extra<'_>, usize) -> Result<()>,
    ) -> Result<()> {
        let mut columns = hit_columns(dataset);
        columns.extend(["text_hash", "embedding_model", "created_at"]);
        let mut scanner = dataset.scan();
        scanner.project(&columns)?.filter(filter)?;
        scanner.batch_size(BATCH).io_buffer_size(self.scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let columns = Columns::of(&batch)?;
            let extra = Extra {
                hash: column(&batch, "text_hash")?,
                model: column(&batch, "embedding_model")?,
                created: column(&batch, "created_at")?,
            };
            for row in 0..batch.num_rows() {
                take(&columns, &extra, row)?;
            }
        }
        Ok(())
    }
}

/// Columns a hit has no use for.
struct Extra<'a> {
    hash: &'a StringArray,
    model: &'a StringArray,
    created: &'a TimestampMicrosecondArray,
}

impl Extra<'_> {
    fn published_at(&self, row: usize) -> Result<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.created.value(row))
            .ok_or_else(|| Error::fault("a time in the table is out of range"))
    }

    fn chunk(&self, columns: &Columns<'_>, row: usize) -> Result<Chunk> {
        Ok(Chunk {
            index: columns.index(row),
            text: columns.text(row).to_owned(),
            text_hash: self.hash.value(row).to_owned(),
            char_span: columns.char_span(row),
            page: columns.page(row),
            heading_path: json(columns.heading_path(row))?,
            parent: columns.parent(row),
        })
    }
}
