//! The function of the routes under /api/realtime.

// One event at a time: several threads waking each other would cost a quarter of the CPU time
// (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_realtime::routes().router(Default::default())).await
}
