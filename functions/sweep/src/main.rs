//! The function of the sweep's schedule.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sweep = &dynrag_sweep::Sweep::default();
    dynrag_worker::run(
        async |invocation: dynrag_worker::Invocation<serde_json::Value>| {
            sweep.run(invocation.deadline).await
        },
    )
    .await
}
