//! `document_get`: what is known about a document.

use dynrag_domain::{DocumentId, Result, identity::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Shown, document::DocumentShown},
};

pub(crate) struct DocumentGet;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DocumentGetArguments)]
pub(crate) struct Arguments {
    /// The `documentId` of a result.
    document_id: DocumentId,
}

impl Callable for DocumentGet {
    const NAME: &'static str = "document_get";
    const TITLE: &'static str = "Get a document's status";
    const DESCRIPTION: &'static str = "Returns what is known about a document, without its text: title, status, versions, metadata and where it came from. \
         A document can be found when its status is completed. To read it, call fetch.";
    const SCOPE: Scope = Scope::DocumentsRead;
    type Arguments = Arguments;
    type Output = DocumentShown;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<DocumentShown>> {
        let (store, customer) = (call.caller.store(), call.caller.tenant());
        let document = store.get_document(customer, arguments.document_id).await?;
        Ok(DocumentShown::new(call, document).into())
    }
}
