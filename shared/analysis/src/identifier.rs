//! Identifiers, numbers and addresses: the whole that is matched beside its parts.

use std::ops::Range;

use crate::class::narrow;
use crate::fold::fold;
use crate::language::Language;
use crate::scan::MAX_PARTS;
use crate::word::lower_case;

/// Makes wholes; keeps its allocations.
#[derive(Default)]
pub(crate) struct Whole {
    text: String,
    lower: String,
}

/// The whole of several words.
pub(crate) struct Joined<'a> {
    pub(crate) text: &'a str,
    /// Whether it is a word of its language, such as `e-mails`, rather than a term.
    pub(crate) is_word: bool,
}

impl Whole {
    /// Joins the words of an identifier.
    ///
    /// A hyphen, an underscore or a dot does not count, so that `wi-fi` and `foo_bar` are found as
    /// `wifi` and `foo-bar`; but it does between digits, where 1.23 is not 12.3, unless it separates
    /// thousands. Other joiners count always. Letters alone are a word; anything else is a term.
    pub(crate) fn join(&mut self, text: &str, words: &[Range<usize>]) -> Joined<'_> {
        self.text.clear();
        let thousands = are_thousands(text, words);
        let (mut is_word, mut end) = (true, None);
        for word in words {
            if let Some(end) = end
                && !thousands
            {
                let joiner = &text[end..word.start];
                let digits = is_digit(text[..end].chars().next_back())
                    && is_digit(text[word.start..].chars().next());
                for c in joiner.chars().map(narrow) {
                    match c {
                        '_' | '-' | '.' | '\u{200c}' | '‐'..='–' | '−' if !digits => {}
                        '‐'..='–' | '−' => self.text.push('-'),
                        '٫' => self.text.push('.'),
                        '٬' => self.text.push(','),
                        c => {
                            self.text.push(c);
                            is_word = false;
                        }
                    }
                    is_word &= !digits;
                }
            }
            self.text.push_str(&text[word.clone()]);
            end = Some(word.end);
        }
        if is_word && !self.text.contains(|c: char| c.is_numeric()) {
            return Joined {
                text: &self.text,
                is_word: true,
            };
        }
        self.fold();
        Joined {
            text: &self.text,
            is_word: false,
        }
    }

    /// A name with a sign, such as `C++`, as a term.
    pub(crate) fn sign(&mut self, name: &str) -> &str {
        self.text.clear();
        self.text.push_str(name);
        self.fold();
        &self.text
    }

    fn fold(&mut self) {
        self.lower.clear();
        lower_case(&self.text, Language::OTHER.rules(), &mut self.lower);
        self.text.clear();
        fold(&self.lower, &mut self.text);
    }
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_numeric())
}

/// Whether a number has the same separator before every three digits: 1,234,567.
fn are_thousands(text: &str, words: &[Range<usize>]) -> bool {
    let [first, rest @ ..] = words else {
        return false;
    };
    let digits = |word: &Range<usize>| {
        let word = &text[word.clone()];
        word.chars()
            .all(char::is_numeric)
            .then(|| word.chars().count())
    };
    let separator = |start: usize| text[..start].chars().next_back();
    let mut separators = rest.iter().map(|word| separator(word.start));
    let Some(Some(one)) = separators.next() else {
        return false;
    };
    matches!(one, ',' | '.' | '\'' | '’' | '_' | '٬')
        && separators.all(|other| other == Some(one))
        && matches!(digits(first), Some(1..=3))
        && rest.iter().all(|word| digits(word) == Some(3))
}

/// Finds where the parts of `getUserName` and `HTTPServer` begin; returns how many there are, 1 for a
/// word without parts. Parts of one letter, as in `iPhone` or `LaTeX`, divide nothing.
pub(crate) fn humps(word: &str, starts: &mut [usize; MAX_PARTS]) -> usize {
    let bytes = word.as_bytes();
    let upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    if !word.is_ascii() || !(1..bytes.len()).any(upper) {
        return 1;
    }
    let mut count = 1;
    for at in 1..bytes.len() {
        if upper(at) && (lower(at - 1) || (upper(at - 1) && lower(at + 1))) {
            let Some(start) = starts.get_mut(count) else {
                return 1;
            };
            *start = at;
            count += 1;
        }
    }
    let ends = starts.iter().take(count).skip(1).copied();
    let mut lengths = starts
        .iter()
        .take(count)
        .zip(ends.chain([bytes.len()]))
        .map(|(start, end)| end - start);
    if lengths.all(|length| length > 1) {
        count
    } else {
        1
    }
}
