//! Adds a document.

use dynrag_domain::{Result, documents::OnDuplicate};
use dynrag_store::{admission::Admission, uploads::NewDocument};

use super::{AddedDocument, Content, Description, Kept, keep, passwords, redescribe::redescribe};
use crate::App;

/// Stores and queues a document, or finds that its content exists already.
///
/// # Errors
/// `budget_exceeded`, `platform_budget_exceeded` (payment required); `document_limit` and `busy_document` (conflict);
/// `invalid_fields`; `unavailable`.
pub async fn add(
    app: &App,
    caller: &Admission,
    description: &Description,
    content: Content,
) -> Result<AddedDocument> {
    caller.check_budget()?;
    let (source, format) = (content.source, content.format);
    let password =
        passwords::seal_new_password(app, caller, description.password.as_ref(), format).await?;
    let (store, (objects, _)) = (caller.store(), app.documents().await?);
    let title = description.title(content.file_name.as_deref());
    let new = NewDocument {
        file_name: content.file_name.as_deref(),
        password: password.as_ref(),
        // A new version is requested in any case, for its title and metadata.
        reprocess: description.on_duplicate == OnDuplicate::NewVersion,
        ..description.new_document(caller, &title, source, format)?
    };
    let (customer, on_duplicate) = (caller.tenant(), description.on_duplicate);
    let kept = keep(store, objects, customer, &new, content.bytes, on_duplicate).await?;
    match kept {
        Kept::Queued { id, pending } => {
            app.dispatch(&pending).await;
            Ok(AddedDocument::queued(id))
        }
        Kept::Duplicate { id, status } => {
            let updated = redescribe(app, caller, id, description).await?;
            Ok(AddedDocument::duplicate(id, status, updated))
        }
    }
}
