//! The function of the search routes.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_search::routes().router(dynrag_api::AppWith::default())).await
}
