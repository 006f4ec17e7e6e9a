//! The function of the routes that are streamed, on a function URL.

// One request at a time: threads to wake each other would cost a quarter of the CPU time (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run_streaming(dynrag_documents_events::routes().router(Default::default())).await
}
