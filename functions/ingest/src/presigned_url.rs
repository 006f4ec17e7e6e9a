//! `GET|POST /api/ingest/presigned-url`: a form, or a URL to PUT to, with which one file goes straight to S3.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Json, Link, Query, scopes::DocumentsWrite};
use dynrag_app::{documents::Description, uploads};
use dynrag_domain::{
    CollectionId, DocumentId, Error,
    config::Chunking,
    document_passwords::DocumentPassword,
    documents::{Reading, Status},
    metadata::Metadata,
};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::fields;

/// A file that is going to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct UploadRequest {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// By the file's name where it is left out.
    content_type: Option<String>,
    /// Bytes; exactly so many are taken. Up to the customer's limit where it is left out, which only a form can.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file is going to be sent.
    #[serde(default)]
    method: UploadMethod,
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
pub(crate) struct UploadQuery {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// By the file's name where it is left out.
    content_type: Option<String>,
    /// Bytes; exactly so many are taken. Up to the customer's limit where it is left out, which only a form can.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file is going to be sent.
    #[serde(default)]
    method: UploadMethod,
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

/// How a file is sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum UploadMethod {
    /// In a form, as pages do.
    #[default]
    Post,
    /// As the body itself.
    Put,
}

/// Where and how to send the file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadForm {
    url: String,
    method: UploadMethod,
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

/// Creates an upload from query parameters.
pub(crate) async fn by_query(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(query): Query<UploadQuery>,
) -> Answer<Json<UploadForm>> {
    // URLs are written into logs, ours and others'.
    if query.password.is_some() {
        return Err(Error::field("/password", "in the body of a POST, not in the address").into());
    }
    create(&app, &caller, query.into()).await
}

/// Creates an upload from a JSON body.
pub(crate) async fn by_body(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Json(request): Json<UploadRequest>,
) -> Answer<Json<UploadForm>> {
    create(&app, &caller, request).await
}

async fn create(app: &App, caller: &Admission, request: UploadRequest) -> Answer<Json<UploadForm>> {
    let method = request.method;
    let form = uploads::create(app, caller, request.into()).await?;
    Ok(Json(UploadForm {
        url: form.url,
        method,
        fields: form.fields,
        headers: form.headers,
        doc_id: form.id,
        status: Status::AwaitingUpload,
        status_url: Link::to_document_status(form.id),
        expires_at: form.expires_at,
    }))
}

impl From<UploadQuery> for UploadRequest {
    fn from(query: UploadQuery) -> Self {
        Self {
            file_name: query.file_name,
            content_type: query.content_type,
            size: query.size,
            method: query.method,
            title: query.title,
            external_id: query.external_id,
            metadata: None,
            chunking: None,
            collection_id: query.collection_id,
            include_hidden: query.include_hidden,
            attachments: query.attachments,
            password: None,
        }
    }
}

impl From<UploadRequest> for uploads::UploadRequest {
    fn from(request: UploadRequest) -> Self {
        Self {
            file_name: request.file_name,
            content_type: request.content_type,
            size: request.size,
            method: match request.method {
                UploadMethod::Post => uploads::UploadMethod::Post,
                UploadMethod::Put => uploads::UploadMethod::Put,
            },
            description: Description {
                title: request.title,
                external_id: request.external_id,
                metadata: request.metadata,
                chunking: request.chunking,
                collection_id: request.collection_id,
                reading: Reading {
                    include_hidden: request.include_hidden,
                    attachments: request.attachments,
                },
                password: request.password,
                ..Description::default()
            },
        }
    }
}
