//! Exports a customer's data into zip files: its rows as JSON Lines, its originals and their texts.
//!
//! A file is closed when it is large or the time is up, and its contents are recorded; the task is then sent
//! again for the next one. An interrupted file is written again from the beginning, under a new key.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | while a file is written | parts of an upload that a lifecycle rule removes | the message is redelivered, or `sweep` sends another |
//! | before the file is recorded | an orphaned file, for seven days | the same |
//! | before the next task is sent | the job, with its progress | `sweep`, after ten minutes |
//! | when it has ended, before the files of earlier exports are deleted | these, for seven days | the next export |

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use dynrag_app::App;
use dynrag_cloud::{Objects, objects::Writer};
use dynrag_domain::{CustomerId, DocumentId, Error, JobId, Result, storage, tasks::Task};
use dynrag_store::{
    Store,
    export::{self, Original},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use crate::{rows, text::TextReader};

/// Size in bytes at which a file is closed.
const FILE: u64 = 512 * 1024 * 1024;
/// Reserved from the function's timeout to close a file.
const RESERVE: Duration = Duration::from_secs(30);
/// Attempts of a file before the job is given up.
const MAX_ATTEMPTS: i32 = 5;
/// Originals queried at once.
const PAGE: i64 = 100;

/// A written file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Written {
    /// Last part of its key.
    file: Uuid,
    bytes: u64,
}

/// Progress of an export.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Progress {
    /// In order.
    files: Vec<Written>,
    /// The last original that is in one of the files.
    after: Option<(DocumentId, i32)>,
    /// Whether all originals are.
    complete: bool,
}

/// A running export.
pub(crate) struct Export<'a> {
    pub(crate) app: &'a App,
    pub(crate) store: &'a Store,
    pub(crate) documents: &'a Objects,
    pub(crate) customer: CustomerId,
    pub(crate) job: JobId,
    pub(crate) deadline: Instant,
}

impl Export<'_> {
    /// Writes the next file.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn run(&self) -> Result<()> {
        let (customer, job) = (self.customer, self.job);
        let Some(begun) = self.store.begin_job(customer, job).await? else {
            return Ok(());
        };
        if begun.attempts > MAX_ATTEMPTS {
            tracing::error!(customer_id = %customer, job_id = %job, "export given up");
            return self
                .store
                .finish_job(customer, job, Some("attempts_exhausted"))
                .await;
        }
        let mut progress: Progress =
            serde_json::from_str(begun.progress.get()).map_err(Error::internal_fault)?;
        if !progress.complete {
            let key = self.write_file(&mut progress).await?;
            let next = serde_json::to_value(&progress).map_err(Error::internal_fault)?;
            let advanced = self
                .store
                .advance_job(customer, job, &begun.progress, &next)
                .await?;
            if !advanced {
                // Another worker was faster, or the customer has left.
                return self.documents.delete(&key).await;
            }
        }
        if progress.complete {
            tracing::info!(customer_id = %customer, job_id = %job, files = progress.files.len(), "exported");
            self.store.finish_job(customer, job, None).await?;
            // Repeated exports leave only one copy of the data.
            let (all, own) = (
                storage::exports_prefix(customer),
                storage::export_prefix(customer, job),
            );
            return self.documents.delete_prefix_but(&all, &own).await;
        }
        self.app.send(&Task::export(customer, job)).await
    }

    /// Writes the next file; returns its key.
    async fn write_file(&self, progress: &mut Progress) -> Result<String> {
        let name = Uuid::new_v4();
        let key = storage::export_key(self.customer, self.job, name);
        let mut file = File::create(self.documents, &key).await?;
        if progress.files.is_empty() {
            self.write_tables(&mut file).await?;
        }
        'originals: loop {
            let originals = self
                .store
                .export_originals(self.customer, progress.after, PAGE)
                .await?;
            if originals.is_empty() {
                progress.complete = true;
                break;
            }
            for original in originals {
                self.write_original(&mut file, &original).await?;
                self.write_text(&mut file, &original).await?;
                progress.after = Some((original.document_id, original.version));
                if file.written > FILE || Instant::now() + RESERVE > self.deadline {
                    break 'originals;
                }
            }
        }
        let bytes = file.finish().await?;
        progress.files.push(Written { file: name, bytes });
        Ok(key)
    }

    async fn write_tables(&self, file: &mut File) -> Result<()> {
        for table in export::tables() {
            let name = format!("{}.jsonl", rows::camel_case(table));
            file.begin(&name, CompressionMethod::Deflated)?;
            for page in 0.. {
                let found = self.store.export_rows(self.customer, table, page).await?;
                if found.is_empty() {
                    break;
                }
                for row in found {
                    file.write(rows::line(table, &row)?.as_bytes()).await?;
                    file.write(b"\n").await?;
                }
            }
        }
        Ok(())
    }

    /// A missing original (the document was deleted in the meantime, or its upload has not arrived) is left
    /// out.
    async fn write_original(&self, file: &mut File, original: &Original) -> Result<()> {
        let object = match original.original {
            storage::Original::Alone(object) => object,
            storage::Original::Bundled { bundle, offset } => {
                let key = storage::bundle_key(self.customer, bundle);
                let bytes = self
                    .documents
                    .get_range(&key, offset, original.bytes)
                    .await?;
                if let Some(bytes) = bytes {
                    file.begin(&name(original), CompressionMethod::Stored)?;
                    file.write(&bytes).await?;
                }
                return Ok(());
            }
        };
        let (document, version) = (original.document_id, original.original_version);
        let key = storage::original_key(self.customer, document, version, object);
        let Some(mut reader) = self.documents.open(&key).await? else {
            return Ok(());
        };
        file.begin(&name(original), CompressionMethod::Stored)?;
        while let Some(piece) = reader.next().await? {
            file.write(&piece).await?;
        }
        Ok(())
    }

    /// The extracted text. It is only large in the bucket, and is streamed from there to the file.
    async fn write_text(&self, file: &mut File, original: &Original) -> Result<()> {
        if !original.has_text {
            return Ok(());
        }
        let (document, version) = (original.document_id, original.version);
        let mut reader = TextReader::default();
        let small = self.store.small_text(self.customer, document, version);
        if let Some(json) = small.await? {
            file.begin(&text_name(original), CompressionMethod::Deflated)?;
            return file.write(&reader.read(&json)).await;
        }
        let key = storage::extracted_key(self.customer, document, version);
        let Some(mut object) = self.documents.open(&key).await? else {
            return Ok(());
        };
        file.begin(&text_name(original), CompressionMethod::Deflated)?;
        while !reader.found()
            && let Some(piece) = object.next().await?
        {
            file.write(&reader.read(&piece)).await?;
        }
        Ok(())
    }
}

/// `texts/<document>/<version>.txt`.
fn text_name(original: &Original) -> String {
    format!("texts/{}/{}.txt", original.document_id, original.version)
}

/// `originals/<document>/<version>/<name>`. User input becomes a plain file name: unpacking only writes into
/// its own folder.
fn name(original: &Original) -> String {
    let plain: String = original
        .file_name
        .as_deref()
        .unwrap_or_default()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || " -_().,".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(150)
        .collect();
    let plain = plain.trim_matches([' ', '.']);
    let plain = if plain.is_empty() {
        format!("original.{}", original.format)
    } else {
        plain.to_owned()
    };
    format!(
        "originals/{}/{}/{plain}",
        original.document_id, original.version
    )
}

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

/// A zip file that is streamed to S3.
struct File {
    zip: ZipWriter<StreamWriter<Buffer>>,
    buffer: Buffer,
    object: Writer,
    written: u64,
}

impl File {
    async fn create(documents: &Objects, key: &str) -> Result<Self> {
        let buffer = Buffer::default();
        Ok(Self {
            zip: ZipWriter::new_stream(buffer.clone()),
            buffer,
            object: documents.create(key, "application/zip").await?,
            written: 0,
        })
    }

    fn begin(&mut self, name: &str, method: CompressionMethod) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            // An original may exceed 4 GiB one day; this flag tells zip readers.
            .large_file(true);
        self.zip
            .start_file(name, options)
            .map_err(Error::internal_fault)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
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

    async fn finish(mut self) -> Result<u64> {
        let zip = std::mem::replace(&mut self.zip, ZipWriter::new_stream(Buffer::default()));
        zip.finish().map_err(Error::internal_fault)?;
        self.send(1).await?;
        self.object.finish().await?;
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        let original = |file_name: Option<&str>| Original {
            document_id: DocumentId::generate(),
            version: 1,
            original_version: 1,
            original: storage::Original::Alone(Uuid::nil()),
            bytes: 0,
            file_name: file_name.map(str::to_owned),
            format: "pdf".to_owned(),
            has_text: true,
        };
        for (typed, plain) in [
            (Some("a b.pdf"), "a b.pdf"),
            (Some("../../etc/passwd"), "_.._etc_passwd"),
            (Some(".."), "original.pdf"),
            (Some("C:\\x\u{202e}.exe"), "C__x_.exe"),
            (None, "original.pdf"),
        ] {
            let original = original(typed);
            let expected = format!("originals/{}/1/{plain}", original.document_id);
            assert_eq!(name(&original), expected);
        }
    }
}
