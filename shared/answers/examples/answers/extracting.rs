//! How often the sentence that has the gold answer is quoted.

use std::collections::BTreeMap;
use std::error::Error;

use dynrag_answers::{Passage, Quote, candidates, coverage, extract, features};

use crate::ranking::Index;
use crate::xquad::Paragraph;

/// Sentences that are compared with a question by vectors, as in `dynrag-answering`.
const COMPARED: usize = 24;

/// Counts of one setting: right in one, right in two, asked; by half.
type Counts = [[usize; 3]; 2];

/// Prints the figures.
pub fn run(
    all: &BTreeMap<&'static str, Vec<Paragraph>>,
    vectors: Option<&crate::vectors::Vectors>,
) {
    println!(
        "{:34} {:>4} {:>14} {:>14} {:>14}",
        "passages", "", "even", "odd", "all"
    );
    for (language, paragraphs) in all {
        let index = Index::new(paragraphs, language);
        // The coverage with the paragraph and without it, by half.
        let mut nearest: [[Vec<f32>; 2]; 2] = Default::default();
        let (mut right, mut top) = (Counts::default(), Counts::default());
        let mut number = 0;
        for (at, paragraph) in paragraphs.iter().enumerate() {
            for question in &paragraph.questions {
                let half = number % 2;
                let cosines = |chosen: &[usize]| {
                    vectors.and_then(|vectors| vectors.cosines(language, number, chosen))
                };
                let quotes = ask(
                    &question.text,
                    paragraphs,
                    &[(at, 1.0)],
                    language,
                    cosines(&[at]).as_deref(),
                );
                count(
                    &quotes,
                    &[(at, 1.0)],
                    at,
                    &question.answer,
                    paragraphs,
                    &mut right[half],
                );
                let found = index.search(&question.text, 6);
                let five = &found[..found.len().min(5)];
                let places: Vec<usize> = five.iter().map(|(place, _)| *place).collect();
                let quotes = ask(
                    &question.text,
                    paragraphs,
                    five,
                    language,
                    cosines(&places).as_deref(),
                );
                count(
                    &quotes,
                    five,
                    at,
                    &question.answer,
                    paragraphs,
                    &mut top[half],
                );
                let without: Vec<(usize, f32)> = found
                    .iter()
                    .copied()
                    .filter(|(place, _)| *place != at)
                    .take(5)
                    .collect();
                for (list, chosen) in nearest[half].iter_mut().zip([five, &without]) {
                    list.push(coverage(
                        &question.text,
                        &passages(paragraphs, chosen, language),
                    ));
                }
                number += 1;
            }
        }
        print("right paragraph, one sentence", language, &right, 0);
        print("right paragraph, two sentences", language, &right, 1);
        print("best 5 of 240, one sentence", language, &top, 0);
        print("best 5 of 240, two sentences", language, &top, 1);
        for limit in [0.3, 0.4, 0.5, 0.6] {
            let below = |list: &[f32]| {
                list.iter().filter(|near| **near < limit).count() as f64 / list.len() as f64
            };
            let line = nearest
                .iter()
                .map(|[with, without]| format!("{:>7.3} {:.3}", below(with), 1.0 - below(without)));
            println!(
                "limit {limit}: refused with it, answered without {language} {}",
                line.collect::<Vec<_>>().join(" ")
            );
        }
    }
}

fn print(what: &str, language: &str, counts: &Counts, column: usize) {
    let mut line = format!("{what:34} {language:>4}");
    let all = [0, 1, 2].map(|column| counts[0][column] + counts[1][column]);
    for part in [counts[0], counts[1], all] {
        let share = part[column] as f64 / part[2].max(1) as f64;
        line.push_str(&format!(" {:>14}", format!("{share:.3} ({})", part[2])));
    }
    println!("{line}");
}

fn ask(
    question: &str,
    paragraphs: &[Paragraph],
    chosen: &[(usize, f32)],
    language: &str,
    cosines: Option<&[Vec<Option<f32>>]>,
) -> Vec<Quote> {
    let passages = passages(paragraphs, chosen, language);
    let cosines = cosines.map(|cosines| compared(question, &passages, cosines));
    // Never refuses: what limits would do is printed apart.
    extract(question, &passages, cosines.as_deref(), 2, 0.0)
}

/// The cosines of those sentences that the product compares.
fn compared(
    question: &str,
    passages: &[Passage<'_>],
    cosines: &[Vec<Option<f32>>],
) -> Vec<Vec<Option<f32>>> {
    let mut known: Vec<Vec<Option<f32>>> = cosines.iter().map(|of| vec![None; of.len()]).collect();
    for candidate in candidates(question, passages, COMPARED, 0.0) {
        known[candidate.passage][candidate.sentence] =
            cosines[candidate.passage][candidate.sentence];
    }
    known
}

fn passages<'a>(
    paragraphs: &'a [Paragraph],
    chosen: &[(usize, f32)],
    language: &'a str,
) -> Vec<Passage<'a>> {
    chosen
        .iter()
        .map(|(place, score)| Passage {
            text: &paragraphs[*place].text,
            score: *score,
            language: Some(language),
        })
        .collect()
}

/// Whether a span in characters has the whole answer, in bytes.
fn has(text: &str, span: &std::ops::Range<usize>, answer: &std::ops::Range<usize>) -> bool {
    let start = text[..answer.start].chars().count();
    let length = text[answer.clone()].trim_end().chars().count();
    let quoted: String = text.chars().skip(span.start).take(span.len()).collect();
    span.start <= start && start + length <= span.end
        || quoted.contains(text[answer.clone()].trim())
}

fn count(
    quotes: &[Quote],
    chosen: &[(usize, f32)],
    at: usize,
    answer: &std::ops::Range<usize>,
    paragraphs: &[Paragraph],
    counts: &mut [usize; 3],
) {
    let right = |quote: &Quote| {
        let Some((place, _)) = chosen.get(quote.passage) else {
            return false;
        };
        *place == at && has(&paragraphs[at].text, &quote.span, answer)
    };
    counts[0] += usize::from(quotes.first().is_some_and(right));
    counts[1] += usize::from(quotes.iter().any(right));
    counts[2] += 1;
}

/// Writes the features of all sentences for fitting: a line each, with the question's number and whether it has the answer.
pub fn dump(
    all: &BTreeMap<&'static str, Vec<Paragraph>>,
    vectors: Option<&crate::vectors::Vectors>,
) -> Result<(), Box<dyn Error>> {
    for (language, paragraphs) in all {
        let index = Index::new(paragraphs, language);
        let mut number = 0;
        for (at, paragraph) in paragraphs.iter().enumerate() {
            for question in &paragraph.questions {
                for (setting, chosen) in [
                    ("right", vec![(at, 1.0)]),
                    ("five", index.search(&question.text, 5)),
                ] {
                    let passages = passages(paragraphs, &chosen, language);
                    let places: Vec<usize> = chosen.iter().map(|(place, _)| *place).collect();
                    let cosines =
                        vectors.and_then(|vectors| vectors.cosines(language, number, &places));
                    let cosines =
                        cosines.map(|cosines| compared(&question.text, &passages, &cosines));
                    for (passage, span, row) in
                        features(&question.text, &passages, cosines.as_deref())
                    {
                        let place = chosen[passage].0;
                        let right =
                            place == at && has(&paragraphs[at].text, &span, &question.answer);
                        let row: Vec<String> =
                            row.iter().map(|value| format!("{value:.4}")).collect();
                        println!(
                            "{setting}\t{language}\t{number}\t{}\t{}",
                            u8::from(right),
                            row.join("\t")
                        );
                    }
                }
                number += 1;
            }
        }
    }
    Ok(())
}
