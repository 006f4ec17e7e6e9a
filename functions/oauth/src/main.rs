//! The functions of the OAuth routes.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_oauth::routes().router(Default::default())).await
}
