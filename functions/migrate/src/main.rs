//! The function of the migrations: a custom resource of the stack, also invoked manually.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    dynrag_worker::run(|invocation: dynrag_worker::Invocation<serde_json::Value>| {
        dynrag_migrate::handle(invocation.event, invocation.deadline)
    })
    .await
}
