//! The function of the push queue.

// One thread: the function mostly waits for API Gateway.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let push = &dynrag_push::Pusher::default();
    dynrag_worker::run_queue(async |batch| push.run(batch).await).await
}
