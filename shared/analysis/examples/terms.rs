//! Analyses texts for a benchmark: a JSON object a line in, one out.
//!
//! A document `{"text": …, "language": "en"}` becomes `{"length": 2, "terms": ["a", "b"]}`, a query
//! `{"query": …, "languages": ["en", "de"]}` becomes `{"groups": [{"terms": …, "weight": 1.0}]}`.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    error::Error,
    io::{self, BufRead, BufWriter, Write},
};

use dynrag_analysis::{Analyzer, Language};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Line {
    text: Option<String>,
    language: Option<String>,
    query: Option<String>,
    #[serde(default)]
    languages: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let analyzer = Analyzer::new();
    let mut output = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let answer = match (line.text, line.query) {
            (Some(text), _) => {
                let mut terms = Vec::new();
                let language = Language::of(line.language.as_deref());
                let length = analyzer.each(&text, language, |token| {
                    terms.push(token.term.to_owned());
                });
                json!({ "length": length, "terms": terms })
            }
            (None, query) => {
                let languages: Vec<_> = line
                    .languages
                    .iter()
                    .map(|code| Language::of(Some(code)))
                    .collect();
                let query = analyzer.query(&query.unwrap_or_default(), &languages);
                let groups: Vec<_> = query
                    .groups
                    .iter()
                    .map(|group| json!({ "terms": group.terms, "weight": group.weight }))
                    .collect();
                json!({ "groups": groups })
            }
        };
        writeln!(output, "{answer}")?;
    }
    Ok(())
}
