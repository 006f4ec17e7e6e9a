//! A zip file that grows in S3, part by part.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use dynrag_cloud::{Objects, objects::Writer};
use dynrag_domain::{Error, Result};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

/// Output of the zip writer that is not in S3 yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self, at_least: usize) -> Option<Bytes> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (bytes.len() >= at_least.max(1)).then(|| std::mem::take(&mut *bytes).into())
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A zip file that grows in S3.
pub(super) struct File {
    zip: ZipWriter<StreamWriter<Buffer>>,
    buffer: Buffer,
    object: Writer,
    /// Bytes uploaded to S3.
    pub(super) written: u64,
}

impl File {
    pub(super) async fn create(documents: &Objects, key: &str) -> Result<Self> {
        let buffer = Buffer::default();
        Ok(Self {
            zip: ZipWriter::new_stream(buffer.clone()),
            buffer,
            object: documents.create(key, "application/zip").await?,
            written: 0,
        })
    }

    pub(super) fn begin(&mut self, name: &str, method: CompressionMethod) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            // Originals may exceed 4 GiB one day, which readers must know beforehand.
            .large_file(true);
        self.zip
            .start_file(name, options)
            .map_err(Error::internal_fault)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes).map_err(Error::internal_fault)?;
        self.send(Writer::PART).await
    }

    async fn send(&mut self, at_least: usize) -> Result<()> {
        if let Some(part) = self.buffer.take(at_least) {
            self.written += part.len() as u64;
            self.object.write(part).await?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<u64> {
        let zip = std::mem::replace(&mut self.zip, ZipWriter::new_stream(Buffer::default()));
        zip.finish().map_err(Error::internal_fault)?;
        self.send(1).await?;
        self.object.finish().await?;
        Ok(self.written)
    }
}
