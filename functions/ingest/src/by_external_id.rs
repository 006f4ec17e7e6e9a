//! `PUT /api/documents/by-external-id?externalId=`: makes the document that has this id, or changes it.
//!
//! With `content` it is as `POST /api/ingest/document` with this `externalId`, so that the same request again changes
//! nothing; without it as `PUT /api/documents/{id}`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Query, scopes::DocumentsWrite};
use dynrag_domain::{
    Error, Kind, Result,
    documents::{OnDuplicate, filter::check_external_id},
};
use dynrag_store::{admission::Admission, documents::Document};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    accept::{Outcome, accept},
    document, update,
    wait::{Waiting, hold},
};

/// Which document, and how long the caller waits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = PutByExternalIdQuery)]
pub(crate) struct Named {
    /// The caller's own id.
    #[schema(min_length = 1, max_length = 256)]
    external_id: String,
    /// Seconds to hold the answer until the document has ended; none where it is left out.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

/// Makes or changes the document.
pub(crate) async fn put(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(named): Query<Named>,
    Json(body): Json<update::Body>,
) -> Answer<Outcome> {
    check_external_id(&named.external_id)?;
    let time = Waiting::seconds(named.wait).time()?;
    let customer = caller.customer_id;
    let store = caller.store();
    let there = match store
        .document_by_external_id(customer, &named.external_id)
        .await
    {
        Ok(document) => Some(document),
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let outcome = match there {
        there if body.content.is_some() => {
            keep(&context, &caller, named.external_id, there, body).await?
        }
        Some(there) => update::change(&context, &caller, there.id, body).await?,
        None => {
            let detail = "No document has this externalId. Send title and content to make one.";
            return Err(Error::new(Kind::NotFound, "not_found", detail).into());
        }
    };
    Ok(hold(&caller, outcome, time).await?)
}

/// Takes the content in, and moves a document that is there already.
async fn keep(
    context: &Context,
    caller: &Admission,
    external_id: String,
    there: Option<Document>,
    body: update::Body,
) -> Result<Outcome> {
    let place = body.collection_id;
    if place == Some(None) && caller.collections.is_some() {
        let detail = "one of the key's collections: it cannot put a document out of them";
        return Err(Error::field("/collectionId", detail));
    }
    let title = body
        .title
        .or(there.as_ref().map(|there| there.title.clone()));
    let (description, content) = document::Body {
        title: title.ok_or_else(|| Error::field("/title", "this is needed for a new document"))?,
        content: body.content.unwrap_or_default(),
        content_type: body.content_type,
        external_id: Some(external_id),
        metadata: body.metadata,
        on_duplicate: match body.reprocess {
            true => OnDuplicate::NewVersion,
            false => OnDuplicate::Skip,
        },
        chunking: body.chunking,
        collection_id: place.flatten(),
        include_hidden: body.include_hidden,
        attachments: body.attachments,
    }
    .read(&caller.config)?;
    let outcome = accept(context, caller, &description, content).await?;
    // The same content makes no version with which the document would move, and null is no place of a new one.
    if let (Some(there), Some(to)) = (there, place)
        && there.collection != to
    {
        let (store, actor) = (caller.store(), caller.principal.into());
        store
            .move_document(caller.customer_id, actor, there.id, to)
            .await?;
    }
    Ok(outcome)
}
