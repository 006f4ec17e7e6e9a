//! What is shown of an answer while it is made.

use dynrag_answers::{MarkerFilter, Sanitizer};
use dynrag_app::chat_models::Heard;
use dynrag_domain::answers::AnswerSource;
use tokio::sync::mpsc::UnboundedSender;

use crate::{prompt::NO_ANSWER, written::MAX_TEXT};

/// What is told of an answer that is being made.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// What was found; told first.
    Sources {
        /// What was searched for.
        query: String,
        /// The passages, the best first.
        sources: Vec<AnswerSource>,
    },
    /// Text that follows the text before. All texts since the last reset are the answer's.
    Text(String),
    /// The text so far is void: another model is asked, or the text may not be shown.
    Reset,
}

/// Someone who hears how an answer is made.
#[derive(Clone, Debug)]
pub struct Audience {
    /// Takes what is told; closed if nobody listens any more, which cancels the model's answer.
    pub progress: UnboundedSender<Progress>,
}

/// Shows an answer to its audience, if it has one.
pub(crate) struct Screen<'a> {
    audience: Option<&'a Audience>,
    filter: MarkerFilter,
    sanitizer: Sanitizer,
    /// Text of the model that is not shown yet: space that may be the last, or what may be [`NO_ANSWER`].
    held: String,
    /// Bytes of the model's text.
    read: usize,
    has_begun: bool,
    shown: String,
}

impl<'a> Screen<'a> {
    pub(crate) fn new(audience: Option<&'a Audience>) -> Self {
        Self {
            audience,
            filter: MarkerFilter::new(0),
            sanitizer: Sanitizer::new(&[]),
            held: String::new(),
            read: 0,
            has_begun: false,
            shown: String::new(),
        }
    }

    pub(crate) fn audience(&self) -> Option<&'a Audience> {
        self.audience
    }

    fn tell(&self, progress: Progress) {
        if let Some(audience) = self.audience {
            // That nobody listens is noticed where it matters.
            drop(audience.progress.send(progress));
        }
    }

    pub(crate) fn sources(&self, query: &str, sources: &[AnswerSource]) {
        self.tell(Progress::Sources {
            query: query.to_owned(),
            sources: sources.to_vec(),
        });
    }

    /// Shows what a model writes from a number of sources.
    pub(crate) fn hear(&mut self, heard: Heard<'_>, sources: usize) {
        match heard {
            Heard::Begin => {
                self.reset();
                self.filter = MarkerFilter::new(sources);
                self.sanitizer = Sanitizer::new(&[]);
                self.held.clear();
                (self.read, self.has_begun) = (0, false);
            }
            Heard::Text(text) => {
                // As the whole text is cut: without the space before it.
                let text = match self.read {
                    0 => text.trim_start(),
                    _ => text,
                };
                let end = text.floor_char_boundary(MAX_TEXT - self.read);
                self.read = match end < text.len() {
                    true => MAX_TEXT,
                    false => self.read + end,
                };
                let text = &text[..end];
                self.held.push_str(&text.replace('\0', "\u{FFFD}"));
                self.release();
            }
        }
    }

    /// Shows what is held, as far as it can be known to belong to the answer.
    fn release(&mut self) {
        if !self.has_begun {
            self.held = self.held.trim_start().to_owned();
            self.has_begun = !may_be_no_answer(&self.held);
        }
        if self.has_begun {
            let end = self.held.trim_end().len();
            let text: String = self.held.drain(..end).collect();
            self.emit(&text);
        }
    }

    fn emit(&mut self, text: &str) {
        let marked = self.filter.push(text);
        let text = self.sanitizer.push(&marked.text);
        self.show(text);
    }

    fn show(&mut self, text: String) {
        if !text.is_empty() {
            self.shown.push_str(&text);
            self.tell(Progress::Text(text));
        }
    }

    /// Ends a model's text. Returns all that was shown of it.
    pub(crate) fn finish(&mut self) -> &str {
        let rest = std::mem::take(&mut self.held);
        if !self.has_begun && !is_no_answer(&rest) {
            self.emit(rest.trim());
        }
        let marked = self.filter.finish();
        let mut text = self.sanitizer.push(&marked.text);
        text.push_str(&self.sanitizer.finish());
        self.show(text);
        &self.shown
    }

    /// Makes what is shown the text of the answer.
    pub(crate) fn settle(&mut self, answer: &str) {
        if !answer.starts_with(&self.shown) {
            self.reset();
        }
        let rest = answer[self.shown.len()..].to_owned();
        self.show(rest);
    }

    fn reset(&mut self) {
        if !self.shown.is_empty() {
            self.shown.clear();
            self.tell(Progress::Reset);
        }
    }
}

/// Whether a model wrote that there is no answer: in its first line, or at its end. Models add reasons, and marks around it.
pub(crate) fn is_no_answer(text: &str) -> bool {
    let bare = |text: &'_ str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let text = text.trim();
    let first = text.lines().next().unwrap_or_default();
    bare(first) == NO_ANSWER || bare(text).ends_with(NO_ANSWER)
}

/// Whether a text may still become one whose first line is [`NO_ANSWER`].
fn may_be_no_answer(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    NO_ANSWER.starts_with(text) || is_no_answer(text)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    fn audience() -> (Audience, UnboundedReceiver<Progress>) {
        let (progress, told) = unbounded_channel();
        (Audience { progress }, told)
    }

    /// The text that a listener has after all that was told, and how often it was void.
    fn heard(told: &mut UnboundedReceiver<Progress>) -> (String, usize) {
        let (mut text, mut resets) = (String::new(), 0);
        while let Ok(progress) = told.try_recv() {
            match progress {
                Progress::Text(more) => text.push_str(&more),
                Progress::Reset => {
                    text.clear();
                    resets += 1;
                }
                Progress::Sources { .. } => {}
            }
        }
        (text, resets)
    }

    #[tokio::test]
    async fn a_text_is_shown_as_it_comes_with_whole_markers_and_without_links() {
        let (audience, mut told) = audience();
        let mut screen = Screen::new(Some(&audience));
        screen.hear(Heard::Begin, 2);
        for piece in ["  It ", "lasts", " 2 years [", "1", "]. See "] {
            screen.hear(Heard::Text(piece), 2);
        }
        assert_eq!(heard(&mut told).0, "It lasts 2 years [1]. See");
        for piece in ["![", "x](https://evil.example/p) [9]", " \n"] {
            screen.hear(Heard::Text(piece), 2);
        }
        assert_eq!(screen.finish(), "It lasts 2 years [1]. See x");
        assert_eq!(heard(&mut told), (" x".to_owned(), 0));
    }

    #[tokio::test]
    async fn that_there_is_no_answer_is_not_shown() {
        let (audience, mut told) = audience();
        let reason = "NO_ANSWER\n\nThe sources say nothing of it.";
        for text in [
            "NO_ANSWER",
            "**NO_ANSWER**.\n",
            "「NO_ANSWER」",
            reason,
            " NO_",
            "",
        ] {
            let mut screen = Screen::new(Some(&audience));
            screen.hear(Heard::Begin, 1);
            for c in text.chars() {
                screen.hear(Heard::Text(&c.to_string()), 1);
                assert_eq!(heard(&mut told).0, "", "{text}");
            }
            let is_shown = text.trim() == "NO_";
            assert_eq!(screen.finish().is_empty(), !is_shown, "{text}");
            heard(&mut told);
        }
        let mut screen = Screen::new(Some(&audience));
        screen.hear(Heard::Begin, 1);
        screen.hear(Heard::Text("No"), 1);
        assert_eq!(heard(&mut told).0, "No");
        assert!(is_no_answer("出典には NO_ANSWER") && is_no_answer("Nothing. NO_ANSWER."));
        assert!(!is_no_answer("It returns NO_ANSWER [1].") && !is_no_answer("No answer."));
    }

    #[tokio::test]
    async fn what_was_shown_becomes_the_answer() {
        let (audience, mut told) = audience();
        let mut screen = Screen::new(Some(&audience));
        screen.hear(Heard::Begin, 1);
        screen.hear(Heard::Text("One. Two."), 1);
        screen.settle("One. Two. Three.");
        assert_eq!(heard(&mut told), ("One. Two. Three.".to_owned(), 0));
        // Another model, whose answer is replaced in the end.
        screen.hear(Heard::Begin, 1);
        screen.hear(Heard::Text("Four."), 1);
        screen.settle("Five.");
        assert_eq!(heard(&mut told), ("Five.".to_owned(), 2));
    }
}
