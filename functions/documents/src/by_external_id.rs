//! `GET` and `DELETE /api/documents/by-external-id?externalId=`: a document by the id its owner knows.
//!
//! The id is in the query and not in the path: API Gateway decodes a path before it chooses the function, so that an id
//! with `?` would arrive as a shorter one, which may be another document's. A query arrives as it was sent.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, Query,
    answers::Accepted,
    scopes::{DocumentsRead, DocumentsWrite},
};
use dynrag_domain::{Error, Kind, documents::filter::check_external_id};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    body::DocumentBody,
    delete::{Deleting, hide},
};

/// Which document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ExternalIdQuery)]
pub(crate) struct Named {
    /// The caller's own id.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
}

/// Which document is deleted, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ExternalIdDeletionQuery)]
pub(crate) struct Wanted {
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
    Query(named): Query<Named>,
) -> Answer<Json<DocumentBody>> {
    check_external_id(&named.external_id)?;
    let document = caller
        .store()
        .document_by_external_id(caller.customer_id, &named.external_id)
        .await?;
    Ok(Json(document.into()))
}

/// Deletes a document, and with a mail the documents attached to it.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(wanted): Query<Wanted>,
) -> Answer<Accepted<Deleting>> {
    check_external_id(&wanted.external_id)?;
    let (store, customer) = (caller.store(), caller.customer_id);
    if !wanted.permanent {
        let named = store.document_by_external_id(customer, &wanted.external_id);
        let id = named.await?.id;
        return Ok(Accepted(hide(&context, &caller, id, false).await?));
    }
    let mut deleting = None;
    for id in store
        .documents_by_external_id(customer, &wanted.external_id)
        .await?
    {
        match hide(&context, &caller, id, true).await {
            Ok(one) => drop(deleting.get_or_insert(one)),
            // Somebody else was faster.
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Accepted(
        deleting.ok_or_else(|| Error::not_found("document"))?,
    ))
}
