//! The segments of a table: written with each change, merged, built of the whole table, and cleaned of what was removed.
//!
//! No method here changes what readers see: that is what Postgres records.

use std::collections::HashSet;

use arrow_array::{
    Array, FixedSizeListArray, Float32Array, StringArray, TimestampMicrosecondArray,
};
use chrono::{DateTime, TimeDelta, Utc};
use dynrag_domain::{
    ids::CustomerId,
    segments::{Before, SegmentName, SegmentRef},
    tables::TableVersion,
};
use dynrag_index::{Builder, Keep, Options, Recall, Row as IndexRow, Tombstone};
use futures::TryStreamExt;

use crate::{
    Change, Error, Result, Vectors,
    columns::{Columns, hit_columns, json},
    objects::Objects,
    rows::{Space, column},
};

/// Rows read at once: 1,536 dimensions make 3 MB of them.
const BATCH: usize = 512;
/// What a builder holds of a row beside its vector and record: words, columns, codes.
const BESIDE: usize = 1_000;
/// Share of superseded rows from which they get a segment of their own, so that searches of the present read less.
const HISTORY: (usize, usize) = (1, 4);

/// What a change hides of rows before it.
fn tombstones(change: &Change) -> impl Iterator<Item = Tombstone> {
    let supersede = change
        .supersede
        .iter()
        .map(|(document, below)| Tombstone::Supersede {
            document: *document,
            below: *below,
            at: change.at,
        });
    supersede.chain(removals(change))
}

/// What a change removes without a trace.
fn removals(change: &Change) -> impl Iterator<Item = Tombstone> {
    let delete = change.delete.iter().map(|document| Tombstone::Delete {
        document: *document,
    });
    let forget = change
        .forget
        .iter()
        .map(|(document, version)| Tombstone::Forget {
            document: *document,
            version: *version,
        });
    delete.chain(forget)
}

impl Vectors {
    pub(crate) async fn objects(&self) -> Result<&Objects> {
        self.objects
            .get_or_try_init(async || Objects::new(&self.location, &self.options))
            .await
    }

    /// Writes the segment of a change; `None` if it changes nothing. It is read once Postgres has recorded it with the
    /// version that [`Vectors::store`] returns for the same change.
    ///
    /// # Errors
    /// Unavailable where the object store does not answer. An object that no list names is deleted later
    /// ([`Vectors::delete_orphans`]).
    pub async fn write_segment(
        &self,
        customer: CustomerId,
        change: &Change,
    ) -> Result<Option<SegmentRef>> {
        let mut builder = Builder::new(Options::default());
        for row in &change.append {
            let chunk = &row.chunk;
            let row_of = IndexRow {
                document: row.document,
                version: row.version,
                published_at: row.published_at.unwrap_or(change.at),
                superseded_at: None,
                index: chunk.index,
                page: chunk.page,
                parent: chunk.parent,
                char_span: chunk.char_span,
                language: row.language.as_deref(),
                title: &row.title,
                heading_path: &chunk.heading_path,
                text: &chunk.text,
                text_hash: &chunk.text_hash,
                metadata: row.metadata.as_str(),
                vector: &row.vector,
            };
            builder.push(&row_of, &row.model)?;
        }
        tombstones(change).for_each(|tombstone| builder.bury(tombstone));
        self.objects().await?.write(customer, builder).await
    }

    /// Makes one segment of a run of them, or two if many of their rows are superseded: then those are apart. `before`
    /// says what precedes the run, which its tombstones are kept for.
    ///
    /// Memory is that of the segments' bytes and a quarter more.
    ///
    /// # Errors
    /// As for a search; [`Error::Segment`] names a segment that is to be rebuilt.
    pub async fn merge_segments(
        &self,
        customer: CustomerId,
        run: &[SegmentRef],
        before: Before,
    ) -> Result<Vec<SegmentRef>> {
        let objects = self.objects().await?;
        let merge = async |keep, tombstones| {
            let options = Options {
                keep,
                tombstones,
                ..Options::default()
            };
            dynrag_index::merge(objects, customer, run, options).await
        };
        let is_needed = before > Before::Nothing;
        let mut builder = merge(Keep::All, is_needed).await?;
        if before == Before::History {
            builder.keep_removals();
        }
        let (rows, current) = builder.counts();
        let many = (rows - current) * HISTORY.1 >= rows * HISTORY.0;
        let mut written = Vec::new();
        if many && current > 0 {
            builder.keep(Keep::Current, is_needed);
            written.extend(objects.write(customer, builder).await?);
            builder = merge(Keep::Superseded, false).await?;
        }
        written.extend(objects.write(customer, builder).await?);
        Ok(written)
    }

    /// Writes a segment again, without what a change removes; none if nothing is left.
    ///
    /// # Errors
    /// As for [`Vectors::merge_segments`].
    pub async fn clean_segment(
        &self,
        customer: CustomerId,
        segment: SegmentRef,
        before: Before,
        change: &Change,
    ) -> Result<Vec<SegmentRef>> {
        let objects = self.objects().await?;
        let options = Options {
            tombstones: before > Before::Nothing,
            ..Options::default()
        };
        let mut builder = dynrag_index::merge(objects, customer, &[segment], options).await?;
        removals(change).for_each(|removal| builder.cover(removal));
        let written = objects.write(customer, builder).await?;
        Ok(written.into_iter().collect())
    }

    /// Builds segments of a whole table, each of at most `most_bytes` in memory.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn build_segments(
        &self,
        customer: CustomerId,
        version: TableVersion,
        most_bytes: usize,
    ) -> Result<Vec<SegmentRef>> {
        let mut built = Vec::new();
        let result = self.build(customer, version, most_bytes, &mut built).await;
        if let Err(error) = result {
            let names = built.iter().map(|segment: &SegmentRef| segment.name);
            self.delete_segments(customer, names).await?;
            return Err(error);
        }
        Ok(built)
    }

    async fn build(
        &self,
        customer: CustomerId,
        version: TableVersion,
        most_bytes: usize,
        built: &mut Vec<SegmentRef>,
    ) -> Result<()> {
        if version.lance().is_none() {
            return Ok(());
        }
        let objects = self.objects().await?;
        let dataset = self.dataset(customer, version).await?;
        let space = Space::of(&dataset.schema().into())?;
        let options = Options {
            tombstones: false,
            ..Options::default()
        };
        let mut scanner = dataset.scan();
        let mut columns = hit_columns(&dataset);
        columns.extend(["vector", "text_hash", "created_at", "superseded_at"]);
        scanner.project(&columns)?;
        scanner.batch_size(BATCH).io_buffer_size(self.scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        let (mut builder, mut bytes) = (Builder::new(options), 0);
        while let Some(batch) = batches.try_next().await? {
            let columns = Columns::of(&batch)?;
            let vectors: &FixedSizeListArray = column(&batch, "vector")?;
            let vectors: &Float32Array = vectors
                .values()
                .as_any()
                .downcast_ref()
                .ok_or_else(|| Error::fault("vectors are not f32"))?;
            let vectors = vectors.values().chunks_exact(space.dimension);
            let hashes: &StringArray = column(&batch, "text_hash")?;
            let created: &TimestampMicrosecondArray = column(&batch, "created_at")?;
            let superseded: &TimestampMicrosecondArray = column(&batch, "superseded_at")?;
            for (row, vector) in (0..batch.num_rows()).zip(vectors) {
                let heading_path: Vec<String> = json(columns.heading_path(row))?;
                let superseded = (!superseded.is_null(row)).then(|| superseded.value(row));
                let row_of = IndexRow {
                    document: columns.document(row)?,
                    version: columns.version(row)?,
                    published_at: time(created.value(row))?,
                    superseded_at: superseded.map(time).transpose()?,
                    index: columns.index(row),
                    page: columns.page(row),
                    parent: columns.parent(row),
                    char_span: columns.char_span(row),
                    language: columns.language(row),
                    title: columns.title(row),
                    heading_path: &heading_path,
                    text: columns.text(row),
                    text_hash: hashes.value(row),
                    metadata: columns.metadata(row),
                    vector,
                };
                builder.push(&row_of, &space.model)?;
                bytes += 2 * size_of_val(vector)
                    + columns.text(row).len()
                    + columns.metadata(row).len()
                    + BESIDE;
                if bytes >= most_bytes {
                    let full = std::mem::replace(&mut builder, Builder::new(options));
                    built.extend(objects.write(customer, full).await?);
                    bytes = 0;
                }
            }
        }
        built.extend(objects.write(customer, builder).await?);
        Ok(())
    }

    /// The segments that hold something of what a change removes.
    ///
    /// # Errors
    /// As for a search.
    pub async fn segments_with(
        &self,
        customer: CustomerId,
        segments: &[SegmentRef],
        change: &Change,
    ) -> Result<Vec<SegmentRef>> {
        let removals: Vec<Tombstone> = removals(change).collect();
        let objects = self.objects().await?;
        let holds = self
            .cache
            .holds(objects, customer, segments, &removals)
            .await?;
        let holding = segments.iter().zip(holds).filter(|(_, holds)| *holds);
        Ok(holding.map(|(segment, _)| *segment).collect())
    }

    /// Measures the recall of searches by vector with some of the table's own vectors; reads all rows once.
    ///
    /// # Errors
    /// As for a search.
    pub async fn recall(
        &self,
        customer: CustomerId,
        segments: &[SegmentRef],
        queries: usize,
    ) -> Result<Recall> {
        let objects = self.objects().await?;
        Ok(dynrag_index::recall(&self.cache, objects, customer, segments, queries).await?)
    }

    /// Deletes segments, which no list names any more. Readers of an older list get [`Error::Segment`] and read the present
    /// one.
    ///
    /// # Errors
    /// Unavailable where the object store does not answer.
    pub async fn delete_segments(
        &self,
        customer: CustomerId,
        segments: impl IntoIterator<Item = SegmentName>,
    ) -> Result<()> {
        self.objects().await?.delete(customer, segments).await
    }

    /// Deletes the segments that are of an age and not named.
    ///
    /// # Errors
    /// Unavailable where the object store does not answer.
    pub async fn delete_orphans(
        &self,
        customer: CustomerId,
        named: &HashSet<SegmentName>,
        age: TimeDelta,
    ) -> Result<Orphans> {
        let objects = self.objects().await?;
        let before = Utc::now() - age;
        let mut unnamed = objects.list(customer).await?;
        unnamed.retain(|(name, _)| !named.contains(name));
        let is_old = |(_, written): &&(SegmentName, DateTime<Utc>)| *written <= before;
        let old: Vec<SegmentName> = unnamed
            .iter()
            .filter(is_old)
            .map(|(name, _)| *name)
            .collect();
        let deleted = old.len();
        objects.delete(customer, old).await?;
        unnamed.retain(|(_, written)| *written > before);
        Ok(Orphans {
            deleted,
            left: unnamed.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

/// Segments that no list names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Orphans {
    /// How many were deleted.
    pub deleted: usize,
    /// Those that are too young.
    pub left: HashSet<SegmentName>,
}

fn time(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Error::fault("a time in the table is out of range"))
}
