//! Loads the models, binds a loopback port and serves until it is told to stop.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::Context;
use dynrag_embedder::{
    args::{Args, HELP},
    e5, minilm, routes, worker,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Some(args) = Args::parse(std::env::args().skip(1))? else {
        std::io::stdout().write_all(HELP.as_bytes())?;
        return Ok(());
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();

    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism()?,
    };
    let (minilm, e5) = (args.minilm.clone(), args.e5.clone());
    let models = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let mut models = Vec::new();
        if let Some(folder) = minilm {
            let model = minilm::load(&folder, threads.get())?;
            models.push((minilm::NAME, worker::start(model)?));
        }
        if let Some(folder) = e5 {
            let model = e5::load(&folder, threads.get())?;
            models.push((e5::NAME, worker::start(model)?));
        }
        Ok(models)
    });
    let models = models.await??;

    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1:{}", args.port))?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = routes::router(models, args.api_key);
    if let Some(path) = &args.ready_file {
        write_whole(path, &url)?;
    }
    tracing::info!(url, "embedder serves");

    // Whoever stops a local stack wants it gone, so answers under way are not waited for.
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served?,
        _ = terminate.recv() => tracing::info!("embedder stops"),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

/// Writes a file so that a reader who polls for it never sees half of it.
fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::write(&partial, text)
        .and_then(|()| std::fs::rename(&partial, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
