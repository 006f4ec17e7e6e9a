//! The function of the routes under /api/auth.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_auth::routes().router(dynrag_api::Context::new())).await
}
