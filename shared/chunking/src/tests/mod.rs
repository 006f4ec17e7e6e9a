//! Properties of all strategies and units, and tests of each strategy.

mod hostile;
mod properties;
mod recursive;
mod strategies;

use std::collections::HashMap;

use dynrag_domain::{
    chunks::{Chunk, Extracted, Section},
    config::{Chunking, Strategy, Unit},
};

use crate::{Plan, plan};

fn chunking(strategy: Strategy, unit: Unit, size: u32, overlap: u32) -> Chunking {
    Chunking {
        strategy,
        size,
        overlap,
        unit,
    }
}

/// A text with sections: start, page and headings of each.
fn extracted(text: &str, sections: &[(usize, Option<u32>, &[&str])]) -> Extracted {
    Extracted {
        text: text.to_owned(),
        sections: sections
            .iter()
            .map(|(start, page, path)| Section {
                start: *start,
                page: *page,
                heading_path: path.iter().map(|&heading| heading.to_owned()).collect(),
            })
            .collect(),
        ..Extracted::default()
    }
}

/// Cuts, with vectors that depend only on the text.
fn cut(extracted: &Extracted, chunking: Chunking) -> Vec<Chunk> {
    match plan(extracted, chunking) {
        Plan::Ready(chunks) => chunks,
        Plan::NeedsVectors(semantic) => {
            let vectors: HashMap<String, Vec<f32>> = semantic
                .groups()
                .iter()
                .map(|group| {
                    let hash = hex::decode(&group.text_hash).unwrap();
                    let vector = hash.iter().take(8).map(|byte| f32::from(*byte) - 128.0);
                    (group.text_hash.clone(), vector.collect())
                })
                .collect();
            semantic.cut(&vectors).unwrap()
        }
    }
}

fn texts(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.text.as_str()).collect()
}

/// Length of a chunk's text, counted from scratch.
fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Characters => text.chars().count(),
        Unit::Tokens => dynrag_tokenizer::cl100k().count(text),
    }
}
