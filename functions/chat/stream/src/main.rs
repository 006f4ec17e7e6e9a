//! The function that answers questions as server-sent events, on a function URL.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let state = dynrag_api::AppWith::default();
    dynrag_api::run_streaming(dynrag_chat_stream::routes().router(state)).await
}
