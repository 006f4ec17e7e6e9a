//! Length of text, in characters or exact tokens. White space at either end of a range is not counted,
//! since chunks have none.

use std::ops::Range;

use dynrag_domain::config::Unit;

use crate::{
    graphemes::{self, MAX_GRAPHEME},
    tokens::{Cursor, Tokens},
};

/// A text that can be measured.
pub(crate) enum Measure<'a> {
    Characters(&'a str),
    Tokens(Tokens<'a>),
}

impl<'a> Measure<'a> {
    pub(crate) fn new(text: &'a str, unit: Unit) -> Self {
        match unit {
            Unit::Characters => Self::Characters(text),
            Unit::Tokens => Self::Tokens(Tokens::new(text)),
        }
    }

    pub(crate) fn text(&self) -> &'a str {
        match self {
            Self::Characters(text) => text,
            Self::Tokens(tokens) => tokens.text,
        }
    }

    /// Starts to measure at a position.
    pub(crate) fn from(&self, start: usize) -> Ruler<'_> {
        Ruler {
            measure: self,
            seen: start,
            count: 0,
            blank: 0,
            cursor: None,
        }
    }

    /// Length of a range.
    pub(crate) fn count(&self, range: Range<usize>) -> usize {
        self.from(range.start).to(range.end)
    }

    /// The furthest position within `most`, between characters.
    fn furthest(&self, start: usize, stop: usize, most: usize) -> usize {
        let stretch = self.text()[start..stop].trim_start();
        let begin = stop - stretch.len();
        match self {
            Self::Characters(_) => {
                let end = stretch.char_indices().nth(most);
                end.map_or(stop, |(at, _)| begin + at)
            }
            Self::Tokens(tokens) => tokens.cursor(begin).furthest(stop, most),
        }
    }

    /// The furthest grapheme boundary within `most`. A single grapheme longer than that is taken whole
    /// up to `hard`; beyond that, or beyond the length of any real grapheme, it is split. Always
    /// greater than `start`.
    pub(crate) fn reach(&self, start: usize, stop: usize, most: usize, hard: usize) -> usize {
        let text = self.text();
        let at = self.furthest(start, stop, most);
        if at >= stop {
            return stop;
        }
        let floor = graphemes::floor(text, start, at);
        if floor > start {
            return floor;
        }
        if text[start..at].chars().nth(MAX_GRAPHEME).is_some() {
            return at;
        }
        let whole = graphemes::end(text, start, stop);
        if self.count(start..whole) <= hard {
            return whole;
        }
        let at = self.furthest(start, stop, hard);
        at.max(text.ceil_char_boundary(start + 1))
    }

    /// The earliest start, between characters, from which the rest of a range is at most `most` long.
    pub(crate) fn back(&self, range: Range<usize>, most: usize) -> usize {
        let text = self.text();
        let stretch = text[range.clone()].trim_end();
        let end = range.start + stretch.len();
        if let Self::Characters(_) = self {
            let earliest = stretch.char_indices().rev().nth(most.saturating_sub(1));
            return earliest.map_or(range.start, |(at, _)| range.start + at);
        }
        let (mut fits, mut step) = (end, most.max(1));
        let mut over = loop {
            let next = text.ceil_char_boundary(range.start.max(end.saturating_sub(step)));
            if next < fits && self.count(next..end) > most {
                break next;
            }
            if next == range.start {
                return next;
            }
            fits = fits.min(next);
            step *= 2;
        };
        loop {
            let mut middle = text.ceil_char_boundary(fits.midpoint(over));
            if middle >= fits {
                middle = text.floor_char_boundary(fits.midpoint(over));
            }
            if middle <= over {
                return fits;
            }
            if self.count(middle..end) > most {
                over = middle;
            } else {
                fits = middle;
            }
        }
    }
}

/// Measures from one position to ascending others, reading each byte once.
pub(crate) struct Ruler<'m> {
    measure: &'m Measure<'m>,
    seen: usize,
    /// Length up to the last character that is not white space.
    count: usize,
    /// White space characters after it.
    blank: usize,
    /// Set if tokens are counted and a character other than white space was found.
    cursor: Option<Cursor<'m>>,
}

impl Ruler<'_> {
    /// Length of the range that ends at `end`.
    pub(crate) fn to(&mut self, end: usize) -> usize {
        let more = &self.measure.text()[self.seen..end];
        let solid = more.trim_end();
        match self.measure {
            Measure::Characters(_) => {
                let solid = if self.count == 0 {
                    solid.trim_start()
                } else {
                    solid
                };
                if solid.is_empty() {
                    self.blank += if self.count == 0 {
                        0
                    } else {
                        more.chars().count()
                    };
                } else {
                    self.count += self.blank + solid.chars().count();
                    self.blank = more[more.trim_end().len()..].chars().count();
                }
            }
            Measure::Tokens(tokens) => {
                let begin = self.seen + (more.len() - more.trim_start().len());
                if !solid.is_empty() {
                    let cursor = self.cursor.get_or_insert_with(|| tokens.cursor(begin));
                    self.count = cursor.to(self.seen + solid.len());
                }
            }
        }
        self.seen = end;
        self.count
    }
}
