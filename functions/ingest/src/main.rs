//! The function of the routes under /api/ingest.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_ingest::routes().router(dynrag_api::Context::new())).await
}
