//! Measures checking and extracting answers on XQuAD.
//!
//! `cargo run --release -p dynrag-answers --example answers -- verify FOLDER [--show KIND]`
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

mod cases;
mod changes;
mod checking;
mod extracting;
mod random;
mod ranking;
mod vectors;
mod wordlists;
mod xquad;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

const LANGUAGES: [&str; 4] = ["en", "es", "ar", "zh"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, folder, options @ ..] = arguments.as_slice() else {
        return Err("usage: answers verify|extract FOLDER".into());
    };
    let mut all = BTreeMap::new();
    for language in LANGUAGES {
        all.insert(language, xquad::read(Path::new(folder), language)?);
    }
    let vectors = match options
        .iter()
        .position(|option| option == "--vectors")
        .and_then(|at| options.get(at + 1))
    {
        Some(folder) => Some(vectors::Vectors::read(Path::new(folder), &all, 384)?),
        None => None,
    };
    match command.as_str() {
        "verify" => checking::run(&all, options),
        "extract" => extracting::run(&all, vectors.as_ref()),
        "features" => extracting::dump(&all, vectors.as_ref())?,
        "speed" => speed(&all),
        "texts" => vectors::print_texts(&all),
        other => return Err(format!("no command {other}: use verify or extract").into()),
    }
    Ok(())
}

/// Prints how long it takes to check a 300-word answer against 5 sources of 2,000 characters.
fn speed(all: &BTreeMap<&'static str, Vec<xquad::Paragraph>>) {
    use dynrag_answers::{Source, markers, verify};
    for (language, paragraphs) in all {
        let text: String = paragraphs
            .iter()
            .map(|paragraph| paragraph.text.as_str())
            .collect::<Vec<_>>()
            .join("\n\n");
        let chars: Vec<char> = text.chars().collect();
        let sources: Vec<String> = chars
            .chunks(2_000)
            .take(5)
            .map(|chunk| chunk.iter().collect())
            .collect();
        let mut answer = String::new();
        for (number, source) in sources.iter().enumerate() {
            for span in
                dynrag_answers::sentences(source, dynrag_analysis::Language::of(Some(language)))
                    .into_iter()
                    .skip(1)
                    .take(3)
            {
                let sentence: String = source
                    .chars()
                    .skip(span.span.start)
                    .take(span.span.len())
                    .collect();
                answer.push_str(&format!("{sentence} [{}] ", number + 1));
            }
        }
        let sources: Vec<Source<'_>> = sources
            .iter()
            .map(|text| Source {
                text,
                title: None,
                language: Some(language),
            })
            .collect();
        let marked = markers(&answer, sources.len());
        let mut times: Vec<_> = (0..200)
            .map(|_| {
                let begun = std::time::Instant::now();
                let checked = verify(&marked.text, Some(language), &marked.citations, &sources);
                assert!(!checked.is_empty());
                begun.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{language}: {} words, {:?} at the median, {:?} at best",
            answer.split_whitespace().count(),
            times[100],
            times[0]
        );
    }
}
