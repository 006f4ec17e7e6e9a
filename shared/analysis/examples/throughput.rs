//! Measures the speed of analysis on one core.
//!
//! `cargo run --release -p dynrag-analysis --example throughput -- <language> <file> [<language> <file>…]`; of a
//! JSON file the text is its strings, of any other file its content. Texts are cut at about 2,000 bytes,
//! as chunks are.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    error::Error,
    fs,
    time::{Duration, Instant},
};

use dynrag_analysis::{Analyzer, Language};
use serde_json::Value;

/// Each language is measured for at least this long.
const LEAST: Duration = Duration::from_millis(1_500);
const CHUNK: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let analyzer = Analyzer::new();
    for pair in arguments.chunks_exact(2) {
        let [code, path] = pair else { continue };
        let content = fs::read_to_string(path)?;
        let mut text = String::new();
        match serde_json::from_str(&content) {
            Ok(value) => strings(&value, &mut text),
            Err(_) => text = content,
        }
        let language = Language::of(Some(code));
        let chunks = chunks(&text);
        let (mut rounds, mut terms) = (0usize, 0usize);
        let begun = Instant::now();
        while begun.elapsed() < LEAST {
            terms = 0;
            for chunk in &chunks {
                analyzer.each(chunk, language, |_| terms += 1);
            }
            rounds += 1;
        }
        let rate = (text.len() * rounds) as f64 / 1e6 / begun.elapsed().as_secs_f64();
        println!(
            "{code:4} {:6.2} MB {rate:7.1} MB/s {terms:8} terms",
            text.len() as f64 / 1e6
        );
    }
    Ok(())
}

fn chunks(mut text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    while !text.is_empty() {
        let (chunk, rest) = text.split_at(text.floor_char_boundary(CHUNK));
        chunks.push(chunk);
        text = rest;
    }
    chunks
}

fn strings(value: &Value, text: &mut String) {
    match value {
        Value::String(string) if string.len() > 100 => {
            text.push_str(string);
            text.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| strings(value, text)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, text)),
        _ => {}
    }
}
