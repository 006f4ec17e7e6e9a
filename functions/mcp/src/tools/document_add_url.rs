//! `document_add_url`: a web page or file becomes a document.

use dynrag_app::documents::{self, Description};
use dynrag_domain::{CollectionId, Result, identity::Scope, metadata::Metadata};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Effect, Shown, added::Added},
};

pub(crate) struct DocumentAddUrl;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DocumentAddUrlArguments)]
pub(crate) struct Arguments {
    /// A public http or https URL of a page or file.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    /// Default: the page's own title.
    #[schema(min_length = 1, max_length = 512)]
    title: Option<String>,
    /// Your own id of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: Option<String>,
    /// Properties to filter by.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// The collection to add it to; see `collections_list`.
    collection_id: Option<CollectionId>,
}

impl Callable for DocumentAddUrl {
    const NAME: &'static str = "document_add_url";
    const TITLE: &'static str = "Add a web page or file";
    const DESCRIPTION: &'static str = "Fetches a public web page or file and adds it as a document, so that it can be found. Processing takes some seconds; \
         if the status is not completed yet, look with document_get.";
    const SCOPE: Scope = Scope::DocumentsWrite;
    const EFFECT: Effect = Effect::Adds;
    const OPEN_WORLD: bool = true;
    type Arguments = Arguments;
    type Output = Added;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Added>> {
        let url = documents::check_url(&arguments.url)?;
        let description = Description {
            title: arguments.title,
            external_id: arguments.external_id,
            metadata: arguments.metadata,
            collection_id: arguments.collection_id,
            ..Description::default()
        };
        let description = description.check()?;
        let added = documents::add_url(&call.app, &call.caller, &url, &description).await?;
        Added::after_waiting(call, added).await
    }
}
