//! The function of the migrations: a custom resource of the stack, also invoked by hand.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    dynrag_worker::run(|invocation: dynrag_worker::Invocation<serde_json::Value>| {
        dynrag_migrate::handle(invocation.event, invocation.deadline)
    })
    .await
}
