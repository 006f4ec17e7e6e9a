//! `document_delete`: a document is hidden at once, and removed later.

use chrono::{DateTime, Utc};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, Result, identity::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Effect, Shown},
};

pub(crate) struct DocumentDelete;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DocumentDeleteArguments)]
pub(crate) struct Arguments {
    /// The `documentId` of a result.
    document_id: DocumentId,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentDeleted)]
pub(crate) struct Deleted {
    document_id: DocumentId,
    /// Until when people can undelete it with `POST /api/documents/{id}/undelete`; left out if it is removed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    undelete_until: Option<DateTime<Utc>>,
}

impl Callable for DocumentDelete {
    const NAME: &'static str = "document_delete";
    const TITLE: &'static str = "Delete a document";
    const DESCRIPTION: &'static str = "Deletes a document with all of its versions: it is found no longer. Call it only if the user asked to delete this \
         document.";
    const SCOPE: Scope = Scope::DocumentsWrite;
    const EFFECT: Effect = Effect::Removes;
    type Arguments = Arguments;
    type Output = Deleted;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Deleted>> {
        let id = arguments.document_id;
        let deletion = documents::delete(&call.app, &call.caller, id, false).await?;
        let deleted = Deleted {
            document_id: deletion.id,
            undelete_until: deletion.purge_at,
        };
        Ok(deleted.into())
    }
}
