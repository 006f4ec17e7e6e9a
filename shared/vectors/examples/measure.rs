//! Measures storing and searching 10,000 chunks of 384 dimensions.
//!
//! `cargo run -p dynrag-vectors --example measure` in a temporary folder, or with `--
//! http://127.0.0.1:4566 bucket` against an S3 endpoint. The crate's share of the work is arithmetic:
//! build it with `--config profile.dev.package.dynrag-vectors.opt-level=3` or `--release`.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{sync::Arc, time::Instant};

use chrono::Utc;
use dynrag_domain::{
    VersionNumber,
    chunks::Chunk,
    ids::{CustomerId, DocumentId},
    search::Mode,
};
use dynrag_vectors::{Change, Location, Query, Row, Vectors};

const DOCUMENTS: usize = 500;
const CHUNKS: u32 = 20;
const DIMENSION: usize = 384;
const MEMORY: usize = 256 << 20;
const SEARCHES: usize = 200;

/// A small deterministic generator, so that every run stores the same rows.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSION)
            .map(|_| self.next() as f32 / (1u64 << 30) as f32 - 1.0)
            .collect()
    }

    /// About 1,000 characters out of 20,000 words, the small numbers far more often.
    fn text(&mut self) -> String {
        let words: Vec<String> = (0..160)
            .map(|_| format!("w{}", (self.next() % 20_000) * (self.next() % 1000) / 1000))
            .collect();
        words.join(" ")
    }
}

fn documents(noise: &mut Noise, count: usize) -> Change {
    let mut change = Change::none(Utc::now());
    for _ in 0..count {
        let document = DocumentId::generate();
        for index in 0..CHUNKS {
            let text = noise.text();
            change.append.push(Row {
                document,
                version: VersionNumber::FIRST,
                title: "A title".into(),
                metadata: Arc::new(serde_json::json!({"year": 2026}).into()),
                chunk: Chunk {
                    index,
                    text_hash: format!("{:064x}", noise.next()),
                    char_span: (0, text.len() as u32),
                    text,
                    page: Some(1),
                    heading_path: vec!["Part".into()],
                    parent: None,
                },
                vector: noise.vector(),
                model: "noise".into(),
                language: None,
            });
        }
    }
    change
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir()?;
    let location = match (arguments.next(), arguments.next()) {
        (Some(endpoint), Some(bucket)) => Location::S3 {
            bucket,
            endpoint: Some(endpoint),
            region: "us-east-1".into(),
        },
        _ => Location::Local(folder.path().to_owned()),
    };
    let customer = CustomerId::generate();
    let noise = &mut Noise(7);
    let ms = |start: Instant| start.elapsed().as_secs_f64() * 1000.0;

    let writer = Vectors::new(location.clone(), MEMORY);
    let mut recorded = None;
    for _ in 0..5 {
        let change = documents(noise, DOCUMENTS / 5);
        let start = Instant::now();
        let stored = writer.store(customer, recorded, &change).await?;
        println!(
            "store {} rows: {:.1} ms, {} commits",
            change.append.len(),
            ms(start),
            stored.commits
        );
        recorded = stored.version;
    }
    for memory in [MEMORY, 1] {
        let vectors = Vectors::new(location.clone(), memory);
        println!(
            "{}",
            if memory == MEMORY {
                "in memory"
            } else {
                "by scanning"
            }
        );
        for mode in [Mode::Vector, Mode::Text, Mode::Hybrid] {
            let mut times = Vec::new();
            for _ in 0..if memory == MEMORY { SEARCHES } else { 3 } {
                let (vector, text) = (noise.vector(), "w12 w345 w6789 w77");
                let query = Query {
                    vector: Some(&vector),
                    text: Some(text),
                    mode,
                    top_k: 10,
                    ..Query::default()
                };
                let start = Instant::now();
                let hits = vectors.search(customer, recorded, &query).await?.hits;
                times.push(ms(start));
                if hits.len() != 10 {
                    return Err("fewer hits than asked for".into());
                }
            }
            let first = times[0];
            times.sort_by(f64::total_cmp);
            println!(
                "  {mode:?}: first {first:.1} ms, median {:.2} ms",
                times[times.len() / 2]
            );
        }
    }
    let start = Instant::now();
    let version = recorded.ok_or("nothing was stored")?;
    let compacted = writer.compact(customer, version).await?;
    println!(
        "compact: {:.1} ms, {} commits",
        ms(start),
        compacted.commits
    );
    let start = Instant::now();
    let pruned = writer
        .prune(customer, compacted.version.ok_or("nothing was compacted")?)
        .await?;
    println!("prune: {:.1} ms, {pruned:?}", ms(start));
    Ok(())
}
