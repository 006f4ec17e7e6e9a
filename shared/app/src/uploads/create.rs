//! Creates a presigned upload.
//!
//! The document exists from now on, awaiting its upload; the upload's notification queues it.

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
    /// In a form.
    Post,
    /// As the body itself.
    Put,
}

/// A file that is going to be uploaded.
pub struct UploadRequest {
    /// The file's name.
    pub file_name: String,
    /// Its media type; by its name where it is left out.
    pub content_type: Option<String>,
    /// Exactly so many bytes are taken. Up to the customer's limit where it is left out, which only a form can.
    pub size: Option<u64>,
    /// How the file is sent.
    pub method: UploadMethod,
    /// Describes the document.
    pub description: Description,
}

/// Where and how to send the file.
#[derive(Debug)]
pub struct UploadForm {
    /// The document that awaits it.
    pub id: DocumentId,
    /// The URL to send it to.
    pub url: String,
    /// The form's fields, for [`UploadMethod::Post`].
    pub fields: Option<Map<String, Value>>,
    /// The headers to send exactly as they are, for [`UploadMethod::Put`].
    pub headers: Option<BTreeMap<String, String>>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

fn is_plain(media_type: &str) -> bool {
    media_type.len() <= MAX_MEDIA_TYPE
        && media_type
            .bytes()
            .all(|b| b == b' ' || b.is_ascii_graphic())
}

/// The format that a name and a media type announce, if the customer's configuration allows it.
fn format(caller: &Admission, file_name: &str, content_type: Option<&str>) -> Result<Format> {
    let format = match content_type {
        // It is sent to S3 byte by byte.
        Some(media_type) if !is_plain(media_type) => {
            let detail = format!("a media type in at most {MAX_MEDIA_TYPE} ASCII characters");
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
        .ok_or_else(|| Error::field("/fileName", "a file's name"))?;
    let description = request.description.check()?;
    let format = format(caller, &file_name, request.content_type.as_deref())?;
    if let Some(size) = request.size {
        check_size(&caller.config, size)?;
    }
    let id = DocumentId::generate();
    // S3's form takes the media type to the letter, so what was asked for is what is signed.
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
    let (store, customer) = (caller.store(), caller.customer_id);
    store
        .add_awaited_document(customer, id, &new, Uuid::new_v4(), form.expires_at)
        .await?;
    Ok(UploadForm {
        expires_at: form.expires_at.trunc_subsecs(0),
        ..form
    })
}

/// Signs the upload of one file of a bounded size.
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
        // Nothing else could bound it.
        (UploadMethod::Put, None) => Err(Error::field("/size", "needed with method PUT")),
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
