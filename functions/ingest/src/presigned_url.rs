//! `GET|POST /api/ingest/presigned-url`: a presigned form or PUT URL to upload one file directly to S3.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Json, Link, Query, scopes::DocumentsWrite};
use dynrag_app::{documents::Description, uploads};
use dynrag_domain::{
    CollectionId, DocumentId, Error,
    config::Chunking,
    document_passwords::DocumentPassword,
    documents::{ExtractionOptions, Status},
    metadata::Metadata,
};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::fields;

/// A file to upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct UploadRequest {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// Media type. Default: from the file name.
    content_type: Option<String>,
    /// Exact size of the file in bytes. Required for `PUT`; a form without it accepts files up to the customer's limit.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file will be sent.
    #[serde(default)]
    method: UploadMethod,
    title: Option<String>,
    #[serde(default, deserialize_with = "fields::external_id")]
    #[schema(schema_with = fields::external_id_schema, required = false)]
    external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// Chunking. Default: the collection's, else the customer's.
    chunking: Option<Chunking>,
    /// The document's collection.
    collection_id: Option<CollectionId>,
    /// Whether hidden content is extracted too: sheets, rows, columns, slides, text.
    include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    attachments: Option<bool>,
    /// Password of an encrypted PDF. It is stored encrypted until the document is removed.
    password: Option<DocumentPassword>,
}

/// A file to upload, as query parameters, which cannot contain objects.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct UploadQuery {
    #[schema(min_length = 1, max_length = 512)]
    file_name: String,
    /// Media type. Default: from the file name.
    content_type: Option<String>,
    /// Exact size of the file in bytes. Required for `PUT`; a form without it accepts files up to the customer's limit.
    #[schema(minimum = 1)]
    size: Option<u64>,
    /// How the file will be sent.
    #[serde(default)]
    method: UploadMethod,
    title: Option<String>,
    external_id: Option<String>,
    /// The document's collection.
    collection_id: Option<CollectionId>,
    /// Whether hidden content is extracted too: sheets, rows, columns, slides, text.
    include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    attachments: Option<bool>,
    /// Rejected here, because URLs are logged. Send it in the body of a POST.
    password: Option<DocumentPassword>,
}

/// How a file is sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum UploadMethod {
    /// As a multipart form, as browsers send it.
    #[default]
    Post,
    /// As the body of a PUT.
    Put,
}

/// Where and how to send the file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadForm {
    url: String,
    method: UploadMethod,
    /// Form fields to send before the file, for `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
    /// Headers to send exactly as given, for `PUT`.
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
    // URLs are logged, by the platform and by others.
    if query.password.is_some() {
        return Err(Error::field(
            "/password",
            "only in the body of a POST, because URLs are logged",
        )
        .into());
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
                extraction: ExtractionOptions {
                    include_hidden: request.include_hidden,
                    attachments: request.attachments,
                },
                password: request.password,
                ..Description::default()
            },
        }
    }
}
