//! `document_add`: a text becomes a document.

use dynrag_app::documents::{self, Description, NewText};
use dynrag_domain::{
    CollectionId, Result, documents::OnDuplicate, identity::Scope, metadata::Metadata,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Effect, Shown, added::Added},
};

pub(crate) struct DocumentAdd;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DocumentAddArguments)]
pub(crate) struct Arguments {
    #[schema(min_length = 1, max_length = 512)]
    title: String,
    /// The whole text.
    #[schema(min_length = 1)]
    content: String,
    /// `text/plain` (the default), `text/markdown`, `text/html`, `text/csv` or `application/json`.
    content_type: Option<String>,
    /// Your own id of the document. Adding another text with the same id makes the next version of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: Option<String>,
    /// Properties to filter by.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// The collection to add it to; see `collections_list`.
    collection_id: Option<CollectionId>,
}

impl Callable for DocumentAdd {
    const NAME: &'static str = "document_add";
    const TITLE: &'static str = "Add a document";
    const DESCRIPTION: &'static str = "Adds a text as a document, so that it can be found. The same text again is the same document. Processing takes some \
         seconds; if the status is not completed yet, look with document_get.";
    const SCOPE: Scope = Scope::DocumentsWrite;
    const EFFECT: Effect = Effect::Adds;
    type Arguments = Arguments;
    type Output = Added;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Added>> {
        let text = NewText {
            description: Description {
                title: Some(arguments.title),
                external_id: arguments.external_id,
                metadata: arguments.metadata,
                on_duplicate: OnDuplicate::default(),
                collection_id: arguments.collection_id,
                ..Description::default()
            },
            content: arguments.content,
            content_type: arguments.content_type,
        };
        let (description, content) = text.check(&call.caller.config)?;
        let added = documents::add(&call.app, &call.caller, &description, content).await?;
        Added::after_waiting(call, added).await
    }
}
