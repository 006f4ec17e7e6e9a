//! Cuts a text into the units that are matched: words, identifiers with their parts, signs.
//!
//! No language is needed for it, so that a query is cut once and analysed for each of several languages.

use std::ops::{ControlFlow, Range};

use icu_segmenter::WordSegmenterBorrowed;

use crate::class::{self, Class};
use crate::identifier::Whole;
use crate::run::Run;

/// Longest word kept, in bytes; longer ones are encoded data, not words.
pub const MAX_WORD: usize = 128;
/// Most parts of an identifier that is matched as a whole too.
pub(crate) const MAX_PARTS: usize = 16;

/// A unit of a text.
#[derive(Debug)]
pub(crate) struct Unit<'a> {
    /// A word as it stands in the text, or a term.
    pub(crate) text: &'a str,
    /// Whether the text is a word, whose terms depend on the language.
    pub(crate) is_word: bool,
    /// How many words the unit spans that are units as well; 1 for most.
    pub(crate) parts: u8,
    pub(crate) position: u32,
    pub(crate) span: Range<usize>,
}

/// Cuts texts; keeps its allocations.
pub(crate) struct Scanner<'t, F> {
    text: &'t str,
    position: u32,
    words: Vec<Range<usize>>,
    whole: Whole,
    run: Run,
    segmenter: WordSegmenterBorrowed<'static>,
    sink: F,
}

impl<'t, F: FnMut(Unit<'_>) -> ControlFlow<()>> Scanner<'t, F> {
    pub(crate) fn new(segmenter: WordSegmenterBorrowed<'static>, text: &'t str, sink: F) -> Self {
        Self {
            text,
            position: 0,
            words: Vec::new(),
            whole: Whole::default(),
            run: Run::default(),
            segmenter,
            sink,
        }
    }

    /// Hands over all units in order, until one is answered with a break.
    pub(crate) fn scan(&mut self) -> ControlFlow<()> {
        let mut at = 0;
        while let Some((class, length)) = self.class_at(at) {
            at = match class {
                Class::Letter => self.words(at)?,
                Class::Hangul | Class::Cjk | Class::SouthEastAsian => self.signs(at, class)?,
                _ => at + length,
            };
        }
        ControlFlow::Continue(())
    }

    fn class_at(&self, at: usize) -> Option<(Class, usize)> {
        let byte = *self.text.as_bytes().get(at)?;
        if byte.is_ascii() {
            return Some((class::of_byte(byte), 1));
        }
        let c = self.char_at(at)?;
        Some((class::of(c), c.len_utf8()))
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    /// Hands over the words from a place on that no space separates; returns where they end.
    fn words(&mut self, start: usize) -> ControlFlow<(), usize> {
        self.words.clear();
        let (mut at, mut slash) = (start, false);
        loop {
            let word = at..self.end_of_word(at);
            let end = word.end;
            self.words.push(word);
            match self.next_joined(end, slash) {
                Some(next) => {
                    slash |= self.text.as_bytes().get(end) == Some(&b'/');
                    at = next;
                }
                None => break,
            }
        }
        let words = std::mem::take(&mut self.words);
        let end = words.last().map_or(start, |word| word.end);
        let flow = self.joined(&words);
        self.words = words;
        flow?;
        ControlFlow::Continue(end)
    }

    /// Where the word ends that begins at a place.
    fn end_of_word(&self, start: usize) -> usize {
        let (mut at, mut end) = (start, start);
        while let Some((class, length)) = self.class_at(at) {
            match class {
                Class::Letter | Class::Mark => end = at + length,
                Class::Ignorable if !self.is_persian_joint(at) => {}
                Class::Inner if at == end && self.is_within(at, at + length) => {}
                Class::Break if at == end && self.is_hebrew_abbreviation(at) => {}
                _ => break,
            }
            at += length;
        }
        end
    }

    /// Whether an apostrophe has letters around it, and not a digit on each side.
    fn is_within(&self, at: usize, after: usize) -> bool {
        let (before, next) = (self.char_before(at), self.char_at(after));
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_numeric());
        next.is_some_and(|next| class::of(next) == Class::Letter) && !(digit(before) && digit(next))
    }

    /// Whether there is a quotation mark between two Hebrew letters: `צה"ל`.
    fn is_hebrew_abbreviation(&self, at: usize) -> bool {
        let hebrew = |c: Option<char>| matches!(c, Some('א'..='ת'));
        self.text.as_bytes().get(at) == Some(&b'"')
            && hebrew(self.char_before(at))
            && hebrew(self.char_at(at + 1))
    }

    /// Whether there is the zero-width non-joiner of Persian, which people also type as a space.
    fn is_persian_joint(&self, at: usize) -> bool {
        self.char_at(at) == Some('\u{200c}')
            && matches!(self.char_before(at), Some('\u{600}'..='\u{6ff}'))
    }

    /// Where the next word begins, if something between joins it to the one that ends at a place.
    fn next_joined(&self, end: usize, slash: bool) -> Option<usize> {
        let joiner = self.char_at(end)?;
        let mut next = end + joiner.len_utf8();
        match class::narrow(joiner) {
            '_' => {
                let rest = self.text.get(next..)?;
                next += rest.len() - rest.trim_start_matches('_').len();
            }
            ':' if self.text.get(next..)?.starts_with(':') => next += 1,
            ',' | '٬' | '٫' | '\'' | '’' => {
                let before = self.char_before(end)?;
                let after = self.char_at(next)?;
                if !before.is_numeric() || !after.is_numeric() {
                    return None;
                }
            }
            // Only in addresses.
            '?' | '=' | '%' | '#' if !slash => return None,
            _ if class::of(joiner) == Class::Joiner || self.is_persian_joint(end) => {}
            _ => return None,
        }
        (self.class_at(next)?.0 == Class::Letter).then_some(next)
    }

    /// Hands over words that nothing but joiners separates: as a whole, and each of them.
    fn joined(&mut self, words: &[Range<usize>]) -> ControlFlow<()> {
        let [first, .., last] = words else {
            for word in words {
                self.signed(word)?;
                self.word(word.clone())?;
            }
            return ControlFlow::Continue(());
        };
        if let Some(parts) = parts(words.len())
            && last.end - first.start <= MAX_WORD
        {
            let whole = self.whole.join(self.text, words);
            (self.sink)(Unit {
                text: whole.text,
                is_word: whole.is_word,
                parts: if whole.is_word { 1 } else { parts },
                position: self.position,
                span: first.start..last.end,
            })?;
        }
        for word in words {
            self.word(word.clone())?;
        }
        ControlFlow::Continue(())
    }

    /// Hands over `C++` and `C#`, of which the word is a part.
    fn signed(&mut self, word: &Range<usize>) -> ControlFlow<()> {
        let rest = self.text.get(word.end..).unwrap_or_default();
        let sign = match word.len() {
            1..=2 if rest.starts_with('#') => "#",
            1..=16 if rest.starts_with("++") => "++",
            _ => return ControlFlow::Continue(()),
        };
        let span = word.start..word.end + sign.len();
        (self.sink)(Unit {
            text: self.whole.sign(&self.text[span.clone()]),
            is_word: false,
            parts: 2,
            position: self.position,
            span,
        })
    }

    /// Hands over a word, and the parts that capitals divide it into.
    fn word(&mut self, span: Range<usize>) -> ControlFlow<()> {
        let word = self.text.get(span.clone()).unwrap_or_default();
        if word.len() > MAX_WORD {
            self.position = self.position.saturating_add(1);
            return ControlFlow::Continue(());
        }
        let mut humps = [0; MAX_PARTS];
        let count = crate::identifier::humps(word, &mut humps);
        self.unit(word, span.clone())?;
        if count < 2 {
            self.position = self.position.saturating_add(1);
            return ControlFlow::Continue(());
        }
        let ends = humps
            .iter()
            .take(count)
            .skip(1)
            .copied()
            .chain([word.len()]);
        for (start, end) in humps.iter().take(count).copied().zip(ends) {
            let part = span.start + start..span.start + end;
            self.unit(&word[start..end], part)?;
            self.position = self.position.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    fn unit(&mut self, word: &str, span: Range<usize>) -> ControlFlow<()> {
        (self.sink)(Unit {
            text: word,
            is_word: true,
            parts: 1,
            position: self.position,
            span,
        })
    }

    /// Hands over a run of signs of a script without spaces; returns where it ends.
    fn signs(&mut self, start: usize, class: Class) -> ControlFlow<(), usize> {
        let (mut at, mut end) = (start, start);
        while let Some((next, length)) = self.class_at(at) {
            match next {
                next if next == class => end = at + length,
                Class::Mark => end = at + length,
                Class::Ignorable => {}
                _ => break,
            }
            at += length;
        }
        let positions = self.run.cut(self.text, start..end, class, self.segmenter);
        for sign in self.run.units() {
            (self.sink)(Unit {
                text: sign.text,
                is_word: false,
                parts: 1,
                position: self.position.saturating_add(sign.position),
                span: sign.span,
            })?;
        }
        self.position = self.position.saturating_add(positions);
        ControlFlow::Continue(end)
    }
}

/// A count of parts, if they are few enough to be matched as a whole.
fn parts(count: usize) -> Option<u8> {
    u8::try_from(count).ok().filter(|_| count <= MAX_PARTS)
}
