//! The OpenAI-compatible API: what OpenAI's own clients call, over the same documents, conversations and models.
//!
//! A vector store is a collection, a file a document, a stored response an answer of a conversation. Nothing is stored twice, and
//! what one API adds the other finds. All routes are at one address, as these clients know only one, and it streams.

mod attributes;
mod chat;
mod embeddings;
mod file_batches;
mod files;
mod filters;
mod ids;
mod list;
mod making;
mod models;
mod question;
mod refused;
mod reply;
mod responses;
mod search;
mod uploads;
mod vector_store_files;
mod vector_stores;

use dynrag_api::{AppWith, Routes};
use dynrag_retrieval::Retriever;

/// The routes of this group.
pub fn routes() -> Routes<AppWith<Retriever>> {
    let routes = answers(Routes::new());
    vector_stores(files(routes)).in_one_function("v1")
}

type Table = Routes<AppWith<Retriever>>;

fn answers(routes: Table) -> Table {
    routes
        .get("v1-models", "/v1/models", "List models", models::list)
        .get("v1-model", "/v1/models/{id+}", "Get a model", models::get)
        .post(
            "v1-chat-completions",
            "/v1/chat/completions",
            "Ask a question, as a chat completion",
            chat::create,
        )
        .post(
            "v1-responses-create",
            "/v1/responses",
            "Ask a question, as a response",
            responses::create,
        )
        .get(
            "v1-responses-get",
            "/v1/responses/{id}",
            "Get a stored response",
            responses::stored::get,
        )
        .delete(
            "v1-responses-delete",
            "/v1/responses/{id}",
            "Delete a stored response",
            responses::stored::delete,
        )
        .post(
            "v1-responses-cancel",
            "/v1/responses/{id}/cancel",
            "Cancel a response that is made in the background: there are none",
            responses::stored::cancel,
        )
        .get(
            "v1-responses-input-items",
            "/v1/responses/{id}/input_items",
            "List the input of a stored response",
            responses::stored::input_items,
        )
        .post(
            "v1-embeddings",
            "/v1/embeddings",
            "Embed texts",
            embeddings::create,
        )
}

fn files(routes: Table) -> Table {
    routes
        .get("v1-files-list", "/v1/files", "List files", files::list)
        .post("v1-files-create", "/v1/files", "Add a file", files::create)
        .get("v1-files-get", "/v1/files/{id}", "Get a file", files::get)
        .delete(
            "v1-files-delete",
            "/v1/files/{id}",
            "Delete a file",
            files::delete,
        )
        .get(
            "v1-files-content",
            "/v1/files/{id}/content",
            "Download a file",
            files::content,
        )
        .post(
            "v1-uploads-create",
            "/v1/uploads",
            "Announce a file that is sent in parts",
            uploads::create,
        )
        .post(
            "v1-uploads-parts",
            "/v1/uploads/{id}/parts",
            "Send a part of a file",
            uploads::add_part,
        )
        .post(
            "v1-uploads-complete",
            "/v1/uploads/{id}/complete",
            "Make a file of its parts",
            uploads::complete,
        )
        .post(
            "v1-uploads-cancel",
            "/v1/uploads/{id}/cancel",
            "Give up a file that is sent in parts",
            uploads::cancel,
        )
}

fn vector_stores(routes: Table) -> Table {
    routes
        .get(
            "v1-vector-stores-list",
            "/v1/vector_stores",
            "List vector stores",
            vector_stores::list,
        )
        .post(
            "v1-vector-stores-create",
            "/v1/vector_stores",
            "Create a vector store",
            vector_stores::create,
        )
        .get(
            "v1-vector-stores-get",
            "/v1/vector_stores/{id}",
            "Get a vector store",
            vector_stores::get,
        )
        .post(
            "v1-vector-stores-update",
            "/v1/vector_stores/{id}",
            "Change a vector store",
            vector_stores::update,
        )
        .delete(
            "v1-vector-stores-delete",
            "/v1/vector_stores/{id}",
            "Delete a vector store; its files stay",
            vector_stores::delete,
        )
        .post(
            "v1-vector-stores-search",
            "/v1/vector_stores/{id}/search",
            "Search a vector store",
            search::search,
        )
        .get(
            "v1-vector-store-files-list",
            "/v1/vector_stores/{id}/files",
            "List the files of a vector store",
            vector_store_files::list,
        )
        .post(
            "v1-vector-store-files-create",
            "/v1/vector_stores/{id}/files",
            "Put a file into a vector store",
            vector_store_files::create,
        )
        .get(
            "v1-vector-store-files-get",
            "/v1/vector_stores/{id}/files/{fileId}",
            "Get a file of a vector store",
            vector_store_files::get,
        )
        .post(
            "v1-vector-store-files-update",
            "/v1/vector_stores/{id}/files/{fileId}",
            "Change the attributes of a file",
            vector_store_files::update,
        )
        .delete(
            "v1-vector-store-files-delete",
            "/v1/vector_stores/{id}/files/{fileId}",
            "Take a file out of a vector store",
            vector_store_files::delete,
        )
        .get(
            "v1-vector-store-files-content",
            "/v1/vector_stores/{id}/files/{fileId}/content",
            "Get the text of a file",
            vector_store_files::content,
        )
        .post(
            "v1-file-batches-create",
            "/v1/vector_stores/{id}/file_batches",
            "Put several files into a vector store",
            file_batches::create,
        )
        .get(
            "v1-file-batches-get",
            "/v1/vector_stores/{id}/file_batches/{batchId}",
            "Get a file batch",
            file_batches::get,
        )
        .post(
            "v1-file-batches-cancel",
            "/v1/vector_stores/{id}/file_batches/{batchId}/cancel",
            "Take the files of a batch that are not ready out of the vector store",
            file_batches::cancel,
        )
        .get(
            "v1-file-batches-files",
            "/v1/vector_stores/{id}/file_batches/{batchId}/files",
            "List the files of a batch",
            file_batches::files,
        )
}
