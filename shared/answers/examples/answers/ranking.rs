//! BM25 over the paragraphs of a language, as retrieval ranks them.

use std::collections::HashMap;

use dynrag_analysis::{Analyzer, Language};

use crate::xquad::Paragraph;

pub struct Index {
    language: Language,
    counts: Vec<HashMap<String, f32>>,
    lengths: Vec<f32>,
}

impl Index {
    pub fn new(paragraphs: &[Paragraph], language: &str) -> Self {
        let (analyzer, language) = (Analyzer::new(), Language::of(Some(language)));
        let (mut counts, mut lengths) = (Vec::new(), Vec::new());
        for paragraph in paragraphs {
            let mut own: HashMap<String, f32> = HashMap::new();
            let length = analyzer.each(&paragraph.text, language, |token| {
                *own.entry(token.term.to_owned()).or_default() += 1.0
            });
            counts.push(own);
            lengths.push(length as f32);
        }
        Self {
            language,
            counts,
            lengths,
        }
    }

    /// The best paragraphs with their scores.
    pub fn search(&self, question: &str, most: usize) -> Vec<(usize, f32)> {
        let query = Analyzer::new().query(question, &[self.language]);
        let mean = self.lengths.iter().sum::<f32>() / self.lengths.len() as f32;
        let mut scores = vec![0.0f32; self.counts.len()];
        for group in &query.groups {
            let count = |own: &HashMap<String, f32>| {
                group
                    .terms
                    .iter()
                    .filter_map(|term| own.get(term))
                    .copied()
                    .fold(0.0, f32::max)
            };
            let have = self.counts.iter().filter(|own| count(own) > 0.0).count() as f32;
            let idf = (1.0 + (self.counts.len() as f32 - have + 0.5) / (have + 0.5)).ln();
            for ((score, own), length) in scores.iter_mut().zip(&self.counts).zip(&self.lengths) {
                let count = count(own);
                *score +=
                    group.weight * idf * count / (count + 1.2 * (0.25 + 0.75 * length / mean));
            }
        }
        let mut ranked: Vec<(usize, f32)> = scores.into_iter().enumerate().collect();
        ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
        ranked.truncate(most);
        ranked
    }
}
