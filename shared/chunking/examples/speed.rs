//! Measures chunking speed on one core.
//!
//! `cargo run --release -p dynrag-chunking --example speed -- <folder or file>…`; for a JSON file the
//! text is its strings, for any other file its content.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dynrag_chunking::{Plan, plan};
use dynrag_domain::{
    chunks::Extracted,
    config::{Chunking, Strategy, Unit},
};
use serde_json::Value;

/// The strategies are measured for at least this long each.
const LEAST: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        read(&path, &mut texts)?;
    }
    let bytes: usize = texts.iter().map(|text| text.text.len()).sum();
    println!("{} texts, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    // The vocabulary is loaded once per process.
    for text in texts.iter().take(1) {
        cut(text, chunking(Strategy::Fixed, Unit::Tokens));
    }
    for unit in Unit::ALL {
        for strategy in Strategy::ALL {
            let (mut rounds, mut chunks) = (0, 0);
            let begun = Instant::now();
            while begun.elapsed() < LEAST {
                chunks = texts
                    .iter()
                    .map(|text| cut(text, chunking(*strategy, *unit)))
                    .sum();
                rounds += 1;
            }
            let rate = (bytes * rounds) as f64 / 1e6 / begun.elapsed().as_secs_f64();
            println!(
                "{:12} {:11} {rate:7.1} MB/s {chunks:6} chunks",
                unit.as_str(),
                strategy.as_str()
            );
        }
    }
    Ok(())
}

fn chunking(strategy: Strategy, unit: Unit) -> Chunking {
    let (size, overlap) = match unit {
        Unit::Characters => (1000, 200),
        Unit::Tokens => (250, 50),
    };
    Chunking {
        strategy,
        size,
        overlap,
        unit,
    }
}

/// Returns the number of chunks, or of the groups to embed first.
fn cut(text: &Extracted, chunking: Chunking) -> usize {
    match plan(text, chunking) {
        Plan::Ready(chunks) => chunks.len(),
        Plan::NeedsVectors(semantic) => semantic.groups().len(),
    }
}

fn read(path: &Path, texts: &mut Vec<Extracted>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let entries: Result<Vec<_>, _> = fs::read_dir(path)?.collect();
        let mut entries: Vec<PathBuf> = entries?.into_iter().map(|entry| entry.path()).collect();
        entries.sort();
        return entries.iter().try_for_each(|entry| read(entry, texts));
    }
    let file = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    let mut text = String::new();
    match serde_json::from_str(&file) {
        Ok(value) => strings(&value, &mut text),
        Err(_) => text = file,
    }
    if !text.is_empty() {
        texts.push(Extracted {
            text,
            ..Extracted::default()
        });
    }
    Ok(())
}

/// The strings of a value, one paragraph each.
fn strings(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => {
            text.push_str(string);
            text.push_str("\n\n");
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, text)),
        Value::Object(values) => values.values().for_each(|value| strings(value, text)),
        _ => {}
    }
}
