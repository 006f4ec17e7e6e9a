//! Runs of signs without spaces: their words, by dictionary, and pairs of neighbours.

use std::ops::Range;

use icu_segmenter::WordSegmenterBorrowed;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfkc};

use crate::class::{self, Class, is_han, is_katakana};
use crate::scan::MAX_WORD;
use crate::word::digit;

/// Fewest signs of a katakana word whose long vowel at the end may be omitted.
const LONG_KATAKANA: usize = 4;

/// A run of signs, cut; keeps its allocations.
#[derive(Default)]
pub(crate) struct Run {
    /// The run, normalised.
    text: String,
    /// Of each character there: where it begins, and the span of what it was in the original.
    chars: Vec<(usize, Range<usize>)>,
    cuts: Vec<Cut>,
}

/// A piece of a run: a range of its characters.
struct Cut {
    chars: Range<usize>,
    bytes: Range<usize>,
    position: u32,
}

/// A unit of a run.
pub(crate) struct Sign<'a> {
    pub(crate) text: &'a str,
    /// Counted from the beginning of the run.
    pub(crate) position: u32,
    pub(crate) span: Range<usize>,
}

impl Run {
    /// Cuts a run of one class; returns how many positions it takes.
    ///
    /// Chinese and Japanese: words, overlapping pairs, and single Han characters, a position for each
    /// character. Korean: the word and its pairs, a position for each syllable. Others: words, a position
    /// for each.
    pub(crate) fn cut(
        &mut self,
        text: &str,
        run: Range<usize>,
        class: Class,
        segmenter: WordSegmenterBorrowed<'static>,
    ) -> u32 {
        self.normalize(text, run, class);
        self.cuts.clear();
        match class {
            Class::SouthEastAsian => self.segment(0..self.text.len(), segmenter),
            Class::Cjk => self.cut_by_script(segmenter),
            _ => self.push_word(0..self.text.len()),
        }
        if class == Class::SouthEastAsian {
            for (position, cut) in (0..).zip(&mut self.cuts) {
                cut.position = position;
            }
            return u32::try_from(self.cuts.len()).unwrap_or(u32::MAX);
        }
        match class {
            Class::Cjk => self.add_signs(),
            _ => self.add_first_syllable(),
        }
        self.add_pairs();
        u32::try_from(self.chars.len()).unwrap_or(u32::MAX)
    }

    /// The units of the run that was cut.
    pub(crate) fn units(&self) -> impl Iterator<Item = Sign<'_>> {
        self.cuts.iter().filter_map(|cut| {
            let (_, first) = self.chars.get(cut.chars.start)?;
            let (_, last) = self.chars.get(cut.chars.end.checked_sub(1)?)?;
            Some(Sign {
                text: self.text.get(cut.bytes.clone())?,
                position: cut.position,
                span: first.start..last.end.max(first.end),
            })
        })
    }

    /// Normalises letter by letter, so that each knows where it came from.
    fn normalize(&mut self, text: &str, run: Range<usize>, class: Class) {
        self.text.clear();
        self.chars.clear();
        let start = run.start;
        let run = text.get(run).unwrap_or_default();
        let mut rest = run.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let mut end = at + c.len_utf8();
            while let Some((next, _)) = rest.next_if(|(_, c)| continues(class, *c)) {
                end = run[next..]
                    .chars()
                    .next()
                    .map_or(end, |c| next + c.len_utf8());
            }
            let letter = &run[at..end];
            let span = start + at..start + end;
            let visible = letter.chars().filter(|c| class::of(*c) != Class::Ignorable);
            if class == Class::SouthEastAsian {
                // NFKC would take Thai vowels apart that the dictionary has in one piece.
                visible.nfc().for_each(|c| self.push(c, &span));
            } else if is_nfkc(letter) {
                visible.for_each(|c| self.push(c, &span));
            } else {
                visible.nfkc().for_each(|c| self.push(c, &span));
            }
        }
    }

    fn push(&mut self, c: char, span: &Range<usize>) {
        let c = match (c, self.text.chars().next_back()) {
            // The vowel am in two pieces.
            ('\u{e32}', Some('\u{e4d}')) => {
                self.text.pop();
                self.chars.pop();
                '\u{e33}'
            }
            _ => digit(c).unwrap_or(c),
        };
        self.chars.push((self.text.len(), span.clone()));
        self.text.push(c);
    }

    /// Cuts Chinese and Japanese: katakana as it stands, the rest by dictionary.
    fn cut_by_script(&mut self, segmenter: WordSegmenterBorrowed<'static>) {
        let mut start = 0;
        while let Some(first) = self.text[start..].chars().next() {
            let katakana = is_katakana(first);
            let length = self.text[start..]
                .find(|c| is_katakana(c) != katakana)
                .unwrap_or(self.text.len() - start);
            let part = start..start + length;
            start = part.end;
            if !katakana {
                self.segment(part, segmenter);
                continue;
            }
            let word = &self.text[part.clone()];
            let short = word.trim_end_matches('ー');
            if word.chars().count() >= LONG_KATAKANA && !short.is_empty() {
                self.push_word(part.start..part.start + short.len());
            } else {
                self.push_word(part);
            }
        }
    }

    fn segment(&mut self, part: Range<usize>, segmenter: WordSegmenterBorrowed<'static>) {
        let text = std::mem::take(&mut self.text);
        let mut start = part.start;
        for end in segmenter.segment_str(&text[part.clone()]).skip(1) {
            let word = start..part.start + end;
            start = word.end;
            if text[word.clone()].contains(char::is_alphanumeric) {
                self.push_word(word);
            }
        }
        self.text = text;
    }

    /// Adds a word given by its bytes; words come in order.
    fn push_word(&mut self, bytes: Range<usize>) {
        let index = |byte| self.chars.partition_point(|(start, _)| *start < byte);
        let chars = index(bytes.start)..index(bytes.end);
        if bytes.len() <= MAX_WORD && !chars.is_empty() {
            let position = u32::try_from(chars.start).unwrap_or(u32::MAX);
            self.cuts.push(Cut {
                chars,
                bytes,
                position,
            });
        }
    }

    /// Adds every Han character that is no word already: one is a query too, and a part of words that no
    /// dictionary has.
    fn add_signs(&mut self) {
        for at in 0..self.chars.len() {
            let bytes = self.byte(at)..self.byte(at + 1);
            if self.text[bytes.clone()].starts_with(is_han) {
                self.push_word(bytes);
            }
        }
        self.cuts
            .sort_by_key(|cut| (cut.chars.start, cut.chars.end));
        self.cuts.dedup_by(|one, other| one.chars == other.chars);
    }

    /// Adds the first of two syllables, which may be a word with a particle.
    fn add_first_syllable(&mut self) {
        if self.chars.len() == 2 {
            self.push_word(0..self.byte(1));
        }
    }

    /// Where a character begins, by its number.
    fn byte(&self, number: usize) -> usize {
        self.chars
            .get(number)
            .map_or(self.text.len(), |(byte, _)| *byte)
    }

    /// Adds every pair of neighbours that is not a word already.
    fn add_pairs(&mut self) {
        let mut words = std::mem::take(&mut self.cuts).into_iter().peekable();
        for at in 0..self.chars.len() {
            let mut paired = false;
            while let Some(word) = words.next_if(|word| word.chars.start <= at) {
                paired |= word.chars == (at..at + 2);
                self.cuts.push(word);
            }
            if at + 2 > self.chars.len() || paired {
                continue;
            }
            self.cuts.push(Cut {
                chars: at..at + 2,
                bytes: self.byte(at)..self.byte(at + 2),
                position: u32::try_from(at).unwrap_or(u32::MAX),
            });
        }
    }
}

/// Whether a character belongs to the letter before it.
fn continues(class: Class, c: char) -> bool {
    match c {
        // The voiced sounds of half-width katakana.
        '\u{ff9e}' | '\u{ff9f}' => true,
        // Vowels and final consonants of decomposed Korean.
        '\u{1160}'..='\u{11ff}' => true,
        c if class::of(c) == Class::Ignorable => true,
        // Marks of South-East Asia compose with nothing.
        c => class != Class::SouthEastAsian && is_combining_mark(c),
    }
}
