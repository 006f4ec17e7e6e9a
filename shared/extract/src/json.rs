//! Reads JSON and JSON Lines as lines of `path: value`, a block for each member of a list.

mod tokens;
mod writer;

use dynrag_domain::{chunks::Extracted, documents::FailureCode, warnings::WarningCode};

use crate::{
    decode::{self, controls},
    protocol::Refusal,
    text::{self, Builder},
};
use tokens::{Broken, Tokens};
use writer::Value;

/// Reads one JSON value, or several in a row, and tolerates some deviations from strict JSON.
///
/// Numbers stay as written, and members keep their order. In JSON Lines, broken lines are left out if at least as many
/// lines are sound; otherwise the file is corrupt.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let decoded = decode::text(bytes, None);
    let whole = Document::default().all(&decoded.text);
    let document = whole.or_else(|broken| {
        Document::default().lines(&decoded.text).ok_or_else(|| {
            let line = 1 + decoded.text[..broken.at].matches('\n').count();
            let detail = format!("json: {} in line {line}", broken.why);
            Refusal::new(FailureCode::CorruptFile, detail)
        })
    })?;
    let mut builder = document.builder;
    decoded.warn(&mut builder.warnings);
    Ok(builder.finish(document.title, None, "json"))
}

/// The document so far.
#[derive(Default)]
struct Document {
    builder: Builder,
    title: Option<String>,
}

impl Document {
    /// Reads all values of a text in a row.
    fn all(mut self, source: &str) -> Result<Self, Broken> {
        let mut tokens = Tokens::new(source);
        while let Some(value) = writer::value(&mut tokens)? {
            self.add(value);
        }
        self.warn(&tokens);
        Ok(self)
    }

    /// Reads a value from each line, a list or an object, if at least half of the lines are sound.
    fn lines(mut self, source: &str) -> Option<Self> {
        let (mut sound, mut broken) = (0, 0);
        for (number, line) in source.lines().enumerate() {
            let mut tokens = Tokens::new(line);
            match writer::line(&mut tokens) {
                Ok(Some(value)) => {
                    sound += 1;
                    self.add(value);
                    self.warn(&tokens);
                }
                Ok(None) => {}
                Err(_) => {
                    broken += 1;
                    let place = format!("line {}", number + 1);
                    let warnings = &mut self.builder.warnings;
                    warnings.add_at(WarningCode::InvalidLines, &place);
                }
            }
        }
        (sound > 0 && sound >= broken).then_some(self)
    }

    fn add(&mut self, value: Value) {
        if self.title.is_none() {
            self.title = value
                .title
                .and_then(|title| text::title(&controls::cleaned(&title)));
        }
        for block in value.blocks {
            self.builder
                .block(&text::normalise(&controls::cleaned(&block)));
        }
    }

    fn warn(&mut self, tokens: &Tokens<'_>) {
        let warnings = &mut self.builder.warnings;
        warnings.add(WarningCode::LenientJson, tokens.lenient);
        warnings.add(WarningCode::CharactersReplaced, tokens.replaced);
    }
}

#[cfg(test)]
mod tests;
