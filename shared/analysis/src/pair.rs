//! Pairs of neighbouring words, in languages that write the syllables of a word apart.

use std::ops::Range;

use crate::scan::Unit;
use crate::word::Terms;

/// The word before, waiting for its neighbour.
#[derive(Default)]
pub(crate) struct Pairs {
    before: String,
    position: u32,
    span: Range<usize>,
    pair: String,
}

/// Two words with nothing but a space between.
pub(crate) struct Pair<'a> {
    pub(crate) term: &'a str,
    pub(crate) position: u32,
    pub(crate) span: Range<usize>,
}

impl Pairs {
    /// The pair of a unit of a text, given with its terms, and the unit before it.
    pub(crate) fn join(&mut self, text: &str, unit: &Unit<'_>, terms: &Terms) -> Option<Pair<'_>> {
        let Some(word) = terms.first().filter(|_| unit.is_word) else {
            self.before.clear();
            return None;
        };
        let gap = text.get(self.span.end..unit.span.start);
        let near = gap.is_some_and(|gap| !gap.is_empty() && gap.trim().is_empty())
            && !self.before.is_empty();
        self.pair.clear();
        self.pair.push_str(&self.before);
        self.pair.push(' ');
        self.pair.push_str(word);
        let pair = (self.position, self.span.start..unit.span.end);
        self.before.clear();
        self.before.push_str(word);
        self.position = unit.position;
        self.span = unit.span.clone();
        near.then_some(Pair {
            term: &self.pair,
            position: pair.0,
            span: pair.1,
        })
    }
}
