//! The function of the routes that belong to no group.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_system::routes().router(dynrag_api::Context::new())).await
}
