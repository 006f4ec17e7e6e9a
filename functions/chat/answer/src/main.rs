//! The function that answers questions.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    dynrag_api::run(dynrag_chat_answer::routes().router(dynrag_api::AppWith::default())).await
}
