//! The normal form of all extracted text, and building it piece by piece with sections.

use dynrag_domain::{
    chunks::{Extracted, Properties, Section},
    warnings::{WarningCode, Warnings},
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::invisible;

/// Headings longer than this many characters are cut: they are copied into every chunk below them.
const MAX_HEADING: usize = 200;
/// A document with more headings is an attack or a listing: they are not headings.
const MAX_SECTIONS: usize = 20_000;
/// Bytes of heading paths in one document beyond which a section has its own heading only.
const MAX_PATHS: usize = 4 << 20;

/// Returns `raw` with `\n` line ends, in NFC, without NUL, other control characters (tab stays), byte order marks, soft hyphens (where a word
/// may be broken) or noncharacters, without blanks at line ends and blank lines at both ends.
pub fn normalise(raw: &str) -> String {
    let mut lines = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                lines.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => lines.push('\n'),
            '\n' | '\t' => lines.push(character),
            '\u{ad}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => lines.push(character),
        }
    }
    let mut text = String::with_capacity(lines.len());
    for line in lines.split('\n') {
        if !text.is_empty() {
            text.push('\n');
        }
        let line = line.trim_end();
        if !(text.is_empty() && line.is_empty()) {
            // Most text is, and putting it together again takes longer than all else here.
            if is_nfc_quick(line.chars()) == IsNormalized::Yes {
                text.push_str(line);
            } else {
                text.extend(line.nfc());
            }
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Number of letters and digits, of any script.
pub fn letters(text: &str) -> usize {
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .count()
}

/// Puts white space runs into single blanks, cut to `limit` characters.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let apart = if line.is_empty() { "" } else { " " };
        for character in apart.chars().chain(word.chars()) {
            if length == limit {
                return line.trim_end().to_owned();
            }
            if !character.is_control() {
                line.push(character);
                length += 1;
            }
        }
    }
    line
}

/// A useful title, from a document's own.
pub fn title(raw: &str) -> Option<String> {
    let title: String = one_line(&normalise(raw), dynrag_domain::documents::MAX_TITLE);
    let nothing = letters(&title) == 0 || title.eq_ignore_ascii_case("untitled");
    (!nothing).then_some(title)
}

/// Collects text with the pages and headings it belongs to.
#[derive(Default)]
pub struct Builder {
    text: String,
    sections: Vec<Section>,
    /// Level and text of the headings above the current position.
    headings: Vec<(u8, String)>,
    /// Bytes of the heading paths so far.
    paths: usize,
    /// What the reader omitted or replaced.
    pub warnings: Warnings,
}

impl Builder {
    /// Appends a block, apart from the last by a blank line. The text is in normal form already.
    pub fn block(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
    }

    /// Appends a line, right below the last.
    pub fn line(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// Appends a page, which begins a section. A page without text leaves no trace.
    pub fn page(&mut self, number: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        self.block(text);
        self.sections.push(Section {
            start: self.text.len() - text.len(),
            page: Some(number),
            heading_path: Vec::new(),
        });
    }

    /// Appends a page with its own heading, such as a slide.
    pub fn page_under(&mut self, number: u32, heading: Option<&str>, text: &str) {
        let before = self.sections.len();
        self.page(number, text);
        if let Some(section) = self.sections.get_mut(before) {
            section.heading_path = heading
                .map(|heading| one_line(heading, MAX_HEADING))
                .filter(|heading| !heading.is_empty())
                .into_iter()
                .collect();
        }
    }

    /// Appends all of another text, which starts at the top level: headings of this one do not
    /// apply to it.
    pub fn append(&mut self, other: Self) {
        self.warnings.extend(other.warnings);
        if other.text.is_empty() {
            return;
        }
        self.block(&other.text);
        let start = self.text.len() - other.text.len();
        let room = MAX_SECTIONS.saturating_sub(self.sections.len());
        let leads = other.sections.first().is_none_or(|first| first.start > 0);
        if leads && !self.sections.is_empty() {
            self.sections.push(Section {
                start,
                ..Section::default()
            });
        }
        self.sections.extend(
            other
                .sections
                .into_iter()
                .take(room)
                .map(|section| Section {
                    start: section.start + start,
                    ..section
                }),
        );
        self.headings = other.headings;
        self.paths += other.paths;
    }

    /// Appends a heading of a level from 1, which begins a section.
    pub fn heading(&mut self, level: u8, text: &str) {
        if text.is_empty() {
            return;
        }
        self.block(text);
        self.section(level, text, self.text.len() - text.len());
    }

    /// Appends a Markdown heading, `## Name`. Its section is named without the `#` signs.
    pub fn marked_heading(&mut self, level: u8, text: &str) {
        if text.is_empty() {
            return;
        }
        let marked = format!("{} {text}", "#".repeat(usize::from(level)));
        self.block(&marked);
        self.section(level, text, self.text.len() - marked.len());
    }

    /// Begins a section at a heading that is in the text already.
    pub fn section(&mut self, level: u8, heading: &str, start: usize) {
        if self.sections.len() >= MAX_SECTIONS {
            return;
        }
        self.headings.retain(|(above, _)| *above < level);
        let heading = one_line(heading, MAX_HEADING);
        if self.paths > MAX_PATHS {
            self.headings.clear();
        }
        self.headings.push((level, heading));
        self.paths += self
            .headings
            .iter()
            .map(|(_, text)| text.len())
            .sum::<usize>();
        self.sections.push(Section {
            start,
            page: None,
            heading_path: self.headings.iter().map(|(_, text)| text.clone()).collect(),
        });
    }

    /// Ends with the document's own facts, but for its properties.
    pub fn finish(mut self, title: Option<String>, pages: Option<u32>, engine: &str) -> Extracted {
        let invisible = invisible::count(&self.text);
        self.warnings
            .add(WarningCode::InvisibleCharacters, invisible);
        Extracted {
            text: self.text,
            sections: self.sections,
            title,
            pages,
            engine: engine.to_owned(),
            properties: Properties::default(),
            warnings: self.warnings,
        }
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A builder around a whole text.
    pub fn of(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form() {
        assert_eq!(
            normalise("\u{feff}\r\n a \t\r\nb\rc\u{0}\u{7}\u{c}e\u{301}\u{fffe} \n\n"),
            " a\nb\nc\n\u{e9}"
        );
        assert_eq!(normalise(" \n\t"), "");
        assert_eq!(normalise("a\n\n\nb"), "a\n\n\nb");
    }

    #[test]
    fn the_path_follows_the_levels() {
        let mut builder = Builder::default();
        for (level, text) in [(1, "A"), (3, "B"), (2, "C"), (2, "D"), (1, "E")] {
            builder.heading(level, text);
        }
        let extracted = builder.finish(None, None, "x");
        let paths: Vec<String> = extracted
            .sections
            .iter()
            .map(|s| s.heading_path.join(">"))
            .collect();
        assert_eq!(paths, ["A", "A>B", "A>C", "A>D", "E"]);
        assert_eq!(
            &extracted.text[extracted.sections[2].start..],
            "C\n\nD\n\nE"
        );
    }

    #[test]
    fn lines_and_titles() {
        assert_eq!(one_line(" a \n b ", 9), "a b");
        assert_eq!(one_line("éé ç", 3), "éé");
        assert_eq!(title("  Untitled "), None);
        assert_eq!(title("--"), None);
        assert_eq!(title("A\0 b"), Some("A b".to_owned()));
    }
}
