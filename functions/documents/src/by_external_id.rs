//! `GET`, `PUT` and `DELETE /api/documents/by-external-id?externalId=`: a document by the customer's own id.
//!
//! The id is in the query and not in the path: API Gateway decodes a path before it selects the function, so that an id
//! with `?` would arrive truncated and might be another document's id. A query arrives as sent.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Json, Query,
    responses::Accepted,
    scopes::{DocumentsRead, DocumentsWrite},
    wait_time,
};
use dynrag_app::documents;
use dynrag_domain::documents::filter::check_external_id;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{body::DocumentBody, delete::DocumentDeletion, update::DocumentChange};

/// Selects a document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExternalIdQuery {
    /// The customer's own id of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
}

/// Selects a document, and how long to wait.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PutByExternalIdQuery {
    /// The customer's own id of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
    /// Seconds to wait for processing to end before the response is sent. Default: 0.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

/// Selects a document to delete.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExternalIdDeletionQuery {
    /// The customer's own id of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
    /// Delete permanently, without undelete, regardless of `deletionRetentionDays`. Includes documents with this id
    /// that are already deleted.
    #[serde(default)]
    permanent: bool,
}

/// Returns a document.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Query(query): Query<ExternalIdQuery>,
) -> Answer<Json<DocumentBody>> {
    check_external_id(&query.external_id)?;
    let document = caller
        .store()
        .document_by_external_id(caller.tenant(), &query.external_id)
        .await?;
    Ok(Json(document.into()))
}

/// Creates or changes a document.
pub(crate) async fn put(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(query): Query<PutByExternalIdQuery>,
    Json(body): Json<DocumentChange>,
) -> Answer<AddedAnswer> {
    check_external_id(&query.external_id)?;
    let time = wait_time(query.wait)?;
    let id = query.external_id;
    let added = documents::put_by_external_id(&app, &caller, id, body.into()).await?;
    Ok(documents::wait(&caller, added, time).await?.into())
}

/// Deletes a document, and with an email the documents attached to it.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(query): Query<ExternalIdDeletionQuery>,
) -> Answer<Accepted<DocumentDeletion>> {
    let (id, permanent) = (&query.external_id, query.permanent);
    check_external_id(id)?;
    let deletion = documents::delete_by_external_id(&app, &caller, id, permanent).await?;
    Ok(Accepted(deletion.into()))
}
