//! Vectors of questions and sentences that `bench/answers/answers.py` made: 32-bit floats, unit length.

use std::error::Error;
use std::path::Path;

use dynrag_analysis::Language;
use dynrag_answers::sentences;

use crate::xquad::Paragraph;

/// A language, the vectors of its questions, and those of the sentences of its paragraphs.
type Own = (String, Vec<Vec<f32>>, Vec<Vec<Vec<f32>>>);

/// The vectors of all languages.
pub struct Vectors {
    languages: Vec<Own>,
}

impl Vectors {
    /// Reads `LANGUAGE.f32` of a folder: the questions in order, then the sentences of the paragraphs in order.
    pub fn read(
        folder: &Path,
        all: &std::collections::BTreeMap<&'static str, Vec<Paragraph>>,
        size: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let mut languages = Vec::new();
        for (language, paragraphs) in all {
            let file = folder.join(format!("{language}.f32"));
            if !file.exists() {
                continue;
            }
            let bytes = std::fs::read(file)?;
            let mut rows = bytes.chunks_exact(4 * size).map(|row| {
                row.chunks_exact(4)
                    .map(|value| f32::from_le_bytes([value[0], value[1], value[2], value[3]]))
                    .collect::<Vec<f32>>()
            });
            let count: usize = paragraphs
                .iter()
                .map(|paragraph| paragraph.questions.len())
                .sum();
            let questions: Vec<Vec<f32>> = rows.by_ref().take(count).collect();
            let mut cut = Vec::new();
            for paragraph in paragraphs {
                let count = sentences(&paragraph.text, Language::of(Some(language))).len();
                cut.push(rows.by_ref().take(count).collect());
            }
            languages.push(((*language).to_owned(), questions, cut));
        }
        Ok(Self { languages })
    }

    /// The cosines of a question with the sentences of some paragraphs.
    pub fn cosines(
        &self,
        language: &str,
        question: usize,
        chosen: &[usize],
    ) -> Option<Vec<Vec<Option<f32>>>> {
        let (_, questions, paragraphs) =
            self.languages.iter().find(|(code, ..)| code == language)?;
        let question = &questions[question];
        let cosine =
            |sentence: &Vec<f32>| Some(sentence.iter().zip(question).map(|(a, b)| a * b).sum());
        Some(
            chosen
                .iter()
                .map(|place| paragraphs[*place].iter().map(cosine).collect())
                .collect(),
        )
    }
}

/// Prints the texts to embed, as a JSON line each: the language, what it is, the text.
pub fn print_texts(all: &std::collections::BTreeMap<&'static str, Vec<Paragraph>>) {
    for (language, paragraphs) in all {
        for question in paragraphs.iter().flat_map(|paragraph| &paragraph.questions) {
            println!("{}", serde_json::json!([language, "query", question.text]));
        }
        for paragraph in paragraphs {
            for sentence in sentences(&paragraph.text, Language::of(Some(language))) {
                let text: String = paragraph
                    .text
                    .chars()
                    .skip(sentence.span.start)
                    .take(sentence.span.len())
                    .collect();
                println!("{}", serde_json::json!([language, "passage", text]));
            }
        }
    }
}
