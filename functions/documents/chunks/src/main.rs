//! The function of documents-chunks.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let state = dynrag_api::AppWith::default();
    dynrag_api::run(dynrag_documents_chunks::routes().router(state)).await
}
