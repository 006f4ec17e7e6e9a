//! The function of the sweep's schedule, and of operators' redrive requests.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sweep = &dynrag_sweep::Sweep::default();
    dynrag_worker::run(
        async |invocation: dynrag_worker::Invocation<serde_json::Value>| {
            sweep.handle(invocation.event, invocation.deadline).await
        },
    )
    .await
}
