//! The text of a version.

use dynrag_domain::{DocumentId, Error, Kind, Result, VersionNumber, chunks::Extracted, storage};
use dynrag_store::admission::Admission;

use crate::App;

/// Upper bound of the extracted text's object, larger than any that extraction writes.
const MAX_EXTRACTED: u64 = 256 * 1024 * 1024;

/// Returns a version's extracted text.
///
/// # Errors
/// `no_content` (not found).
pub async fn extracted(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    version: VersionNumber,
) -> Result<Extracted> {
    let customer = caller.tenant();
    let small = caller.store().small_text(customer, id, version).await?;
    let json = match small {
        Some(json) => json.into(),
        None => {
            let (objects, _) = app.documents().await?;
            let key = storage::extracted_key(customer.customer_id(), id, version);
            objects.get(&key, MAX_EXTRACTED).await?.ok_or_else(|| {
                let detail = format!(
                    "Version {version} has no extracted text. Its status gives the reason."
                );
                Error::new(Kind::NotFound, "no_content", detail)
            })?
        }
    };
    serde_json::from_slice(&json).map_err(Error::internal_fault)
}
