//! What is found by what, in many languages.

mod identifiers;
mod languages;
mod properties;
mod queries;
mod signs;

use std::collections::HashMap;

use crate::{Analyzer, Group, Language, OwnedToken};

fn language(code: &str) -> Language {
    Language::of(Some(code))
}

fn terms(text: &str, code: &str) -> Vec<String> {
    tokens(text, code)
        .into_iter()
        .map(|token| token.term)
        .collect()
}

fn tokens(text: &str, code: &str) -> Vec<OwnedToken> {
    Analyzer::new().analyze(text, language(code))
}

fn groups(query: &str, codes: &[&str]) -> Vec<Group> {
    let languages: Vec<_> = codes.iter().copied().map(language).collect();
    Analyzer::new().query(query, &languages).groups
}

/// Weights of the groups of a query that a document has, added up: a score in which every word is
/// equally rare.
fn matched(document: &str, document_code: &str, query: &str, codes: &[&str]) -> f32 {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for term in terms(document, document_code) {
        *counts.entry(term).or_default() += 1;
    }
    groups(query, codes)
        .iter()
        .filter(|group| group.terms.iter().any(|term| counts.contains_key(term)))
        .map(|group| group.weight)
        .sum()
}

fn finds(document: &str, query: &str, code: &str) -> bool {
    matched(document, code, query, &[code]) > 0.0
}
