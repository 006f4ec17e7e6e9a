//! What a caller is told of a document that came in, and how it is taken (`dynrag_app::originals`).

use std::borrow::Cow;

use bytes::Bytes;
use dynrag_api::{
    Context, Json, Link,
    answers::{self, Either},
};
use dynrag_app::originals::Kept;
use dynrag_domain::{
    DocumentId, Result,
    document_passwords::DocumentPassword,
    documents::{FailureCode, Format, MAX_TITLE, OnDuplicate, Source, Status},
    jobs::Lane,
};
use dynrag_store::{
    admission::Admission, document_passwords::SealedPassword, documents::no_password,
    uploads::NewDocument,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{fields::Description, redescribe::redescribe};

/// The answer of every way in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AcceptedDocument)]
pub(crate) struct Accepted {
    pub(crate) doc_id: DocumentId,
    pub(crate) status: Status,
    pub(crate) status_url: Link,
    /// True where the very content is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) duplicate: bool,
    /// True where a duplicate takes over the title, metadata, `includeHidden` or `attachments` it came with. Nothing is
    /// embedded again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) updated: bool,
    /// Why it ended badly, where the caller waited for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<FailureCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Cow<'static, str>>,
}

/// Queued; or there already.
pub(crate) type Outcome = Either<answers::Accepted<Accepted>, Json<Accepted>>;

impl Accepted {
    pub(crate) fn new(doc_id: DocumentId, status: Status) -> Self {
        Self {
            doc_id,
            status,
            status_url: Link::to_document_status(doc_id),
            duplicate: false,
            updated: false,
            code: None,
            reason: None,
        }
    }
}

/// A document with its content.
pub(crate) struct Content {
    pub(crate) source: Source,
    pub(crate) format: Format,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The title of a document: the given one, else the file's name, else a fallback.
pub(crate) fn title(description: &Description, file_name: Option<&str>) -> String {
    let title = description.title.as_deref().or(file_name);
    let title = title.or(description.fallback_title.as_deref());
    title
        .unwrap_or("Untitled")
        .chars()
        .take(MAX_TITLE)
        .collect()
}

/// The password of a document, where one is given, as it is kept.
///
/// # Errors
/// `invalid_fields` for a document that has none; `unavailable`.
pub(crate) async fn sealed(
    context: &Context,
    caller: &Admission,
    password: Option<&DocumentPassword>,
    format: Format,
) -> Result<Option<SealedPassword>> {
    match password {
        None => Ok(None),
        Some(_) if format != Format::Pdf => Err(no_password()),
        Some(password) => {
            let customer = caller.customer_id;
            let sealed = context.seal_document_password(customer, password).await?;
            Ok(Some(sealed))
        }
    }
}

/// Stores and queues a document, or finds that it is there already.
pub(crate) async fn accept(
    context: &Context,
    caller: &Admission,
    description: &Description,
    content: Content,
) -> Result<Outcome> {
    caller.check_budget()?;
    let password = sealed(
        context,
        caller,
        description.password.as_ref(),
        content.format,
    )
    .await?;
    let (store, (objects, _)) = (caller.store(), context.documents().await?);
    let new = NewDocument {
        title: &title(description, content.file_name.as_deref()),
        title_given: description.title.is_some(),
        source: content.source,
        format: content.format,
        external_id: description.external_id.as_deref(),
        file_name: content.file_name.as_deref(),
        metadata: description.metadata.as_ref(),
        source_url: None,
        chunking: description.chunking,
        place: caller.place(description.collection_id)?,
        reading: description.reading,
        attached_to: None,
        password: password.as_ref(),
        // Asked for in any case: with the title and metadata that come with it.
        reprocess: description.on_duplicate == OnDuplicate::NewVersion,
        lane: Lane::Single,
        actor: caller.principal.into(),
    };
    let (customer, on_duplicate) = (caller.customer_id, description.on_duplicate);
    let kept =
        dynrag_app::originals::keep(store, objects, customer, &new, content.bytes, on_duplicate)
            .await?;
    Ok(match kept {
        Kept::Queued { id, pending } => {
            context.dispatch(&pending).await;
            Either::This(answers::Accepted(Accepted::new(id, Status::Queued)))
        }
        Kept::Duplicate { id, status } => {
            let updated = redescribe(caller, id, description).await?;
            if let Some(pending) = &updated {
                context.dispatch(pending).await;
            }
            let accepted = |status| Accepted {
                duplicate: true,
                updated: updated.is_some(),
                ..Accepted::new(id, status)
            };
            match updated {
                Some(_) => Either::This(answers::Accepted(accepted(Status::Queued))),
                None => Either::That(Json(accepted(status))),
            }
        }
    })
}
