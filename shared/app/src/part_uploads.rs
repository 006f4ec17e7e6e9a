//! Files that are sent in parts, each as large as a request can be.
//!
//! The document awaits its upload as one of a presigned upload does. Its parts are objects of their own until they are put together
//! as that upload.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the document is added | a document that awaits its upload | `sweep` fails it when its time is over |
//! | after a part is written, before its row | an object | a lifecycle rule of the bucket deletes it |
//! | while the parts are put together | unfinished S3 upload | a lifecycle rule; the caller completes again |
//! | after they are | the awaited upload | S3's notification accepts it, as any; the caller's repeat finds it completed |
//! | after it is accepted | the parts | a lifecycle rule |

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use dynrag_cloud::{Objects, Writer};
use dynrag_domain::{
    DocumentId, Error, Kind, Result, UploadPartId,
    documents::{self, FailureCode, Source, Status},
    storage,
};
use dynrag_store::{
    admission::Admission,
    part_uploads::{PartUpload, ended},
};
use md5::{Digest, Md5};

use crate::{
    App,
    documents::{Description, check_size},
    uploads,
};

/// Most parts of a file.
const MAX_PARTS: usize = 1_000;

/// Adds a document that awaits the parts of its file.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `invalid_fields`; `unsupported_type`; `file_too_large`;
/// `document_limit` (conflict); `unavailable`.
pub async fn create(
    app: &App,
    caller: &Admission,
    file_name: &str,
    media_type: &str,
    bytes: u64,
) -> Result<DocumentId> {
    caller.check_budget()?;
    let name = documents::file_name(file_name);
    let name = name.ok_or_else(|| Error::field("/filename", "a file name"))?;
    let format = uploads::format(caller, &name, Some(media_type))?;
    check_size(&caller.config, bytes)?;
    let (_, config) = app.documents().await?;
    let expires_at = Utc::now() + config.upload_expires;
    let description = Description::default();
    let title = description.title(Some(&name));
    let new = dynrag_store::uploads::NewDocument {
        file_name: Some(&name),
        ..description.new_document(caller, &title, Source::Presigned, format)?
    };
    let id = DocumentId::generate();
    let bytes = i64::try_from(bytes).map_err(Error::internal_fault)?;
    let (store, customer) = (caller.store(), caller.tenant());
    store
        .add_part_upload(customer, id, &new, bytes, expires_at)
        .await?;
    Ok(id)
}

/// Stores a part. Returns its id and when it was stored.
///
/// # Errors
/// `not_found`; `upload_ended` (conflict); `upload_full` (invalid); `unavailable`.
pub async fn add_part(
    app: &App,
    caller: &Admission,
    upload: DocumentId,
    data: Bytes,
) -> Result<(UploadPartId, DateTime<Utc>)> {
    let (store, customer) = (caller.store(), caller.tenant());
    if !store.part_upload(customer, upload).await?.is_awaited {
        return Err(ended());
    }
    let id = UploadPartId::generate();
    let bytes = i64::try_from(data.len()).map_err(Error::internal_fault)?;
    let (objects, _) = app.documents().await?;
    let key = storage::part_key(customer.customer_id(), upload, id);
    objects.put(&key, "application/octet-stream", data).await?;
    match store.add_upload_part(customer, upload, id, bytes).await {
        Ok(at) => Ok((id, at)),
        Err(error) => {
            if let Err(error) = objects.delete(&key).await {
                let cause = error.internal();
                tracing::warn!(cause, "a part is left to the bucket's lifecycle");
            }
            Err(error)
        }
    }
}

/// Makes the file of its parts, in this order; once it is made, a repeat finds it. Returns the upload as it was before.
///
/// # Errors
/// `not_found`; `upload_ended` (conflict) if it has expired; `invalid_fields` for parts that are unknown, or do not make the
/// announced bytes or checksum; the code of the document if it was not accepted; `unavailable`.
pub async fn complete(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    parts: &[UploadPartId],
    md5: Option<&str>,
) -> Result<PartUpload> {
    let (store, customer) = (caller.store(), caller.tenant());
    let upload = store.part_upload(customer, id).await?;
    if !upload.is_awaited {
        accepted(caller, id).await?;
        return Ok(upload);
    }
    let known = store.upload_parts(customer, id).await?;
    check(parts, &known, upload.bytes)?;
    let (objects, _) = app.documents().await?;
    let keys = parts
        .iter()
        .map(|part| storage::part_key(customer.customer_id(), id, *part));
    let keys: Vec<String> = keys.collect();
    if let Some(expected) = md5 {
        check_md5(objects, &keys, expected).await?;
    }
    let whole = storage::upload_key(customer.customer_id(), id);
    join(objects, &keys, &whole, upload.format.media_type()).await?;
    uploads::accept(app, customer, id).await?;
    accepted(caller, id).await?;
    remove(app, caller, id).await;
    Ok(upload)
}

/// Checks that the file of an upload is there: it may have expired, or not have been accepted.
async fn accepted(caller: &Admission, id: DocumentId) -> Result<()> {
    let document = caller.store().get_document(caller.tenant(), id).await?;
    match (document.status, document.code) {
        (Status::AwaitingUpload, _) | (_, Some(FailureCode::UploadExpired)) => Err(ended()),
        (_, Some(code @ FailureCode::StorageLimit)) => {
            Err(Error::new(Kind::Conflict, code.as_str(), code.sentence()))
        }
        _ => Ok(()),
    }
}

/// Gives an upload up: its document is deleted. Returns the upload as it was before.
///
/// # Errors
/// `not_found`; `upload_ended` (conflict); `unavailable`.
pub async fn cancel(app: &App, caller: &Admission, id: DocumentId) -> Result<PartUpload> {
    let (store, customer) = (caller.store(), caller.tenant());
    let upload = store.part_upload(customer, id).await?;
    if !upload.is_awaited {
        return Err(ended());
    }
    crate::documents::delete(app, caller, id, true).await?;
    remove(app, caller, id).await;
    Ok(upload)
}

fn check(parts: &[UploadPartId], known: &[(UploadPartId, i64)], bytes: i64) -> Result<()> {
    let wrong = |detail: String| Err(Error::field("/part_ids", detail));
    if !(1..=MAX_PARTS).contains(&parts.len()) {
        return wrong(format!("from 1 to {MAX_PARTS} parts"));
    }
    let mut total = 0;
    for (n, part) in parts.iter().enumerate() {
        let Some((_, bytes)) = known.iter().find(|(id, _)| id == part) else {
            return Err(Error::field(
                format!("/part_ids/{n}"),
                "no part of this upload",
            ));
        };
        if parts[..n].contains(part) {
            return Err(Error::field(format!("/part_ids/{n}"), "only once"));
        }
        total += bytes;
    }
    match total == bytes {
        true => Ok(()),
        false => wrong(format!(
            "parts of {bytes} bytes together, as was announced; these have {total}"
        )),
    }
}

async fn part(objects: &Objects, key: &str) -> Result<Bytes> {
    let part = objects.get(key, u64::MAX).await?;
    part.ok_or_else(|| Error::unavailable("a part is gone"))
}

async fn check_md5(objects: &Objects, keys: &[String], expected: &str) -> Result<()> {
    let mut hash = Md5::new();
    for key in keys {
        hash.update(part(objects, key).await?);
    }
    let found = hash.finalize();
    let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
    match found.eq_ignore_ascii_case(expected.trim()) {
        true => Ok(()),
        false => Err(Error::field(
            "/md5",
            format!("that of the file, which is {found}"),
        )),
    }
}

/// Writes parts as one object. S3 wants pieces of 5 MiB, which is more than a request has.
async fn join(objects: &Objects, keys: &[String], whole: &str, media_type: &str) -> Result<()> {
    let mut pending = BytesMut::new();
    let mut writer = None;
    for key in keys {
        pending.extend_from_slice(&part(objects, key).await?);
        if pending.len() >= Writer::PART {
            if writer.is_none() {
                writer = Some(objects.create(whole, media_type).await?);
            }
            if let Some(writer) = &mut writer {
                writer.write(pending.split().freeze()).await?;
            }
        }
    }
    match writer {
        None => objects.put(whole, media_type, pending.freeze()).await,
        Some(mut writer) => {
            if !pending.is_empty() {
                writer.write(pending.freeze()).await?;
            }
            writer.finish().await
        }
    }
}

/// Deletes the parts of an upload. If that fails, the bucket's lifecycle does.
async fn remove(app: &App, caller: &Admission, id: DocumentId) {
    let prefix = storage::parts_prefix(caller.customer_id, id);
    let removed = match app.documents().await {
        Ok((objects, _)) => objects.delete_prefix(&prefix).await,
        Err(error) => Err(error),
    };
    if let Err(error) = removed {
        let cause = error.internal();
        tracing::warn!(cause, "parts are left to the bucket's lifecycle");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_announced_file_or_none() {
        let [a, b, c] = [(); 3].map(|()| UploadPartId::generate());
        let known = [(a, 3), (b, 4)];
        assert!(check(&[b, a], &known, 7).is_ok());
        for (parts, bytes, pointer) in [
            (&[][..], 7, "/part_ids"),
            (&[a], 7, "/part_ids"),
            (&[a, b], 8, "/part_ids"),
            (&[a, c], 7, "/part_ids/1"),
            (&[a, a], 6, "/part_ids/1"),
        ] {
            let error = check(parts, &known, bytes).unwrap_err();
            assert_eq!(error.fields()[0].pointer, pointer);
        }
    }
}
