//! Vectors of texts that were embedded before.

use std::collections::{HashMap, HashSet};

use arrow_array::{Array, FixedSizeListArray, Float32Array, RecordBatch, StringArray, UInt64Array};
use dynrag_domain::ids::CustomerId;
use futures::TryStreamExt;
use lance::dataset::ProjectionRequest;

use crate::{Error, Recorded, Result, Vectors, recorded, rows::column};

/// Rows read at once; a hash has 64 bytes.
const BATCH: usize = 8192;

/// Vectors fetched at once.
const TAKE: usize = 1024;

impl Vectors {
    /// Finds the vectors of texts by their SHA-256 (64 lower-case hex digits), of superseded versions
    /// too. What is not in the answer has to be embedded.
    ///
    /// One pass over the hash column however many are asked for, then the vectors of the matches.
    ///
    /// # Errors
    /// A hash that is none, [`Error::VersionGone`], or unavailable.
    pub async fn reuse(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        model: &str,
        hashes: &[String],
    ) -> Result<HashMap<String, Vec<f32>>> {
        if !hashes.iter().all(|hash| is_sha256(hash)) {
            return Err(Error::fault("a text hash is not 64 lower-case hex digits"));
        }
        let Some(version) = recorded.filter(|number| recorded::version(*number).is_some()) else {
            return Ok(HashMap::new());
        };
        if hashes.is_empty() {
            return Ok(HashMap::new());
        }
        let dataset = self.dataset(customer, version).await?;
        let mut wanted: HashSet<&str> = hashes.iter().map(String::as_str).collect();

        // Compared here and not by an IN list: the column has to be read either way, and no filter
        // is built from text.
        let mut scanner = dataset.scan();
        scanner.project(&["text_hash", "embedding_model"])?;
        scanner.with_row_id().batch_size(BATCH);
        scanner.io_buffer_size(self.scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        let (mut found, mut rows) = (Vec::new(), Vec::new());
        while let Some(batch) = batches.try_next().await? {
            let stored: &StringArray = column(&batch, "text_hash")?;
            let models: &StringArray = column(&batch, "embedding_model")?;
            let row_ids: &UInt64Array = column(&batch, "_rowid")?;
            for row in 0..batch.num_rows() {
                if models.value(row) == model && wanted.remove(stored.value(row)) {
                    found.push(stored.value(row).to_owned());
                    rows.push(row_ids.value(row));
                }
            }
            if wanted.is_empty() {
                break;
            }
        }

        let mut vectors = HashMap::with_capacity(found.len());
        let projection = || ProjectionRequest::from_columns(["vector"], dataset.schema());
        for (found, rows) in found.chunks(TAKE).zip(rows.chunks(TAKE)) {
            let batch = dataset.take_rows(rows, projection()).await?;
            for (row, hash) in found.iter().enumerate() {
                vectors.insert(hash.clone(), vector(&batch, row)?);
            }
        }
        Ok(vectors)
    }
}

fn vector(batch: &RecordBatch, row: usize) -> Result<Vec<f32>> {
    let vectors: &FixedSizeListArray = column(batch, "vector")?;
    let values = vectors.value(row);
    let values: &Float32Array = values
        .as_any()
        .downcast_ref()
        .ok_or_else(|| Error::fault("vectors are not f32"))?;
    Ok(values.values().to_vec())
}

fn is_sha256(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
