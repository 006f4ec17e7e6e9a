//! The function of the tasks queue.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let tasks = dynrag_tasks::Tasks::default();
    let tasks = &tasks;
    dynrag_worker::run_queue(async |batch| tasks.run(batch).await).await
}
