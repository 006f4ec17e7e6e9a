//! `PUT /api/documents/{id}`: other content, title, metadata or chunking, or the same read anew; another
//! collection.
//!
//! Whatever it is, it is the next version; search shows the one before until that is published. Texts that
//! were embedded before are not paid for again. A move alone makes no version.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, Path, Query,
    answers::{self, Either},
    scopes::DocumentsWrite,
};
use dynrag_app::originals::replace;
use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, Result,
    config::Chunking,
    documents::{OnDuplicate, Reading, Status},
    jobs::Lane,
    metadata::Metadata,
};
use dynrag_store::{admission::Admission, outbox::Pending, uploads::NewDocument, versions::Change};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    accept::{Accepted, Outcome},
    document,
    fields::Description,
    wait::{Waiting, hold},
};

const RACES: usize = 5;

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DocumentChange)]
pub(crate) struct Body {
    #[schema(min_length = 1, max_length = 512)]
    pub(crate) title: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub(crate) metadata: Option<Metadata>,
    pub(crate) chunking: Option<Chunking>,
    /// The collection it moves to; null: it belongs to none.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<CollectionId>)]
    pub(crate) collection_id: Option<Option<CollectionId>>,
    /// The new text.
    #[schema(min_length = 1)]
    pub(crate) content: Option<String>,
    /// Of `content`; `text/plain` where it is left out.
    pub(crate) content_type: Option<String>,
    /// Whether what the document hides is read too.
    pub(crate) include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    pub(crate) attachments: Option<bool>,
    /// Reads and cuts the same content again.
    #[serde(default)]
    pub(crate) reprocess: bool,
}

impl Body {
    /// The collection, where nothing else is to change.
    fn only_moves(&self) -> Option<Option<CollectionId>> {
        let more = self.title.is_some()
            || self.metadata.is_some()
            || self.chunking.is_some()
            || self.content.is_some()
            || self.content_type.is_some()
            || self.include_hidden.is_some()
            || self.attachments.is_some()
            || self.reprocess;
        self.collection_id.filter(|_| !more)
    }
}

/// Makes the next version, or only moves the document.
pub(crate) async fn update(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
    Query(waiting): Query<Waiting>,
    Json(body): Json<Body>,
) -> Answer<Outcome> {
    let time = waiting.time()?;
    let changed = change(&context, &caller, id, body).await?;
    Ok(hold(&caller, changed, time).await?)
}

/// Changes a document that is there.
///
/// # Errors
/// `not_found`; `invalid_fields`; `budget_exceeded`; `no_original`, `awaiting_upload` and `busy_document` (conflict).
pub(crate) async fn change(
    context: &Context,
    caller: &Admission,
    id: DocumentId,
    body: Body,
) -> Result<Outcome> {
    if let Some(to) = body.only_moves() {
        let (store, actor) = (caller.store(), caller.principal.into());
        let status = store
            .move_document(caller.customer_id, actor, id, to)
            .await?;
        return Ok(Either::That(Json(Accepted::new(id, status))));
    }
    caller.check_budget()?;
    let pending = match body.content {
        Some(_) => replaced(context, caller, id, body).await?,
        None => again(caller, id, body).await?,
    };
    context.dispatch(&pending).await;
    let queued = Accepted::new(id, Status::Queued);
    Ok(Either::This(answers::Accepted(queued)))
}

async fn replaced(
    context: &Context,
    caller: &Admission,
    id: DocumentId,
    body: Body,
) -> Result<Pending> {
    let (store, (objects, _)) = (caller.store(), context.documents().await?);
    let customer = caller.customer_id;
    let there = store.get_document(customer, id).await?;
    let title_given = body.title.is_some();
    let (description, content) = document::Body {
        title: body.title.unwrap_or(there.title),
        content: body.content.unwrap_or_default(),
        content_type: body.content_type,
        external_id: None,
        metadata: body.metadata,
        on_duplicate: OnDuplicate::NewVersion,
        chunking: body.chunking,
        collection_id: None,
        include_hidden: body.include_hidden,
        attachments: body.attachments,
    }
    .read(&caller.config)?;
    let new = NewDocument {
        title: description.title.as_deref().unwrap_or_default(),
        title_given,
        source: content.source,
        format: content.format,
        external_id: None,
        file_name: None,
        metadata: description.metadata.as_ref(),
        source_url: None,
        chunking: description.chunking,
        place: body.collection_id.into(),
        reading: description.reading,
        attached_to: None,
        password: None,
        reprocess: true,
        lane: Lane::Single,
        actor: caller.principal.into(),
    };
    replace(store, objects, customer, id, &new, content.bytes).await
}

async fn again(caller: &Admission, id: DocumentId, body: Body) -> Result<Pending> {
    if body.content_type.is_some() {
        let detail = "only with content, whose type it is";
        return Err(Error::field("/contentType", detail));
    }
    let nothing = body.title.is_none()
        && body.metadata.is_none()
        && body.chunking.is_none()
        && body.include_hidden.is_none()
        && body.attachments.is_none();
    if nothing && !body.reprocess {
        let detail = "something to change: title, metadata, chunking, collectionId, includeHidden, attachments, \
            content, or reprocess: true";
        return Err(Error::field("", detail));
    }
    let description = Description {
        title: body.title,
        metadata: body.metadata,
        chunking: body.chunking,
        ..Description::default()
    }
    .check()?;
    let change = Change {
        title: description.title.as_deref(),
        metadata: description.metadata.as_ref(),
        chunking: description.chunking,
        reading: Reading {
            include_hidden: body.include_hidden,
            attachments: body.attachments,
        },
        place: body.collection_id.into(),
    };
    let store = caller.store();
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    for _ in 0..RACES {
        let made = store
            .process_again(customer, actor, id, None, &change)
            .await?;
        if let Some((_, pending)) = made {
            return Ok(pending);
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "busy_document",
        "Others keep changing this document. Try again.",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_move_is_told_from_work() {
        let id = "01936f6e-3c00-7000-8000-000000000040";
        let moves = |body: Value| {
            let body = serde_json::from_str::<Body>(&body.to_string());
            body.unwrap().only_moves()
        };
        let to = moves(json!({"collectionId": id})).unwrap();
        assert_eq!(to.unwrap().to_string(), id);
        assert_eq!(moves(json!({"collectionId": null})), Some(None));
        for body in [
            json!({}),
            json!({"collectionId": id, "title": "T"}),
            json!({"collectionId": id, "metadata": {}}),
            json!({"collectionId": id, "chunking": {"size": 100, "overlap": 0}}),
            json!({"collectionId": id, "content": "A"}),
            json!({"collectionId": id, "contentType": "text/plain"}),
            json!({"collectionId": id, "includeHidden": false}),
            json!({"collectionId": id, "attachments": true}),
            json!({"collectionId": id, "reprocess": true}),
        ] {
            assert_eq!(moves(body.clone()), None, "{body}");
        }
    }
}
