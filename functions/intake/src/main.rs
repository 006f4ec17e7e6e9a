//! The function of S3's notifications of uploads.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let intake = &dynrag_intake::Intake::default();
    dynrag_worker::run(
        async |invocation: dynrag_worker::Invocation<serde_json::Value>| {
            intake.notified(invocation.event).await
        },
    )
    .await
}
