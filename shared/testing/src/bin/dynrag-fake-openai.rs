//! The fake model provider as a separate process, for tests whose functions are processes too.
//!
//! `dynrag-fake-openai --port N --ready-file PATH`: serves on loopback, writes its address to the
//! file when ready, and is scripted over HTTP (see `dynrag_testing::openai`).

use std::{fs, path::PathBuf};

use dynrag_testing::openai::FakeOpenAi;

#[tokio::main]
async fn main() -> Result<(), String> {
    let (mut port, mut ready_file) = (0, None::<PathBuf>);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--port" => port = value.parse().map_err(|e| format!("--port: {e}"))?,
            "--ready-file" => ready_file = Some(value.into()),
            other => {
                return Err(format!(
                    "unknown option {other}; known: --port N --ready-file PATH"
                ));
            }
        }
    }
    let fake = FakeOpenAi::start_on(port).await;
    if let Some(path) = ready_file {
        let url = fake.base_url();
        fs::write(&path, url.trim_end_matches("/v1"))
            .map_err(|e| format!("{}: {e}", path.display()))?;
    }
    std::future::pending::<()>().await;
    drop(fake);
    Ok(())
}
