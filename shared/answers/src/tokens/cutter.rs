//! Cuts a span of a text into tokens, one word, number or sign after the other.

use std::ops::Range;

use dynrag_analysis::{Analyzer, Language};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{AND, BREAK, CAPITAL, CASELESS, ELLIPSIS, FIRST, Key, NAME, OPENS, Token};
use crate::chars::{digit, is_invisible, is_sign, is_south_east_asian};
use crate::markers::MAX_MARKER;
use crate::numbers::{self, Form, Number};
use crate::units::unit;
use crate::words::{self, FUNCTION, IGNORE, Words, hash};

/// The stems of a text's words by their place.
struct Stems {
    all: Vec<(usize, usize, u64)>,
    next: usize,
}

impl Stems {
    fn new(analyzer: &Analyzer, text: &str, language: Language) -> Self {
        let mut all = Vec::with_capacity(text.len() / 5);
        // Without rules of its own a language has no stems.
        if language == Language::OTHER {
            return Self { all, next: 0 };
        }
        analyzer.each(text, language, |token| {
            // Of several terms of a word the first is its stem; a wider span is an identifier as a whole.
            all.push((
                token.start,
                token.end,
                hash(token.term.trim_start_matches('!')),
            ));
        });
        all.sort_by_key(|stem| stem.0);
        Self { all, next: 0 }
    }

    fn of(&mut self, span: &Range<usize>) -> Option<u64> {
        while self
            .all
            .get(self.next)
            .is_some_and(|stem| stem.0 < span.start)
        {
            self.next += 1;
        }
        let here = self.all[self.next..]
            .iter()
            .take_while(|stem| stem.0 == span.start);
        let mut here = here.filter(|stem| stem.1 == span.end);
        here.next().map(|stem| stem.2)
    }
}

/// The tokens of a text as far as it is cut.
pub(super) struct Cutter<'t> {
    text: &'t str,
    language: Language,
    words: Option<&'static Words>,
    stems: Stems,
    folded: String,
    found: Vec<Token>,
    /// Flags for the next token.
    pending: u32,
    sentence: u32,
    /// Where the token before ended.
    last: usize,
}

impl<'t> Cutter<'t> {
    /// Begins with a text of a language.
    pub(super) fn new(analyzer: &Analyzer, text: &'t str, language: Language) -> Self {
        Self {
            text,
            language,
            words: words::of(language),
            stems: Stems::new(analyzer, text, language),
            folded: String::new(),
            found: Vec::new(),
            pending: 0,
            sentence: 0,
            last: 0,
        }
    }

    /// Cuts a sentence, or a part of one.
    pub(super) fn cut(&mut self, span: Range<usize>) {
        let text = self.text;
        self.pending = BREAK | FIRST;
        self.last = span.start;
        let mut at = span.start;
        while let Some(c) = text[at..span.end].chars().next() {
            let after = at + c.len_utf8();
            if digit(c).is_some() || numbers::fraction(c).is_some() {
                at = self.number(at, span.end);
            } else if is_sign(c) {
                let folded = c.nfkc().next().unwrap_or(c);
                self.push(
                    at..after,
                    Key::Sign(folded),
                    u64::from(u32::from(folded)),
                    words::of_sign(folded),
                );
                at = after;
            } else if c.is_alphanumeric() {
                at = self.word(at, span.end);
            } else {
                at = self.mark(at, c, span.end);
            }
        }
    }

    /// Says that what is cut next is another sentence.
    pub(super) fn end_sentence(&mut self) {
        self.sentence += 1;
    }

    /// The tokens.
    pub(super) fn finish(self) -> Vec<Token> {
        self.found
    }

    fn push(&mut self, span: Range<usize>, key: Key, surface: u64, flags: u32) {
        let mut between = self
            .text
            .get(self.last..span.start)
            .unwrap_or_default()
            .chars();
        let glue = match (between.next(), between.next()) {
            (Some(c), None) => c,
            _ => '\0',
        };
        self.last = span.end;
        let flags = flags | std::mem::take(&mut self.pending);
        self.found.push(Token {
            start: span.start,
            end: span.end,
            key,
            surface,
            bare: surface,
            flags,
            glue,
            sentence: self.sentence,
        });
    }

    fn number(&mut self, at: usize, end: usize) -> usize {
        let before = self.text[..at].chars().next_back();
        let is_start =
            |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | ':'));
        let negative = matches!(before, Some('-' | '−'))
            && is_start(self.text[..at].chars().rev().nth(1))
            && self
                .found
                .last()
                .is_none_or(|token| !matches!(token.key, Key::Number(_)));
        let rest = &self.text[at..end];
        let single = rest.chars().next().and_then(numbers::fraction);
        let read = match single {
            Some((parts, power)) => Some((
                Number::new(parts, i16::try_from(power).map_or(0, |power| -power)),
                rest.chars().next().map_or(1, char::len_utf8),
            )),
            None => {
                // The parts of 3.10.1990 are numbers of their own.
                let chained = matches!(before, Some('.'))
                    && self.last + 1 == at
                    && self
                        .found
                        .last()
                        .is_some_and(|token| matches!(token.key, Key::Number(_)));
                let digits: usize = rest
                    .chars()
                    .take_while(|c| digit(*c).is_some())
                    .map(char::len_utf8)
                    .sum();
                numbers::read(
                    if chained { &rest[..digits] } else { rest },
                    self.language,
                    negative,
                )
            }
        };
        let Some((mut number, length)) = read else {
            // Too long to be a number that anybody compares.
            let length: usize = rest
                .chars()
                .take_while(|c| digit(*c).is_some())
                .map(char::len_utf8)
                .sum();
            let surface = hash(&rest[..length]);
            self.push(at..at + length, Key::Word(surface), surface, 0);
            return at + length.max(1);
        };
        let mut stop = at + length;
        let suffix: String = self.text[stop..end]
            .chars()
            .take_while(|c| c.is_alphabetic() && !is_sign(*c))
            .take(4)
            .collect();
        number.form = match suffix.as_str() {
            "st" | "nd" | "rd" | "th" | "º" | "ª" => Form::Ordinal,
            "s" => Form::Plural,
            _ => Form::Plain,
        };
        if number.form != Form::Plain {
            stop += suffix.len();
        }
        self.push(at..stop, Key::Number(number), 0, 0);
        // A currency sign before the number is read behind it, where words stand.
        if let Some(sign) = before.filter(|c| matches!(c, '$' | '€' | '£' | '¥' | '₹'))
            && let Some(number) = unit(sign.encode_utf8(&mut [0; 4]))
        {
            self.push(at..stop, Key::Unit(number), 0, 0);
        }
        stop
    }

    fn word(&mut self, at: usize, end: usize) -> usize {
        let text = &self.text[at..end];
        let mut length = 0;
        let mut chars = text.char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            let joins = matches!(c, '\'' | '’' | '״' | '׳' | '"' | '·') && {
                let next = chars
                    .peek()
                    .is_some_and(|(_, next)| next.is_alphabetic() && !is_sign(*next));
                next && (c != '"' || matches!(self.language.code(), "he" | "yi"))
            };
            // A preposition of one letter before a number: `و1990`.
            if digit(c).is_some()
                && offset > 0
                && offset <= 4
                && !text.starts_with(|c: char| c.is_lowercase() || c.is_uppercase())
            {
                break;
            }
            if (c.is_alphanumeric() && !is_sign(c)) || is_combining_mark(c) {
                length = offset + c.len_utf8();
            } else if !(joins || is_invisible(c) && c != '\u{200b}') {
                break;
            }
        }
        let stop = at + length.max(1);
        self.folded_word(at..stop);
        stop
    }

    fn folded_word(&mut self, span: Range<usize>) {
        let word = &self.text[span.clone()];
        let mut folded = std::mem::take(&mut self.folded);
        folded.clear();
        words::fold(word, &mut folded);
        // Whole or as parts: isn't, l'école.
        if let Some(at) = folded.find('\'') {
            let (before, after) = (folded[..at].to_owned(), folded[at + 1..].to_owned());
            self.apostrophe(span, &before, &after, &folded);
        } else if folded == "cannot" && self.language.code() == "en" {
            self.plain(span.clone(), "can", None);
            self.plain(span, "not", None);
        } else {
            let stem = self.stems.of(&span);
            self.plain(span, &folded, stem);
        }
        self.folded = folded;
    }

    fn apostrophe(&mut self, span: Range<usize>, before: &str, after: &str, folded: &str) {
        match (self.language.code(), after) {
            ("en" | "und", "t") if before.ends_with('n') => {
                let verb = match before {
                    "can" => "can",
                    "won" => "will",
                    "shan" => "shall",
                    other => other.strip_suffix('n').unwrap_or(other),
                };
                self.plain(span.clone(), verb, None);
                self.plain(span, "not", None);
            }
            ("en", "s")
                if matches!(
                    before,
                    "it" | "he" | "she" | "that" | "there" | "who" | "what" | "here"
                ) =>
            {
                self.plain(span.clone(), before, None);
                self.plain(span, "is", None);
            }
            ("en", "re" | "ve" | "ll") => {
                self.plain(span.clone(), before, None);
                let verb = match after {
                    "re" => "are",
                    "ve" => "have",
                    _ => "will",
                };
                self.plain(span, verb, None);
            }
            ("en" | "und", "s" | "") => {
                let stem = self.stems.of(&span);
                self.plain(span, before, stem);
            }
            ("fr" | "it" | "ca", _) if before.chars().count() <= 3 => {
                let stem = self.stems.of(&span);
                self.plain(span.clone(), before, None);
                self.plain(span, after, stem);
            }
            _ => {
                let stem = self.stems.of(&span);
                self.plain(span, folded, stem);
            }
        }
    }

    fn plain(&mut self, span: Range<usize>, folded: &str, stem: Option<u64>) {
        let code = self.language.code();
        let mut surface = hash(folded);
        let mut flags = 0;
        let mut known = self.words.and_then(|words| words.get(&surface)).copied();
        if known.is_none()
            && let Some(rest) = folded.strip_prefix(match code {
                "ar" => 'و',
                "he" => 'ו',
                _ => '\0',
            })
        {
            flags |= AND;
            known = self.words.and_then(|words| words.get(&hash(rest))).copied();
            surface = if known.is_some() { hash(rest) } else { surface };
        }
        let known = known.unwrap_or_default();
        flags |= known.flags;
        let mut key = match (known.base, known.flags & FUNCTION, stem) {
            (Some(base), ..) => Key::Word(hash(base)),
            (None, 0, Some(stem)) => Key::Word(stem),
            _ => Key::Word(surface),
        };
        if let Some(value) = known.number {
            key = Key::Number(Number::new(i128::from(value), 0));
        }
        let first = self.text[span.clone()].chars().find(|c| c.is_alphabetic());
        if self.pending & FIRST == 0 && first.is_some_and(char::is_uppercase) {
            flags |= CAPITAL;
        }
        if let Some(first) = first {
            if !first.is_lowercase() && !first.is_uppercase() {
                flags |= CASELESS;
            } else if first.is_uppercase()
                && known.flags & FUNCTION == 0
                && self.pending & FIRST == 0
            {
                flags |= NAME;
            }
        }
        self.push(span, key, surface, flags);
        if known.flags & FUNCTION == 0
            && known.number.is_none()
            && let Some(last) = self.found.last_mut()
        {
            last.bare = hash(bare(folded, code));
        }
        // "Sin embargo" negates nothing.
        if folded == "embargo"
            && let [.., sin, embargo] = self.found.as_mut_slice()
            && sin.surface == hash("sin")
        {
            for token in [sin, embargo] {
                token.flags = token.flags & !FUNCTION | IGNORE;
                // "Embargo" alone is another word.
                (token.surface, token.bare) = (hash("sin embargo"), hash("sin embargo"));
                token.key = Key::Word(token.surface);
            }
        }
    }

    /// Notes what a mark says of the next token; returns where the mark ends.
    fn mark(&mut self, at: usize, c: char, end: usize) -> usize {
        let after = at + c.len_utf8();
        let rest = &self.text[after..end];
        match c {
            '[' => {
                // Markers and notes are no words.
                let mut near = rest.char_indices().take(MAX_MARKER);
                if let Some((close, _)) = near.find(|(_, c)| *c == ']') {
                    let inside = &rest[..close];
                    let is_number = !inside.is_empty()
                        && inside
                            .chars()
                            .all(|c| digit(c).is_some() || matches!(c, ',' | ' '));
                    if is_number || inside == "citation needed" {
                        return after + close + 1;
                    }
                    if matches!(inside, "..." | "…") {
                        self.pending |= ELLIPSIS | BREAK;
                        return after + close + 1;
                    }
                }
                self.pending |= BREAK;
            }
            '(' | '（' => self.pending |= BREAK | OPENS,
            // Between figures a dash or a colon is part of them: 23–16, 10:30.
            '–' | ':'
                if rest.starts_with(|c| digit(c).is_some())
                    && self.text[..at].ends_with(|c| digit(c).is_some()) => {}
            ',' | ';' | ':' | ')' | ']' | '—' | '–' | '،' | '؛' | '、' | '，' | '；' | '：'
            | '）' | '\n' | '。' | '！' | '？' => {
                self.pending |= BREAK;
            }
            '…' => self.pending |= ELLIPSIS | BREAK,
            '.' if rest.starts_with("..") => {
                self.pending |= ELLIPSIS | BREAK;
                return after + 2;
            }
            '-' if self.text[..at].ends_with(' ') && rest.starts_with(' ') => self.pending |= BREAK,
            ' ' if self.text[..at].ends_with(is_south_east_asian) => self.pending |= BREAK,
            '%' | '٪' | '％' | '°' | '$' | '€' | '£' | '¥' | '₹' => {
                return self.sign(at, c, rest);
            }
            _ => {}
        }
        after
    }

    /// A sign that is a unit, if it follows a number.
    fn sign(&mut self, at: usize, c: char, rest: &str) -> usize {
        let after = at + c.len_utf8();
        let follows = self
            .found
            .last()
            .is_some_and(|token| matches!(token.key, Key::Number(_)) && token.end + 2 >= at);
        let degree = (c == '°')
            .then(|| rest.chars().next().filter(|c| matches!(c, 'C' | 'F')))
            .flatten();
        let name = match degree {
            Some(letter) => format!("°{}", letter.to_lowercase()),
            None if c == '％' => "%".to_owned(),
            None => c.to_string(),
        };
        let prefixes_number = rest.starts_with(|c| digit(c).is_some());
        if follows
            && !prefixes_number
            && let Some(number) = unit(&name)
        {
            let end = after + degree.map_or(0, char::len_utf8);
            self.push(at..end, Key::Unit(number), 0, 0);
            return end;
        }
        after
    }
}

/// A word without the letters that Arabic and Hebrew write before it for `and` and `the`.
fn bare<'w>(word: &'w str, code: &str) -> &'w str {
    let (and, article) = match code {
        "ar" => ("و", "ال"),
        "he" => ("ו", "ה"),
        _ => return word,
    };
    let long = |rest: &str, least: usize| rest.chars().count() >= least;
    let word = word
        .strip_prefix(and)
        .filter(|rest| long(rest, 2))
        .unwrap_or(word);
    word.strip_prefix(article)
        .filter(|rest| long(rest, 3))
        .unwrap_or(word)
}
