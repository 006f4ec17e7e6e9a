//! Answers queries over documents given as JSON lines, for `bench/quality/hybrid.py`.
//!
//! Input: `{"title", "text", "language", "vector"}` for each document, then `{"query", "vector"}` for each query. Output:
//! for each query a line with the numbers of the best documents of each mode, best first. With the argument `scan` the table
//! is searched in place of its segment.
#![allow(clippy::print_stdout, reason = "printing is its purpose")]

use std::{collections::HashMap, io::BufRead};

use chrono::Utc;
use dynrag_domain::{
    VersionNumber,
    chunks::Chunk,
    ids::{CustomerId, DocumentId},
    search::Mode,
};
use dynrag_vectors::{Change, Location, Query, Row, Vectors};
use serde::Deserialize;
use serde_json::json;

const MEMORY: usize = 512 << 20;
/// Ranks of a retriever that reciprocal rank fusion takes.
const DEPTH: usize = 100;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Query {
        query: String,
        vector: Vec<f32>,
    },
    Document {
        title: String,
        text: String,
        language: String,
        vector: Vec<f32>,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let vectors = Vectors::new(Location::Local(folder.path().to_owned()), MEMORY);
    let customer = CustomerId::generate();
    let mut change = Change::none(Utc::now());
    let mut numbers: HashMap<DocumentId, usize> = HashMap::new();
    let mut queries = Vec::new();
    for line in std::io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Line::Query { query, vector } => queries.push((query, vector)),
            Line::Document {
                title,
                text,
                language,
                vector,
            } => {
                let document = DocumentId::generate();
                numbers.insert(document, numbers.len());
                change.append.push(Row {
                    document,
                    version: VersionNumber::FIRST,
                    title: title.into(),
                    metadata: std::sync::Arc::new(json!({}).into()),
                    chunk: Chunk {
                        index: 0,
                        text,
                        text_hash: "0".repeat(64),
                        char_span: (0, 0),
                        page: None,
                        heading_path: Vec::new(),
                        parent: None,
                    },
                    vector,
                    model: "model".into(),
                    language: Some(language),
                    published_at: None,
                });
            }
        }
    }
    let recorded = vectors.store(customer, None, &change).await?.version;
    let segment = vectors.write_segment(customer, &change).await?;
    let segments: Vec<_> = segment.into_iter().collect();
    let segments = match std::env::args().nth(1).as_deref() {
        Some("scan") => None,
        _ => Some(segments.as_slice()),
    };
    for (text, vector) in &queries {
        let mut answer = json!({});
        for mode in [Mode::Text, Mode::Vector, Mode::Hybrid] {
            let query = Query {
                vector: Some(vector),
                text: Some(text),
                mode,
                top_k: DEPTH,
                ..Query::default()
            };
            let found = vectors.search(customer, recorded, segments, &query).await?;
            let hits = found.hits.iter();
            let found: Vec<_> = hits
                .filter_map(|hit| numbers.get(&hit.document_id))
                .collect();
            answer[serde_json::to_value(mode)?.as_str().unwrap_or_default()] = json!(found);
        }
        println!("{answer}");
    }
    Ok(())
}
