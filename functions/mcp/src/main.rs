//! The function that serves clients of the Model Context Protocol.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let state = dynrag_api::AppWith::default();
    dynrag_api::run(dynrag_mcp::routes().router(state)).await
}
