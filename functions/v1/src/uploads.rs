//! `POST /v1/uploads`, `…/{id}/parts`, `…/{id}/complete`, `…/{id}/cancel`: files that are sent in parts.

use std::sync::Arc;

use axum::extract::{FromRequest, Request as HttpRequest, State};
use bytes::Bytes;
use dynrag_api::{
    Answer, App, Caller, Failure, Json, Path,
    multipart::{Part, parts},
    openapi::{self, Argument},
    scopes::DocumentsWrite,
};
use dynrag_app::part_uploads;
use dynrag_domain::{DocumentId, Error, Result};
use dynrag_store::part_uploads::PartUpload;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    files::{self, FileBody, PURPOSE},
    ids::{PartId, UploadId},
    refused::{self, Refused, never},
};

const REFUSED: [Refused; 1] = [Refused {
    name: "expires_after",
    neutral: never,
    detail: "a file stays until it is deleted",
}];

#[derive(Deserialize, ToSchema)]
pub(crate) struct UploadCreate {
    /// Bytes of the whole file.
    #[schema(minimum = 1)]
    bytes: u64,
    #[schema(min_length = 1, max_length = 512)]
    filename: String,
    mime_type: String,
    /// `assistants` or `user_data`.
    purpose: String,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Map<String, Value>,
}

/// Which parts make the file, in their order.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UploadComplete {
    #[schema(value_type = Vec<String>, min_items = 1)]
    part_ids: Vec<PartId>,
    /// MD5 of the file in hexadecimal digits, to be compared.
    md5: Option<String>,
}

/// A file that is sent in parts.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadBody {
    id: UploadId,
    object: &'static str,
    bytes: i64,
    created_at: i64,
    filename: String,
    purpose: &'static str,
    /// `pending`, `completed`, `cancelled` or `expired`.
    status: &'static str,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileBody>,
}

/// A part of a file.
#[derive(Serialize, ToSchema)]
#[schema(as = UploadPart)]
pub(crate) struct PartBody {
    id: PartId,
    object: &'static str,
    created_at: i64,
    upload_id: UploadId,
}

/// A part as multipart/form-data.
pub(crate) struct Form {
    data: Bytes,
}

/// The parts of the form.
#[derive(ToSchema)]
#[schema(as = UploadPartCreate)]
#[expect(dead_code, reason = "read by `Form`")]
struct FormParts {
    /// At most 4.4 MB.
    #[schema(value_type = String, format = Binary)]
    data: String,
}

impl Argument for Form {
    fn describe(description: &mut openapi::Description) {
        description.body::<FormParts>("multipart/form-data", true);
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: HttpRequest, _: &S) -> Result<Self, Failure> {
        let mut parts = parts(request).await?.into_iter();
        let data = parts.find(|part: &Part| part.name == "data" && !part.bytes.is_empty());
        let data = data.ok_or_else(|| Error::field("/data", "required: a part named data"))?;
        Ok(Self { data: data.bytes })
    }
}

fn body(
    id: DocumentId,
    upload: &PartUpload,
    status: &'static str,
    file: Option<FileBody>,
) -> Json<UploadBody> {
    let expires_at = upload.expires_at.unwrap_or(upload.created_at);
    Json(UploadBody {
        id: UploadId(id),
        object: "upload",
        bytes: upload.bytes,
        created_at: upload.created_at.timestamp(),
        filename: upload.file_name.clone().unwrap_or_default(),
        purpose: PURPOSE,
        status,
        expires_at: expires_at.timestamp(),
        file,
    })
}

/// Announces a file.
pub(crate) async fn create(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Json(request): Json<UploadCreate>,
) -> Answer<Json<UploadBody>> {
    refused::check(&request.rest, &REFUSED)?;
    files::check_purpose(&request.purpose)?;
    let (name, media_type) = (&request.filename, &request.mime_type);
    let id = part_uploads::create(&app, &caller, name, media_type, request.bytes).await?;
    let upload = caller.store().part_upload(caller.tenant(), id).await?;
    Ok(body(id, &upload, "pending", None))
}

/// Takes a part.
pub(crate) async fn add_part(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(upload_id): Path<UploadId>,
    Form { data }: Form,
) -> Answer<Json<PartBody>> {
    let (id, created_at) = part_uploads::add_part(&app, &caller, upload_id.0, data).await?;
    Ok(Json(PartBody {
        id: PartId(id),
        object: "upload.part",
        created_at: created_at.timestamp(),
        upload_id,
    }))
}

/// Makes the file.
pub(crate) async fn complete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(UploadId(id)): Path<UploadId>,
    Json(request): Json<UploadComplete>,
) -> Answer<Json<UploadBody>> {
    let parts: Vec<_> = request.part_ids.iter().map(|part| part.0).collect();
    let upload = part_uploads::complete(&app, &caller, id, &parts, request.md5.as_deref()).await?;
    let file = files::read(&caller, id).await?;
    Ok(body(id, &upload, "completed", Some(file)))
}

/// Gives the file up.
pub(crate) async fn cancel(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(UploadId(id)): Path<UploadId>,
) -> Answer<Json<UploadBody>> {
    let upload = part_uploads::cancel(&app, &caller, id).await?;
    Ok(body(id, &upload, "cancelled", None))
}
