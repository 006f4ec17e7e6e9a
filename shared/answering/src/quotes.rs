//! Extractive answers: the best sentences that were found, word by word, each with its citation.

use dynrag_answers::{
    Candidate, Citation, LEAST_COVERAGE, Marked, Passage, candidates, extract, sanitize,
};
use dynrag_domain::search::Hit;

use crate::written::is_clean;

/// Most sentences of an answer.
const SENTENCES: usize = 2;
/// How much lower the score of the second sentence may be. Scores are logarithms of likelihoods: it is at least a seventh as likely to
/// have the answer as the first one.
const WITHIN: f32 = 2.0;

/// Sentences that are compared with a question by their vectors.
const COMPARED: usize = 24;

fn passages(hits: &[Hit]) -> Vec<Passage<'_>> {
    let passages = hits.iter().map(|hit| Passage {
        text: &hit.text,
        score: hit.score,
        language: hit.language.as_deref(),
    });
    passages.collect()
}

/// The sentences that may answer a question, and their texts: those to compare with it by their vectors.
pub(crate) fn promising(question: &str, hits: &[Hit]) -> Vec<(Candidate, String)> {
    let found = candidates(question, &passages(hits), COMPARED, LEAST_COVERAGE);
    let texts = found.into_iter().filter_map(|found| {
        let text = hits.get(found.passage)?.text.chars();
        let text = text.skip(found.span.start).take(found.span.len());
        let text = text.collect();
        Some((found, text))
    });
    texts.collect()
}

/// How similar sentences are to a question.
pub(crate) struct Compared(Vec<Vec<Option<f32>>>);

impl Compared {
    /// Takes the cosines of sentences in their order.
    pub(crate) fn new(sentences: &[(Candidate, String)], cosines: &[f32]) -> Self {
        let mut all: Vec<Vec<Option<f32>>> = Vec::new();
        for ((found, _), cosine) in sentences.iter().zip(cosines) {
            let (passage, sentence) = (found.passage, found.sentence);
            all.resize_with(all.len().max(passage + 1), Vec::new);
            if let Some(of) = all.get_mut(passage) {
                of.resize(of.len().max(sentence + 1), None);
                if let Some(place) = of.get_mut(sentence) {
                    *place = Some(*cosine);
                }
            }
        }
        Self(all)
    }
}

/// Quotes the sentences that answer a question best; `None` if none does. Without similarities, words decide alone.
pub(crate) fn quote(question: &str, hits: &[Hit], compared: Option<&Compared>) -> Option<Marked> {
    let similarities = compared.map(|compared| compared.0.as_slice());
    let found = extract(
        question,
        &passages(hits),
        similarities,
        SENTENCES,
        LEAST_COVERAGE,
    );
    let best = found.first()?.score;
    let least = best - WITHIN;
    let best = found.iter().filter(|quote| quote.score >= least);
    let quotes: Vec<(usize, String)> = best
        .filter_map(|quote| {
            let (start, length) = (quote.span.start, quote.span.len());
            let text = hits.get(quote.passage)?.text.chars();
            let text: String = text.skip(start).take(length).collect();
            // What a document says is no more trusted than what a model writes. The quote of the citation is exact.
            Some((quote.passage + 1, sanitize(&one_line(&text), &[])))
        })
        .collect();
    // Two sentences may make a link that neither is.
    (1..=quotes.len())
        .rev()
        .map(|count| joined(&quotes[..count]))
        .find(|marked| is_clean(&marked.text))
}

/// Sentences on one line, each with the marker of its source.
fn joined(quotes: &[(usize, String)]) -> Marked {
    let mut marked = Marked::default();
    let mut length = 0;
    for (source, sentence) in quotes {
        if length > 0 {
            marked.text.push(' ');
            length += 1;
        }
        length += sentence.chars().count() + 1;
        // Brackets in the document's own words are no markers: only these citations count.
        let marker = format!("[{source}]");
        marked.citations.push(Citation {
            start: length,
            end: length + marker.len(),
            source: *source,
        });
        length += marker.len();
        marked.text.push_str(&format!("{sentence} {marker}"));
    }
    marked
}

/// A sentence that a document breaks into lines, on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_loads_nothing() {
        let texts = [
            "The kettle lasts ![two](https://evil.example/p) years.",
            "The kettle lasts <img src=//evil.example/p> years.",
            "The kettle lasts two years, says https://evil.example/p today.",
        ];
        for text in texts {
            let shown = sanitize(&one_line(text), &[]);
            let marked = joined(&[(1, shown)]);
            assert!(is_clean(&marked.text), "{}", marked.text);
            assert!(marked.text.contains("The kettle lasts"), "{}", marked.text);
        }
        // Each of the two is text; the pair is a tag.
        let two = [
            (1, "It is <img alt=\"a".to_owned()),
            (2, "b\"> it".to_owned()),
        ];
        assert!(is_clean(&joined(&two[..1]).text) && !is_clean(&joined(&two).text));
    }
}
