//! The function of the deliver queue.

// One thread: the function mostly waits for receivers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deliver = &dynrag_deliver::Deliver::default();
    dynrag_worker::run_queue(async |batch| deliver.run(batch).await).await
}
