//! Extractive answers: the best sentences that were found, word by word, each with its citation.

use dynrag_answers::{Citation, LEAST_COVERAGE, Marked, Passage, extract};
use dynrag_domain::search::Hit;

/// Most sentences of an answer.
const SENTENCES: usize = 2;
/// Least score of the second sentence, in relation to the first.
const LEAST_OF_BEST: f32 = 0.5;

/// Quotes the sentences that answer a question best; `None` if none does.
pub(crate) fn quote(question: &str, hits: &[Hit]) -> Option<Marked> {
    let passages: Vec<Passage<'_>> = hits
        .iter()
        .map(|hit| Passage {
            text: &hit.text,
            score: hit.score,
            language: hit.language.as_deref(),
        })
        .collect();
    let found = extract(question, &passages, None, SENTENCES, LEAST_COVERAGE);
    let best = found.first()?.score;
    let least = best.min(best * LEAST_OF_BEST);
    let mut marked = Marked::default();
    let mut length = 0;
    for quote in found.iter().filter(|quote| quote.score >= least) {
        let Some(hit) = hits.get(quote.passage) else {
            continue;
        };
        let (start, end) = (quote.span.start, quote.span.end);
        let text: String = hit.text.chars().skip(start).take(end - start).collect();
        if length > 0 {
            marked.text.push(' ');
            length += 1;
        }
        let sentence = one_line(&text);
        length += sentence.chars().count() + 1;
        // Brackets in the document's own words are no markers: only these citations count.
        let marker = format!("[{}]", quote.passage + 1);
        marked.citations.push(Citation {
            start: length,
            end: length + marker.len(),
            source: quote.passage + 1,
        });
        length += marker.len();
        marked.text.push_str(&format!("{sentence} {marker}"));
    }
    Some(marked)
}

/// A sentence that a document breaks into lines, on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
