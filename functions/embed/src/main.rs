//! The function of the ingest queue. With the extractor's sentinel argument this binary acts as its fork
//! server.

fn main() -> Result<(), lambda_runtime::Error> {
    dynrag_extract::serve_if_asked();
    dynrag_extract::harden_parent()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let embed = &dynrag_embed::Embed::default();
            dynrag_worker::run_queue(|batch| embed.handle(batch)).await
        })
}
