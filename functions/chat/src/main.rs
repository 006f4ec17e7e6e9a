//! The function of the conversations.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_chat::routes().router(Default::default())).await
}
