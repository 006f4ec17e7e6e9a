//! Chunks of documents, read from the vector tables: the part of the documents group that needs LanceDB.

mod chunks;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    Routes::new().get(
        "documents-chunks",
        "/api/documents/{id}/chunks",
        "List a document's chunks",
        chunks::chunks,
    )
}
