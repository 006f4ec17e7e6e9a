//! The function of the routes under /api/admin.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_admin::routes().router(dynrag_api::Context::new())).await
}
