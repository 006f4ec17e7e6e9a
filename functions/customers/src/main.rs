//! The function of the routes under /api/customers and /api/keys.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_customers::routes().router(dynrag_api::Context::new())).await
}
