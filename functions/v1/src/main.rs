//! The function that serves OpenAI's clients, on a function URL.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let state = dynrag_api::AppWith::default();
    dynrag_api::run_streaming(dynrag_v1::routes().router(state)).await
}
