//! Cuts a text into the tokens that a claim and its source are compared by.

mod cutter;
mod join;

use std::ops::Range;

use dynrag_analysis::{Analyzer, Language};

use crate::dates::{self, Date};
use crate::numbers::Number;
use crate::sentences::split;
use crate::words::{IGNORE, META};
use cutter::Cutter;
use join::join_numbers;

/// A clause begins at the token: a comma, a dash or a bracket precedes it.
pub(crate) const BREAK: u32 = 1 << 9;
/// An ellipsis precedes the token.
pub(crate) const ELLIPSIS: u32 = 1 << 10;
/// Begins with a capital letter that the start of its sentence does not explain.
pub(crate) const NAME: u32 = 1 << 11;
/// The first word of its sentence.
pub(crate) const FIRST: u32 = 1 << 12;
/// The token's text has letters without case, so that no capital can tell a name.
pub(crate) const CASELESS: u32 = 1 << 13;
/// An opening bracket precedes the token.
pub(crate) const OPENS: u32 = 1 << 16;
/// Begins with a capital letter within its sentence, whatever word it is.
pub(crate) const CAPITAL: u32 = 1 << 17;
/// Written together with an `and` before it.
pub(crate) const AND: u32 = 1 << 14;

/// What a token is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A word: the hash of its stem, or of the base form of a function word.
    Word(u64),
    /// A sign of a script without spaces.
    Sign(char),
    Number(Number),
    Unit(u8),
    Date(Date),
}

/// A token of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Where it is, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) key: Key,
    /// The hash of the word itself, folded.
    pub(crate) surface: u64,
    /// That of the word without the article and the `and` that Arabic and Hebrew write before it.
    pub(crate) bare: u64,
    pub(crate) flags: u32,
    /// The character between it and the token before, if there is just one.
    pub(crate) glue: char,
    /// The number of its sentence.
    pub(crate) sentence: u32,
}

impl Token {
    pub(crate) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }
}

/// A text with its tokens.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    pub(crate) text: &'t str,
    pub(crate) language: Language,
    pub(crate) all: Vec<Token>,
    /// Where the tokens of each sentence are.
    pub(crate) sentences: Vec<Range<usize>>,
}

/// Cuts a text of a language; `whole` says that it is one sentence, whatever is in it.
pub(crate) fn tokens<'t>(
    analyzer: &Analyzer,
    text: &'t str,
    language: Language,
    whole: bool,
) -> Tokens<'t> {
    let mut cutter = Cutter::new(analyzer, text, language);
    if whole {
        cutter.cut(0..text.len());
    } else {
        for (span, _) in split(text, language) {
            cutter.cut(span);
            cutter.end_sentence();
        }
    }
    let found = join_numbers(cutter.finish(), text, language);
    let mut all = dates::join(found, text);
    // "The" with nothing behind it to belong to is a name, or stands for one.
    for at in 0..all.len() {
        let alone = all.get(at + 1).is_none_or(|next| next.is(BREAK));
        if alone && all[at].is(CAPITAL) {
            all[at].flags &= !(IGNORE | META);
        }
    }
    let mut sentences: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for (at, token) in all.iter().enumerate() {
        match sentences.last_mut() {
            Some(range) if last == Some(token.sentence) => range.end = at + 1,
            _ => sentences.push(at..at + 1),
        }
        last = Some(token.sentence);
    }
    for (number, range) in sentences.iter().enumerate() {
        for token in &mut all[range.clone()] {
            token.sentence = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }
    Tokens {
        text,
        language,
        all,
        sentences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, code: &str) -> Vec<Key> {
        let cut = tokens(&Analyzer::new(), text, Language::of(Some(code)), true);
        cut.all
            .iter()
            .filter(|token| !token.is(IGNORE))
            .map(|token| token.key)
            .collect()
    }

    #[test]
    fn what_means_the_same_has_the_same_keys() {
        for (one, code, other, other_code) in [
            ("6 October 1973", "en", "October 6, 1973", "en"),
            ("6 October 1973", "en", "6 de octubre de 1973", "es"),
            ("6 October 1973", "en", "1973年10月6日", "zh"),
            ("6 October 1973", "en", "6 تشرين الأول/أكتوبر 1973", "ar"),
            ("the 6th of October 1973", "en", "1973-10-06", "en"),
            ("3. Oktober 1990", "de", "3.10.1990", "de"),
            ("1.5 million", "en", "1,500,000", "en"),
            ("two hundred and five", "en", "205", "en"),
            ("twenty-four km", "en", "24 kilometres", "en"),
            ("$5", "en", "5 dollars", "en"),
            ("30%", "en", "30 per cent", "en"),
            ("30%", "es", "30 por ciento", "es"),
            ("٣٠٪", "ar", "30 بالمائة", "ar"),
            ("وفي 1990", "ar", "في ١٩٩٠", "ar"),
            ("treinta y dos", "es", "32", "es"),
            ("3万", "zh", "30000", "zh"),
            ("isn't", "en", "is not", "en"),
            ("it's", "en", "it is", "en"),
        ] {
            assert_eq!(keys(one, code), keys(other, other_code), "{one}");
        }
        assert_ne!(keys("5 km", "en"), keys("5 miles", "en"));
        assert_ne!(keys("May 5", "en"), keys("May 6", "en"));
        assert_ne!(keys("the 19th", "en"), keys("the 19", "en"));
    }
}
