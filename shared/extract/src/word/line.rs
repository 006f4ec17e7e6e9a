//! The text of a paragraph as it comes together.

use super::block::Block;

/// A paragraph that is being read.
#[derive(Default)]
pub struct Line {
    text: String,
    /// The next text is kept apart from what is there.
    apart: bool,
    /// Readings of the ruby characters just before.
    reading: String,
    /// A note that stands after the run that refers to it, whose mark the run holds.
    pub note: Option<String>,
    /// Whether this is a heading: notes to it stand below.
    pub is_heading: bool,
    /// Whether the last text was hidden: a stretch of hidden text counts once.
    pub in_hidden: bool,
    /// What floats beside the paragraph and is read after it.
    pub after: Vec<Block>,
}

impl Line {
    /// Adds text.
    pub fn push(&mut self, text: &str) {
        let Some(first) = text.chars().next() else {
            return;
        };
        self.end_reading();
        let apart = std::mem::take(&mut self.apart);
        if apart && (first.is_alphanumeric() || matches!(first, '(' | '[' | '{' | '\\')) {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// Adds what is no part of the words on its sides: a formula, the description of an image.
    pub fn push_apart(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.end_reading();
        let opens = |last: char| last.is_whitespace() || matches!(last, '(' | '[' | '{' | '"');
        if !self.text.is_empty() && !self.text.ends_with(opens) {
            self.text.push(' ');
        }
        self.apart = false;
        self.text.push_str(text);
        self.apart = true;
    }

    /// Adds characters with their reading. Those side by side are one word, and so are their readings:
    /// `東京(とうきょう)`.
    pub fn push_ruby(&mut self, base: &str, reading: &str) {
        let reading_before = std::mem::take(&mut self.reading);
        self.push(base);
        self.reading = reading_before + reading;
    }

    /// Adds what has been held back until here.
    pub fn end_run(&mut self) {
        if let Some(note) = self.note.take() {
            self.push(&format!(" ({note})"));
        }
    }

    /// The text.
    pub fn finish(&mut self) -> String {
        self.end_run();
        self.end_reading();
        self.apart = false;
        std::mem::take(&mut self.text)
    }

    /// Whether the text so far ends in a digit.
    pub fn ends_in_digit(&self) -> bool {
        self.text.ends_with(|last: char| last.is_ascii_digit())
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
            && self.reading.is_empty()
            && self.note.is_none()
            && self.after.is_empty()
    }

    fn end_reading(&mut self) {
        if !self.reading.is_empty() {
            self.text.push('(');
            self.text.push_str(&std::mem::take(&mut self.reading));
            self.text.push(')');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_apart() {
        let mut line = Line::default();
        line.push("energy");
        line.push_apart("E=mc^2");
        line.push("joules (");
        line.push_apart("x");
        line.push(") and ");
        line.push_ruby("東", "とう");
        line.push_ruby("京", "きょう");
        line.push("へ");
        assert_eq!(
            line.finish(),
            "energy E=mc^2 joules (x) and 東京(とうきょう)へ"
        );
    }
}
