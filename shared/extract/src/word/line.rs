//! The text of a paragraph under construction.

use super::block::Block;

/// A paragraph that is being read.
#[derive(Default)]
pub struct Line {
    text: String,
    /// Whether the next text is separated from the text so far.
    apart: bool,
    /// Readings of the ruby characters just before.
    reading: String,
    /// A note with a custom mark, which is written after the run that holds the mark.
    pub note: Option<String>,
    /// Whether this is a heading: its notes follow below.
    pub is_heading: bool,
    /// Whether the last text was hidden, so that a run of hidden text counts once.
    pub in_hidden: bool,
    /// Floating content, which is read after the paragraph.
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

    /// Adds text that is separated from the words around it: a formula, the description of an image.
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

    /// Adds characters with their reading. Adjacent characters form one word with one reading: `東京(とうきょう)`.
    pub fn push_ruby(&mut self, base: &str, reading: &str) {
        let reading_before = std::mem::take(&mut self.reading);
        self.push(base);
        self.reading = reading_before + reading;
    }

    /// Adds the pending note.
    pub fn end_run(&mut self) {
        if let Some(note) = self.note.take() {
            self.push(&format!(" ({note})"));
        }
    }

    /// Returns the text and clears it.
    pub fn finish(&mut self) -> String {
        self.end_run();
        self.end_reading();
        self.apart = false;
        std::mem::take(&mut self.text)
    }

    /// Whether the text ends in a digit.
    pub fn ends_in_digit(&self) -> bool {
        self.text.ends_with(|last: char| last.is_ascii_digit())
    }

    /// Whether there is no text.
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
