//! The function of the fetch queue.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let fetcher = dynrag_fetch::Fetcher::default();
    let fetcher = &fetcher;
    dynrag_worker::run_queue(async |batch| fetcher.run(batch).await).await
}
