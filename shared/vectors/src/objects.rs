//! Segments as objects: read in ranges, written once, listed and deleted.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dynrag_domain::{
    error::Error as DomainError, ids::CustomerId, segments::SegmentName, segments::SegmentRef,
    storage::segments_prefix,
};
use dynrag_index::{Builder, Piece, Ranges, ReadError};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use tokio::sync::mpsc;

use crate::{Error, Location, Result};

/// Requests at the same time.
const CONCURRENCY: usize = 64;
/// Bytes of a part of a large object, and parts that wait or are sent at the same time.
const PART: usize = 8 * 1024 * 1024;
const PARTS: usize = 3;

/// Where segments are.
#[derive(Clone, Debug)]
pub(crate) struct Objects(Arc<dyn ObjectStore>);

fn unavailable(error: object_store::Error) -> Error {
    Error::Other(DomainError::unavailable(error))
}

fn path(customer: CustomerId, segment: SegmentName) -> Path {
    Path::from(format!("{}/{segment}", segments_prefix(customer)))
}

impl Objects {
    /// Prepares access; nothing is read yet. `options` are those of the tables.
    pub(crate) fn new(location: &Location, options: &HashMap<String, String>) -> Result<Self> {
        let store: Arc<dyn ObjectStore> = match location {
            Location::Local(folder) => {
                std::fs::create_dir_all(folder).map_err(Error::fault)?;
                let folder = LocalFileSystem::new_with_prefix(folder).map_err(Error::fault)?;
                Arc::new(folder.with_automatic_cleanup(true))
            }
            Location::S3 { bucket, .. } => {
                // Those that are Lance's own are the retries.
                let known = options.iter().filter_map(|(key, value)| {
                    Some((key.parse::<AmazonS3ConfigKey>().ok()?, value.clone()))
                });
                let builder = known.fold(AmazonS3Builder::from_env(), |builder, (key, value)| {
                    builder.with_config(key, value)
                });
                let retry = RetryConfig {
                    max_retries: 3,
                    retry_timeout: Duration::from_secs(30),
                    ..RetryConfig::default()
                };
                let builder = builder.with_bucket_name(bucket).with_retry(retry);
                Arc::new(builder.build().map_err(Error::fault)?)
            }
        };
        Ok(Self(store))
    }

    /// Writes a segment under a name of its own; `None` if it holds nothing. A large one is sent while it is written.
    pub(crate) async fn write(
        &self,
        customer: CustomerId,
        builder: Builder,
    ) -> Result<Option<SegmentRef>> {
        let name = SegmentName::generate();
        let path = path(customer, name);
        let (sender, mut parts) = mpsc::channel(PARTS);
        let writing = tokio::task::spawn_blocking(move || {
            let mut writer = Sender::new(sender);
            let built = builder.finish(&mut writer)?;
            writer.end()?;
            Ok::<_, dynrag_index::Error>(built)
        });
        let first: Option<Bytes> = parts.recv().await;
        let second: Option<Bytes> = match &first {
            Some(_) => parts.recv().await,
            None => None,
        };
        let (first, second) = match (first, second) {
            (Some(first), Some(second)) => (first, second),
            (first, _) => {
                let built = writing.await.map_err(Error::fault)??;
                if built.rows == 0 && built.tombstones == 0 {
                    return Ok(None);
                }
                let payload = PutPayload::from(first.unwrap_or_default());
                self.0.put(&path, payload).await.map_err(unavailable)?;
                return Ok(Some(built.named(name)));
            }
        };
        let upload = self.0.put_multipart(&path).await.map_err(unavailable)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let sent = async {
            upload.put(first);
            upload.put(second);
            while let Some(part) = parts.recv().await {
                upload.wait_for_capacity(PARTS).await?;
                upload.put(part);
            }
            Ok(())
        };
        let sent: Result<(), object_store::Error> = sent.await;
        // Ends the writer, should sending have failed.
        drop(parts);
        let built = writing.await.map_err(Error::fault)?;
        match (sent, built) {
            (Ok(()), Ok(built)) => {
                upload.finish().await.map_err(unavailable)?;
                Ok(Some(built.named(name)))
            }
            (sent, built) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%customer, segment = %name, cause = %error, "an upload was not aborted");
                }
                sent.map_err(unavailable)?;
                built?;
                Err(Error::fault("a segment was not written"))
            }
        }
    }

    /// Deletes segments, as far as they are there.
    pub(crate) async fn delete(
        &self,
        customer: CustomerId,
        segments: impl IntoIterator<Item = SegmentName>,
    ) -> Result<()> {
        let deletions = segments.into_iter().map(|name| async move {
            match self.0.delete(&path(customer, name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(unavailable(error)),
            }
        });
        let deletions: Vec<_> = deletions.collect();
        stream::iter(deletions)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Lists a customer's segments with the time at which each was written.
    pub(crate) async fn list(
        &self,
        customer: CustomerId,
    ) -> Result<Vec<(SegmentName, DateTime<Utc>)>> {
        let prefix = Path::from(segments_prefix(customer));
        let objects = self.0.list(Some(&prefix)).map_err(unavailable);
        let named = objects.try_filter_map(async |object| {
            let name = object.location.filename().and_then(SegmentName::parse);
            Ok(name.map(|name| (name, object.last_modified)))
        });
        named.try_collect().await
    }
}

impl Ranges for Objects {
    async fn read(&self, customer: CustomerId, wanted: &[Piece]) -> Result<Vec<Bytes>, ReadError> {
        let requests = wanted.iter().map(|piece| async {
            let path = path(customer, piece.segment);
            let read = self.0.get_range(&path, piece.range.clone()).await;
            read.map_err(|error| match error {
                object_store::Error::NotFound { .. } => ReadError::Missing(piece.segment),
                error => ReadError::Unavailable(error.into()),
            })
        });
        let requests: Vec<_> = requests.collect();
        stream::iter(requests)
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }
}

/// Sends what is written in parts; blocks while too many wait.
struct Sender {
    part: Vec<u8>,
    parts: mpsc::Sender<Bytes>,
}

impl Sender {
    fn new(parts: mpsc::Sender<Bytes>) -> Self {
        Self {
            part: Vec::new(),
            parts,
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part).into();
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the upload has ended");
        self.parts.blocking_send(part).map_err(gone)
    }

    fn end(mut self) -> io::Result<()> {
        match self.part.is_empty() {
            true => Ok(()),
            false => self.send(),
        }
    }
}

impl io::Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
