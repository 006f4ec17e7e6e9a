//! `GET`, `PUT` and `DELETE /api/documents/by-external-id?externalId=`: a document by the id its owner knows.
//!
//! The id is in the query and not in the path: API Gateway decodes a path before it chooses the function, so that an id
//! with `?` would arrive as a shorter one, which may be another document's. A query arrives as it was sent.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Json, Query,
    answers::Accepted,
    scopes::{DocumentsRead, DocumentsWrite},
    wait_time,
};
use dynrag_app::documents;
use dynrag_domain::documents::filter::check_external_id;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{body::DocumentBody, delete::DocumentDeletion, update::DocumentChange};

/// Which document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExternalIdQuery {
    /// The caller's own id.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
}

/// Which document, and how long the caller waits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct PutByExternalIdQuery {
    /// The caller's own id.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
    /// Seconds to hold the answer until the document has ended; none where it is left out.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

/// Which document is deleted, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExternalIdDeletionQuery {
    /// The caller's own id.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
    /// It cannot be undeleted, whatever `deletionRetentionDays` says. Takes also those of this id that are deleted already.
    #[serde(default)]
    permanent: bool,
}

/// Answers a document.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Query(query): Query<ExternalIdQuery>,
) -> Answer<Json<DocumentBody>> {
    check_external_id(&query.external_id)?;
    let document = caller
        .store()
        .document_by_external_id(caller.customer_id, &query.external_id)
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
