//! The function of the tasks queue.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let tasks = dynrag_tasks::Tasks::default();
    let tasks = &tasks;
    dynrag_worker::run_queue(async |batch| tasks.run(batch).await).await
}
