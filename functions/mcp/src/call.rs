//! What a message of a client is carried out with.

use std::sync::Arc;

use dynrag_api::{App, Link};
use dynrag_domain::{DocumentId, VersionNumber};
use dynrag_retrieval::Retriever;
use dynrag_store::admission::Admission;
use http::request::Parts;
use rmcp::{ErrorData, RoleServer, service::RequestContext};

/// A client's message, with its admitted caller.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) retriever: Arc<Retriever>,
    pub(crate) caller: Admission,
    /// Scheme and host of the API: links are made outside of the request's task.
    pub(crate) base: String,
    /// The request's span.
    pub(crate) span: tracing::Span,
}

impl Call {
    /// Of a request, within its task.
    pub(crate) fn new(app: Arc<App>, retriever: Arc<Retriever>, caller: Admission) -> Self {
        Self {
            app,
            retriever,
            caller,
            base: Link::to("").to_string(),
            span: tracing::Span::current(),
        }
    }

    /// The call that a message came with.
    ///
    /// # Errors
    /// An internal error if there is none.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Result<&Self, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let call = parts.and_then(|parts| parts.extensions.get::<Self>());
        call.ok_or_else(|| ErrorData::internal_error("The message came without its request.", None))
    }

    /// Where the text of a version is, for as long as the version is kept.
    pub(crate) fn url(&self, document: DocumentId, version: VersionNumber) -> String {
        let base = &self.base;
        format!("{base}/api/documents/{document}/content?version={version}")
    }
}
