//! Changes a document's content, title, metadata, chunking or collection, or reprocesses the same content.
//!
//! Each change becomes the next version; search returns the previous one until it is published. Texts that were
//! embedded before are not paid for again. A move alone creates no version.

use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, Result,
    config::Chunking,
    documents::{ExtractionOptions, OnDuplicate},
    metadata::Metadata,
};
use dynrag_store::{
    admission::Admission, documents::Document, outbox::Pending, uploads::NewDocument,
    versions::Change,
};

use super::{ATTEMPTS, AddedDocument, Description, NewText, add, busy, replace};
use crate::App;

/// A change of a document. Fields that are `None` stay unchanged.
#[derive(Default)]
pub struct DocumentChange {
    /// The title.
    pub title: Option<String>,
    /// Metadata.
    pub metadata: Option<Metadata>,
    /// Its own chunking.
    pub chunking: Option<Chunking>,
    /// The collection it moves to; the inner `None` takes it out of its collection.
    pub collection_id: Option<Option<CollectionId>>,
    /// The new text.
    pub content: Option<String>,
    /// Media type of `content`. Default: `text/plain`.
    pub content_type: Option<String>,
    /// Extraction options.
    pub extraction: ExtractionOptions,
    /// Reads and chunks the same content again.
    pub reprocess: bool,
}

impl DocumentChange {
    /// Whether more than the collection changes.
    fn makes_version(&self) -> bool {
        self.describes() || self.content.is_some() || self.content_type.is_some() || self.reprocess
    }

    /// Whether description, chunking or extraction options change.
    fn describes(&self) -> bool {
        self.title.is_some()
            || self.metadata.is_some()
            || self.chunking.is_some()
            || self.extraction.include_hidden.is_some()
            || self.extraction.attachments.is_some()
    }

    /// Returns the new content with its description; the caller handles the collection.
    fn text(
        self,
        title: String,
        external_id: Option<String>,
        on_duplicate: OnDuplicate,
    ) -> NewText {
        NewText {
            description: Description {
                title: Some(title),
                external_id,
                metadata: self.metadata,
                on_duplicate,
                chunking: self.chunking,
                extraction: self.extraction,
                ..Description::default()
            },
            content: self.content.unwrap_or_default(),
            content_type: self.content_type,
        }
    }
}

/// Creates the next version of a document, or only moves it.
///
/// # Errors
/// `not_found`; `invalid_fields`; `budget_exceeded`, `platform_budget_exceeded` (payment required); `no_original`,
/// `awaiting_upload` and `busy_document` (conflict); `unavailable`.
pub async fn update(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    change: DocumentChange,
) -> Result<AddedDocument> {
    if let (Some(to), false) = (change.collection_id, change.makes_version()) {
        let actor = caller.principal.into();
        let status = caller
            .store()
            .move_document(caller.tenant(), actor, id, to)
            .await?;
        return Ok(AddedDocument::unchanged(id, status));
    }
    caller.check_budget()?;
    let pending = match change.content {
        Some(_) => replace_content(app, caller, id, change).await?,
        None => process_again(caller, id, change).await?,
    };
    app.dispatch(&pending).await;
    Ok(AddedDocument::queued(id))
}

async fn replace_content(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    mut change: DocumentChange,
) -> Result<Pending> {
    let (store, (objects, _)) = (caller.store(), app.documents().await?);
    let customer = caller.tenant();
    let present = store.get_document(customer, id).await?;
    let target = change.collection_id.into();
    let title = change.title.take();
    let title_given = title.is_some();
    let (description, content) = change
        .text(
            title.unwrap_or(present.title),
            None,
            OnDuplicate::NewVersion,
        )
        .check(&caller.config)?;
    let title = description.title.as_deref().unwrap_or_default();
    let new = NewDocument {
        title_given,
        metadata: description.metadata.as_ref(),
        chunking: description.chunking,
        target,
        extraction: description.extraction,
        reprocess: true,
        ..NewDocument::new(
            title,
            content.source,
            content.format,
            caller.principal.into(),
        )
    };
    replace(store, objects, customer, id, &new, content.bytes).await
}

async fn process_again(
    caller: &Admission,
    id: DocumentId,
    change: DocumentChange,
) -> Result<Pending> {
    if change.content_type.is_some() {
        let detail = "only with content";
        return Err(Error::field("/contentType", detail));
    }
    if !change.describes() && !change.reprocess {
        let detail = "at least one of title, metadata, chunking, collectionId, includeHidden, attachments, \
            content, or reprocess: true";
        return Err(Error::field("", detail));
    }
    let target = change.collection_id.into();
    let description = Description {
        title: change.title,
        metadata: change.metadata,
        chunking: change.chunking,
        extraction: change.extraction,
        ..Description::default()
    }
    .check()?;
    let change = Change {
        title: description.title.as_deref(),
        metadata: description.metadata.as_ref(),
        chunking: description.chunking,
        extraction: description.extraction,
        target,
    };
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    for _ in 0..ATTEMPTS {
        let made = caller
            .store()
            .process_again(customer, actor, id, None, &change)
            .await?;
        if let Some((_, pending)) = made {
            return Ok(pending);
        }
    }
    Err(busy())
}

/// Creates or changes the document with this external id. With content, repeating the request changes nothing.
///
/// # Errors
/// `not_found` without a document and without content; otherwise as [`add`] and [`update`].
pub async fn put_by_external_id(
    app: &App,
    caller: &Admission,
    external_id: String,
    change: DocumentChange,
) -> Result<AddedDocument> {
    let found = caller
        .store()
        .document_by_external_id(caller.tenant(), &external_id)
        .await;
    let present = match found {
        Ok(document) => Some(document),
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    match present {
        present if change.content.is_some() => {
            put_content(app, caller, external_id, present, change).await
        }
        Some(present) => update(app, caller, present.id, change).await,
        None => {
            let detail = "No document has this externalId. Send title and content to create one.";
            Err(Error::new(Kind::NotFound, "not_found", detail))
        }
    }
}

/// Adds the content, and moves an existing document.
async fn put_content(
    app: &App,
    caller: &Admission,
    external_id: String,
    present: Option<Document>,
    mut change: DocumentChange,
) -> Result<AddedDocument> {
    let target = change.collection_id;
    if target == Some(None) && caller.collections.is_some() {
        let detail =
            "one of the key's collections, because the key cannot move documents out of them";
        return Err(Error::field("/collectionId", detail));
    }
    let title = change.title.take();
    let title = title.or(present.as_ref().map(|present| present.title.clone()));
    let title = title.ok_or_else(|| Error::field("/title", "required for a new document"))?;
    let on_duplicate = match change.reprocess {
        true => OnDuplicate::NewVersion,
        false => OnDuplicate::Skip,
    };
    let mut text = change.text(title, Some(external_id), on_duplicate);
    text.description.collection_id = target.flatten();
    let (description, content) = text.check(&caller.config)?;
    let added = add(app, caller, &description, content).await?;
    // Duplicate content creates no version that would move the document, and null cannot be given for a new document.
    if let (Some(present), Some(to)) = (present, target)
        && present.collection != to
    {
        let actor = caller.principal.into();
        caller
            .store()
            .move_document(caller.tenant(), actor, present.id, to)
            .await?;
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_move_creates_no_version() {
        let moves =
            |change: DocumentChange| change.collection_id.is_some() && !change.makes_version();
        let to = Some(Some(CollectionId::generate()));
        let change = || DocumentChange {
            collection_id: to,
            ..DocumentChange::default()
        };
        assert!(moves(change()));
        let out = DocumentChange {
            collection_id: Some(None),
            ..DocumentChange::default()
        };
        assert!(moves(out));
        assert!(!moves(DocumentChange::default()));
        let text = || Some("A".to_owned());
        let chunking = serde_json::from_str(r#"{"size": 100, "overlap": 0}"#).unwrap();
        let hidden = ExtractionOptions {
            include_hidden: Some(false),
            attachments: None,
        };
        let attachments = ExtractionOptions {
            include_hidden: None,
            attachments: Some(true),
        };
        for change in [
            DocumentChange {
                title: text(),
                ..change()
            },
            DocumentChange {
                metadata: Metadata::parse("{}"),
                ..change()
            },
            DocumentChange {
                chunking: Some(chunking),
                ..change()
            },
            DocumentChange {
                content: text(),
                ..change()
            },
            DocumentChange {
                content_type: text(),
                ..change()
            },
            DocumentChange {
                extraction: hidden,
                ..change()
            },
            DocumentChange {
                extraction: attachments,
                ..change()
            },
            DocumentChange {
                reprocess: true,
                ..change()
            },
        ] {
            assert!(!moves(change));
        }
    }
}
