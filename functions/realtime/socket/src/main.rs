//! The function of the WebSocket API.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let socket = &dynrag_realtime_socket::Socket::default();
    dynrag_worker::run(async |invocation| Ok(socket.handle(invocation.event).await)).await
}
