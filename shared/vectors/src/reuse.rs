//! Vectors of texts that were embedded before.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arrow_array::{Array, FixedSizeListArray, Float32Array, RecordBatch, StringArray, UInt64Array};
use dynrag_domain::ids::CustomerId;
use futures::TryStreamExt;
use lance::{Dataset, dataset::ProjectionRequest};
use tokio::sync::OnceCell;

use crate::{
    Error, Recorded, Result, Vectors,
    rows::{Space, column},
};

/// Rows read at once; a hash has 64 bytes.
const BATCH: usize = 8192;

/// Vectors fetched at once.
const TAKE: usize = 1024;

/// Maximum rows whose hashes are cached, about 3 MB. The documents of a batch look up one after the other, and
/// each would read the column again.
const MOST_REMEMBERED: usize = 50_000;

/// A SHA-256.
type Hash = [u8; 32];

/// The row of each text's vector, in one version of a table.
pub(crate) type Places = Arc<OnceCell<HashMap<Hash, u64>>>;

impl Vectors {
    /// Finds the vectors of texts by their SHA-256 (64 lower-case hex digits), including those of superseded
    /// versions. Texts missing from the result must be embedded.
    ///
    /// Reads the hash column once, whatever the number of hashes and calls, while the recorded version is
    /// unchanged; then the vectors of the matches.
    ///
    /// # Errors
    /// An invalid hash, [`Error::VersionGone`], or unavailable.
    pub async fn reuse(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        model: &str,
        hashes: &[String],
    ) -> Result<HashMap<String, Vec<f32>>> {
        let wanted: HashMap<Hash, &String> = hashes
            .iter()
            .map(|hash| Some((parse(hash)?, hash)))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::fault("a text hash is not 64 lower-case hex digits"))?;
        let recorded = recorded.filter(|version| version.lance().is_some());
        let (Some(recorded), false) = (recorded, wanted.is_empty()) else {
            return Ok(HashMap::new());
        };
        let dataset = self.dataset(customer, recorded).await?;
        // A table has the vectors of one model.
        if Space::of(&dataset.schema().into())?.model != model {
            return Ok(HashMap::new());
        }
        let (mut found, mut rows) = (Vec::new(), Vec::new());
        let mut take = |hash: &String, row: u64| {
            found.push(hash.clone());
            rows.push(row);
        };
        if dataset.count_rows(None).await? <= MOST_REMEMBERED {
            let places = self.places(customer, recorded);
            let places = places
                .get_or_try_init(async || {
                    let mut places = HashMap::new();
                    self.each_hash(&dataset, |hash, row| {
                        places.entry(hash).or_insert(row);
                        true
                    })
                    .await?;
                    Ok::<_, Error>(places)
                })
                .await?;
            for (hash, text) in &wanted {
                if let Some(row) = places.get(hash) {
                    take(text, *row);
                }
            }
        } else {
            let mut left: HashSet<Hash> = wanted.keys().copied().collect();
            self.each_hash(&dataset, |hash, row| {
                if left.remove(&hash)
                    && let Some(text) = wanted.get(&hash)
                {
                    take(text, row);
                }
                !left.is_empty()
            })
            .await?;
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

    /// Hands out each row's hash and id until told that it is enough (false). Compared by the caller and not
    /// by an IN list: the column has to be read either way, and no filter is built from text.
    async fn each_hash(
        &self,
        dataset: &Dataset,
        mut go_on: impl FnMut(Hash, u64) -> bool,
    ) -> Result<()> {
        let mut scanner = dataset.scan();
        scanner.project(&["text_hash"])?;
        scanner.with_row_id().batch_size(BATCH);
        scanner.io_buffer_size(self.scan_bytes);
        let mut batches = scanner.try_into_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let hashes: &StringArray = column(&batch, "text_hash")?;
            let rows: &UInt64Array = column(&batch, "_rowid")?;
            for row in 0..batch.num_rows() {
                let hash = parse(hashes.value(row))
                    .ok_or_else(|| Error::fault("a text hash in the table is none"))?;
                if !go_on(hash, rows.value(row)) {
                    return Ok(());
                }
            }
        }
        Ok(())
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

/// A SHA-256 of 64 lower-case hex digits.
fn parse(hash: &str) -> Option<Hash> {
    let lower = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let digits = hash.as_bytes();
    if digits.len() != 64 || !digits.iter().copied().all(lower) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hash.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}
