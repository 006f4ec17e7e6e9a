//! The function of the routes under /api/documents.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_documents::routes().router(dynrag_api::Context::new())).await
}
