//! Writes a customer's data into zip files: rows as JSON Lines, and originals with their texts.
//!
//! A file is closed when it is large or the time is up, and the job's progress is recorded; the task is then sent again
//! for the next file. A file that was not finished is written again from its beginning, under another key.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | while a file is written | parts of an upload, removed by a lifecycle rule | the message is delivered again, or `sweep` sends another |
//! | before the file is recorded | a file without a job, for seven days | the same |
//! | before the next task is sent | the job with its progress | `sweep`, after ten minutes |
//! | after the end, before the files of earlier exports are deleted | those files, for seven days | the next export |

use std::time::{Duration, Instant};

use dynrag_cloud::Objects;
use dynrag_domain::{Error, JobId, Result, storage, tasks::Task};
use dynrag_store::{
    Store, TenantId,
    export::{self, Original},
};
use uuid::Uuid;
use zip::CompressionMethod;

use super::{Progress, Written, file::File, rows, text::TextReader};
use crate::App;

/// Bytes after which a file is closed.
const FILE: u64 = 512 * 1024 * 1024;
/// Reserved from the function's time to close a file.
const RESERVE: Duration = Duration::from_secs(30);
/// Attempts at a file after which the job is given up.
const MAX_ATTEMPTS: i32 = 5;
/// Originals per query.
const PAGE: i64 = 100;

/// Writes the next file of an export, and queues the task for the following one. Does nothing for a job that has ended.
///
/// # Errors
/// `unavailable`.
pub async fn write_next(
    app: &App,
    customer: TenantId,
    job: JobId,
    deadline: Instant,
) -> Result<()> {
    let store = app.unbounded_store().await?;
    let (documents, _) = app.documents().await?;
    let Some(begun) = store.begin_job(customer, job).await? else {
        return Ok(());
    };
    if begun.attempts > MAX_ATTEMPTS {
        tracing::error!(customer_id = %customer, job_id = %job, "export given up");
        let code = Some("attempts_exhausted");
        return store.finish_job(customer, job, code).await;
    }
    let mut progress = Progress::read(begun.progress.get())?;
    if !progress.complete {
        let export = Export {
            store,
            documents,
            customer,
            job,
            deadline,
        };
        let key = export.write_file(&mut progress).await?;
        let next = serde_json::to_value(&progress).map_err(Error::internal_fault)?;
        let advanced = store
            .advance_job(customer, job, &begun.progress, &next)
            .await?;
        if !advanced {
            // Another worker was faster, or the customer was deleted.
            return documents.delete(&key).await;
        }
    }
    if !progress.complete {
        return app.send(&Task::export(customer.customer_id(), job)).await;
    }
    tracing::info!(customer_id = %customer, job_id = %job, files = progress.files.len(), "exported");
    store.finish_job(customer, job, None).await?;
    // A customer that exports repeatedly has only one copy of everything.
    let all = storage::exports_prefix(customer.customer_id());
    let own = storage::export_prefix(customer.customer_id(), job);
    documents.delete_prefix_but(&all, &own).await
}

/// An export whose next file is being written.
struct Export<'a> {
    store: &'a Store,
    documents: &'a Objects,
    customer: TenantId,
    job: JobId,
    deadline: Instant,
}

impl Export<'_> {
    /// Writes the next file. Returns its key.
    async fn write_file(&self, progress: &mut Progress) -> Result<String> {
        let name = Uuid::new_v4();
        let key = storage::export_key(self.customer.customer_id(), self.job, name);
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

    /// Writes an original. A missing one (deleted document, pending upload) is left out.
    async fn write_original(&self, file: &mut File, original: &Original) -> Result<()> {
        let object = match original.original {
            storage::Original::Alone(object) => object,
            storage::Original::Bundled { bundle, offset } => {
                let key = storage::bundle_key(self.customer.customer_id(), bundle);
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
        let key = storage::original_key(self.customer.customer_id(), document, version, object);
        let Some(mut reader) = self.documents.open(&key).await? else {
            return Ok(());
        };
        file.begin(&name(original), CompressionMethod::Stored)?;
        while let Some(piece) = reader.next().await? {
            file.write(&piece).await?;
        }
        Ok(())
    }

    /// Writes the text as it was extracted. Large texts are in the bucket and are copied piece by piece.
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
        let key = storage::extracted_key(self.customer.customer_id(), document, version);
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

/// `originals/<document>/<version>/<name>`. A caller's file name becomes a plain one, so that unpacking writes only into
/// this folder.
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

#[cfg(test)]
mod tests {
    use dynrag_domain::{DocumentId, VersionNumber};

    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_folder() {
        let original = |file_name: Option<&str>| Original {
            document_id: DocumentId::generate(),
            version: VersionNumber::FIRST,
            original_version: VersionNumber::FIRST,
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
