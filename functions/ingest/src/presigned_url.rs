//! `GET|POST /api/ingest/presigned-url`: a form, or a URL to PUT to, with which one file goes straight to S3.
//!
//! The document exists from now on, awaiting its upload; the upload's notification queues it.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use chrono::{DateTime, SubsecRound, Utc};
use dynrag_api::{Answer, Caller, Context, Json, Link, Query, scopes::DocumentsWrite};
use dynrag_cloud::presign::UploadTerms;
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result,
    config::Chunking,
    document_passwords::DocumentPassword,
    documents::{self, Format, Reading, Source, Status},
    jobs::Lane,
    metadata::Metadata,
    storage,
};
use dynrag_store::{admission::Admission, uploads::NewDocument};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    accept,
    fields::{self, Description},
};

/// What is going to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = UploadRequest)]
pub(crate) struct Wanted {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// By the file's name where it is left out.
    content_type: Option<String>,
    /// Bytes; exactly so many are taken. Up to the customer's limit where it is left out, which only a form can.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file is going to be sent.
    #[serde(default)]
    method: Method,
    title: Option<String>,
    #[serde(default, deserialize_with = "fields::external_id")]
    #[schema(schema_with = fields::external_id_schema, required = false)]
    external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// As its collection's or the customer's documents are, where it is left out.
    chunking: Option<Chunking>,
    /// The collection it is to belong to.
    collection_id: Option<CollectionId>,
    /// Whether what the file hides is read too: sheets, rows, columns, slides, text.
    include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    attachments: Option<bool>,
    /// Of a PDF that wants one; it is kept, sealed, for as long as the document is.
    password: Option<DocumentPassword>,
}

/// The same as query parameters, which hold no objects.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = UploadQuery)]
pub(crate) struct WantedByQuery {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// By the file's name where it is left out.
    content_type: Option<String>,
    /// Bytes; exactly so many are taken. Up to the customer's limit where it is left out, which only a form can.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file is going to be sent.
    #[serde(default)]
    method: Method,
    title: Option<String>,
    external_id: Option<String>,
    /// The collection it is to belong to.
    collection_id: Option<CollectionId>,
    /// Whether what the file hides is read too: sheets, rows, columns, slides, text.
    include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    attachments: Option<bool>,
    /// Only in the body of a POST: addresses are written into logs.
    password: Option<DocumentPassword>,
}

const MAX_MEDIA_TYPE: usize = 200;

/// How a file is sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = UploadMethod)]
enum Method {
    /// In a form, as pages do.
    #[default]
    Post,
    /// As the body itself.
    Put,
}

/// What to send the file with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UploadForm)]
pub(crate) struct Form {
    url: String,
    method: Method,
    /// Of the form, for POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
    /// To send along, to the letter, for PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
    expires_at: DateTime<Utc>,
}

/// Answers a form for query parameters.
pub(crate) async fn by_query(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(wanted): Query<WantedByQuery>,
) -> Answer<Json<Form>> {
    // Addresses are written into logs, ours and others'.
    if wanted.password.is_some() {
        return Err(Error::field("/password", "in the body of a POST, not in the address").into());
    }
    let wanted = Wanted {
        file_name: wanted.file_name,
        content_type: wanted.content_type,
        size: wanted.size,
        method: wanted.method,
        title: wanted.title,
        external_id: wanted.external_id,
        metadata: None,
        chunking: None,
        collection_id: wanted.collection_id,
        include_hidden: wanted.include_hidden,
        attachments: wanted.attachments,
        password: None,
    };
    Ok(Json(form(&context, &caller, wanted).await?))
}

/// Answers a form for a JSON body.
pub(crate) async fn by_body(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Json(wanted): Json<Wanted>,
) -> Answer<Json<Form>> {
    Ok(Json(form(&context, &caller, wanted).await?))
}

fn is_plain(media_type: &str) -> bool {
    media_type.len() <= MAX_MEDIA_TYPE
        && media_type
            .bytes()
            .all(|b| b == b' ' || b.is_ascii_graphic())
}

async fn form(context: &Context, caller: &Admission, wanted: Wanted) -> Result<Form> {
    caller.check_budget()?;
    let file_name = documents::file_name(&wanted.file_name)
        .ok_or_else(|| Error::field("/fileName", "a file's name"))?;
    let description = Description {
        title: wanted.title,
        external_id: wanted.external_id,
        metadata: wanted.metadata,
        chunking: wanted.chunking,
        collection_id: wanted.collection_id,
        reading: Reading {
            include_hidden: wanted.include_hidden,
            attachments: wanted.attachments,
        },
        ..Description::default()
    }
    .check()?;
    let format = match &wanted.content_type {
        // S3 is told it to the letter.
        Some(media_type) if !is_plain(media_type) => {
            let detail = format!("a media type in at most {MAX_MEDIA_TYPE} ASCII characters");
            return Err(Error::field("/contentType", detail));
        }
        Some(media_type) => Format::announced(media_type, &file_name),
        None => Format::from_file_name(&file_name),
    };
    let format = format.ok_or_else(|| fields::unsupported(&caller.config, "type of this file"))?;
    let format = fields::check_format(&caller.config, format)?;
    let most = u64::try_from(caller.config.max_file_bytes).unwrap_or(0);
    if let Some(size) = wanted.size {
        fields::check_size(&caller.config, size)?;
    }

    let (objects, config) = context.documents().await?;
    let doc_id = DocumentId::generate();
    // S3's form takes the media type to the letter, so what was asked for is what is signed.
    let content_type = wanted
        .content_type
        .unwrap_or_else(|| format.media_type().to_owned());
    let key = storage::upload_key(caller.customer_id, doc_id);
    let (url, fields, headers, expires_at) = match (wanted.method, wanted.size) {
        (Method::Put, Some(size)) => {
            let expires = config.upload_expires;
            let put = objects
                .presign_put(&key, &content_type, size, expires)
                .await?;
            (put.url, None, Some(put.headers), put.expires_at)
        }
        // Nothing else could bound it.
        (Method::Put, None) => return Err(Error::field("/size", "needed with method PUT")),
        (Method::Post, size) => {
            let terms = UploadTerms {
                bucket: &config.bucket,
                key: &key,
                content_type: &content_type,
                size: size.map_or((1, most), |size| (size, size)),
                expires: config.upload_expires,
            };
            let post = context.cloud().await.presign_post(&terms).await?;
            (post.url, Some(post.fields), None, post.expires_at)
        }
    };

    let password = accept::sealed(context, caller, wanted.password.as_ref(), format).await?;
    let title = accept::title(&description, Some(&file_name));
    let new = NewDocument {
        title: &title,
        title_given: description.title.is_some(),
        source: Source::Presigned,
        format,
        external_id: description.external_id.as_deref(),
        file_name: Some(&file_name),
        metadata: description.metadata.as_ref(),
        source_url: None,
        chunking: description.chunking,
        place: caller.place(description.collection_id)?,
        reading: description.reading,
        attached_to: None,
        password: password.as_ref(),
        reprocess: false,
        lane: Lane::Single,
        actor: caller.principal.into(),
    };
    let store = caller.store();
    store
        .add_awaited_document(caller.customer_id, doc_id, &new, Uuid::new_v4(), expires_at)
        .await?;
    Ok(Form {
        url,
        method: wanted.method,
        fields,
        headers,
        doc_id,
        status: Status::AwaitingUpload,
        status_url: Link::to_document_status(doc_id),
        expires_at: expires_at.trunc_subsecs(0),
    })
}
