//! Creates a presigned upload.
//!
//! The document is created at once and awaits its upload; the S3 event of the upload queues it.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use dynrag_cloud::presign::UploadTerms;
use dynrag_domain::{
    DocumentId, Error, Result,
    documents::{self, Format, Source},
    storage,
};
use dynrag_store::{admission::Admission, uploads::NewDocument};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    App,
    documents::{Description, check_format, check_size, seal_new_password, unsupported},
};

const MAX_MEDIA_TYPE: usize = 200;

/// How the file is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UploadMethod {
    /// As a multipart form.
    Post,
    /// As the body of a PUT.
    Put,
}

/// A file to upload.
pub struct UploadRequest {
    /// The file name.
    pub file_name: String,
    /// Its media type. Default: from the file name.
    pub content_type: Option<String>,
    /// Exact size in bytes. Required for PUT; a form without it accepts files up to the customer's limit.
    pub size: Option<u64>,
    /// How the file is sent.
    pub method: UploadMethod,
    /// Describes the document.
    pub description: Description,
}

/// Where and how to send the file.
pub struct UploadForm {
    /// The document that awaits it.
    pub id: DocumentId,
    /// The URL to send it to.
    pub url: String,
    /// The form's fields, for [`UploadMethod::Post`].
    pub fields: Option<Map<String, Value>>,
    /// The headers to send exactly as given, for [`UploadMethod::Put`].
    pub headers: Option<BTreeMap<String, String>>,
    /// When the URL expires.
    pub expires_at: DateTime<Utc>,
}

fn is_plain(media_type: &str) -> bool {
    media_type.len() <= MAX_MEDIA_TYPE
        && media_type
            .bytes()
            .all(|b| b == b' ' || b.is_ascii_graphic())
}

/// Returns the format of a name and media type, if the customer's configuration allows it.
pub(crate) fn format(
    caller: &Admission,
    file_name: &str,
    content_type: Option<&str>,
) -> Result<Format> {
    let format = match content_type {
        // It becomes part of the signed request to S3.
        Some(media_type) if !is_plain(media_type) => {
            let detail = format!("a media type of at most {MAX_MEDIA_TYPE} ASCII characters");
            return Err(Error::field("/contentType", detail));
        }
        Some(media_type) => Format::announced(media_type, file_name),
        None => Format::from_file_name(file_name),
    };
    let format = format.ok_or_else(|| unsupported(&caller.config, "type of this file"))?;
    check_format(&caller.config, format)
}

/// Adds a document that awaits its file, and signs the upload.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `invalid_fields`; `unsupported_type`;
/// `file_too_large`; `document_limit` (conflict); `unavailable`.
pub async fn create(app: &App, caller: &Admission, request: UploadRequest) -> Result<UploadForm> {
    caller.check_budget()?;
    let file_name = documents::file_name(&request.file_name)
        .ok_or_else(|| Error::field("/fileName", "a file name"))?;
    let description = request.description.check()?;
    let format = format(caller, &file_name, request.content_type.as_deref())?;
    if let Some(size) = request.size {
        check_size(&caller.config, size)?;
    }
    let id = DocumentId::generate();
    // S3 compares the form's media type exactly, so the requested one is signed.
    let content_type = request
        .content_type
        .unwrap_or_else(|| format.media_type().to_owned());
    let form = sign(app, caller, id, &content_type, request.size, request.method).await?;

    let password = seal_new_password(app, caller, description.password.as_ref(), format).await?;
    let title = description.title(Some(&file_name));
    let new = NewDocument {
        file_name: Some(&file_name),
        password: password.as_ref(),
        ..description.new_document(caller, &title, Source::Presigned, format)?
    };
    let (store, customer) = (caller.store(), caller.tenant());
    store
        .add_awaited_document(customer, id, &new, Uuid::new_v4(), form.expires_at)
        .await?;
    Ok(UploadForm {
        expires_at: form.expires_at.trunc_subsecs(0),
        ..form
    })
}

/// Signs the upload of one file with a size limit.
async fn sign(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    content_type: &str,
    size: Option<u64>,
    method: UploadMethod,
) -> Result<UploadForm> {
    let (objects, config) = app.documents().await?;
    let key = storage::upload_key(caller.customer_id, id);
    match (method, size) {
        (UploadMethod::Put, Some(size)) => {
            let expires = config.upload_expires;
            let put = objects
                .presign_put(&key, content_type, size, expires)
                .await?;
            Ok(UploadForm {
                id,
                url: put.url,
                fields: None,
                headers: Some(put.headers),
                expires_at: put.expires_at,
            })
        }
        // Nothing else limits the size of a PUT.
        (UploadMethod::Put, None) => Err(Error::field("/size", "required with method PUT")),
        (UploadMethod::Post, size) => {
            let most = u64::try_from(caller.config.max_file_bytes).unwrap_or(0);
            let terms = UploadTerms {
                bucket: &config.bucket,
                key: &key,
                content_type,
                size: size.map_or((1, most), |size| (size, size)),
                expires: config.upload_expires,
            };
            let post = app.cloud().await.presign_post(&terms).await?;
            Ok(UploadForm {
                id,
                url: post.url,
                fields: Some(post.fields),
                headers: None,
                expires_at: post.expires_at,
            })
        }
    }
}
