//! Reads XQuAD: paragraphs with their questions.

use std::error::Error;
use std::path::Path;

use serde_json::Value;

/// A paragraph.
pub struct Paragraph {
    pub text: String,
    pub questions: Vec<Question>,
}

/// A question about a paragraph.
pub struct Question {
    pub text: String,
    /// Where the answer is in the paragraph, in bytes.
    pub answer: std::ops::Range<usize>,
}

/// The paragraphs of a language, with their questions in the order of the file.
pub fn read(folder: &Path, language: &str) -> Result<Vec<Paragraph>, Box<dyn Error>> {
    let file = std::fs::read_to_string(folder.join(format!("xquad.{language}.json")))?;
    let value: Value = serde_json::from_str(&file)?;
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut paragraphs = Vec::new();
    for article in list(&value, "data") {
        for paragraph in list(&article, "paragraphs") {
            let text = paragraph["context"].as_str().unwrap_or_default().to_owned();
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let mut questions = Vec::new();
            for qa in list(&paragraph, "qas") {
                let answer = &qa["answers"][0];
                let given = answer["text"].as_str().unwrap_or_default();
                let start = answer["answer_start"]
                    .as_u64()
                    .and_then(|start| starts.get(usize::try_from(start).ok()?).copied());
                let start = start
                    .filter(|start| text[*start..].starts_with(given))
                    .or_else(|| text.find(given))
                    .unwrap_or(0);
                let question = qa["question"].as_str().unwrap_or_default().to_owned();
                questions.push(Question {
                    text: question,
                    answer: start..start + given.len(),
                });
            }
            paragraphs.push(Paragraph { text, questions });
        }
    }
    Ok(paragraphs)
}
