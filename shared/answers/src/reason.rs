//! Why a sentence is unsupported: the first thing in which it differs from the nearest passage of its source.

use crate::align::{Claim, MAX_CLAIM};
use crate::effort::Effort;
use crate::equal::equal;
use crate::tokens::{FIRST, Key, NAME, Token, Tokens};
use crate::words::{FUNCTION, IGNORE, NEGATION, QUALIFIER};

/// Why a sentence is unsupported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It cites no source.
    NoCitation,
    /// Nothing in the cited text is near to it.
    NotFound,
    /// The cited text is in another language, so that nothing can be shown.
    OtherLanguage,
    /// A word of it is not in the passage.
    WordMissing,
    /// Words of the passage were left out that may change what it says.
    LeftOut,
    /// The same words stand in another order, such as two names swapped.
    OrderDiffers,
    /// A name of it is not in the passage.
    NameMissing,
    /// How much, how often or when differs: all and some, before and after.
    QualifierDiffers,
    /// A unit of measure or a currency differs.
    UnitDiffers,
    /// A number differs.
    NumberDiffers,
    /// A date differs.
    DateDiffers,
    /// One of them negates and the other does not.
    NegationDiffers,
}

impl Reason {
    /// Returns its code, as the API has it.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCitation => "no_citation",
            Self::OtherLanguage => "other_language",
            Self::NotFound => "not_found",
            Self::WordMissing => "word_missing",
            Self::LeftOut => "left_out",
            Self::OrderDiffers => "order_differs",
            Self::NameMissing => "name_missing",
            Self::QualifierDiffers => "qualifier_differs",
            Self::UnitDiffers => "unit_differs",
            Self::NumberDiffers => "number_differs",
            Self::DateDiffers => "date_differs",
            Self::NegationDiffers => "negation_differs",
        }
    }

    /// The reason that comes from the nearer passage.
    pub(crate) fn nearer(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Why a claim is not in a source that [`crate::align::find`] did not find it in.
pub(crate) fn reason(
    claim: &Claim<'_>,
    source: &Tokens<'_>,
    foreign: bool,
    effort: &Effort,
) -> Reason {
    let far = if foreign {
        Reason::OtherLanguage
    } else {
        Reason::NotFound
    };
    if claim.tokens.len() > MAX_CLAIM {
        return far;
    }
    // All tokens with all: for the nearest sentence, and twice for what they have in common.
    effort.spend(claim.tokens.len() * source.all.len() * 3);
    if effort.is_spent() {
        return far;
    }
    let Some(sentence) = nearest(claim, source) else {
        return far;
    };
    let passage = &source.all[sentence.clone()];
    let (matched, places) = common(claim, passage, source);
    let count = matched.iter().filter(|matched| **matched).count();
    if count * 2 < claim.tokens.len() || foreign {
        return far;
    }
    let missing = || {
        claim
            .tokens
            .iter()
            .zip(&matched)
            .filter(|(_, matched)| !**matched)
            .map(|(token, _)| token)
    };
    let span = places.first().copied().unwrap_or(0)..places.last().map_or(0, |last| last + 1);
    let left_out = || {
        passage
            .iter()
            .enumerate()
            .filter(|(at, token)| span.contains(at) && !places.contains(at) && !token.is(IGNORE))
    };
    let elsewhere = |token: &Token| {
        passage
            .iter()
            .any(|other| equal(token, claim.text, other, source))
    };
    if missing().any(|token| token.is(NEGATION)) || left_out().any(|(_, token)| token.is(NEGATION))
    {
        return Reason::NegationDiffers;
    }
    if missing().next().is_none() {
        return Reason::LeftOut;
    }
    if missing().all(elsewhere) {
        return Reason::OrderDiffers;
    }
    let has = |test: &dyn Fn(&Token) -> bool| missing().any(test);
    let years = left_out().any(|(_, token)| matches!(token.key, Key::Date(_)));
    if has(&|token| matches!(token.key, Key::Date(_)))
        || years && has(&|token| matches!(token.key, Key::Number(_)))
    {
        Reason::DateDiffers
    } else if has(&|token| matches!(token.key, Key::Number(_))) {
        Reason::NumberDiffers
    } else if has(&|token| matches!(token.key, Key::Unit(_)))
        || left_out().any(|(_, token)| matches!(token.key, Key::Unit(_)))
    {
        Reason::UnitDiffers
    } else if has(&|token| token.is(QUALIFIER)) {
        Reason::QualifierDiffers
    } else if has(&|token| {
        token.is(NAME)
            || token.is(FIRST) && matches!(token.key, Key::Word(_)) && token.flags & FUNCTION == 0
    }) {
        Reason::NameMissing
    } else {
        Reason::WordMissing
    }
}

/// The sentence of a source that has most tokens of a claim.
fn nearest(claim: &Claim<'_>, source: &Tokens<'_>) -> Option<std::ops::Range<usize>> {
    let score = |range: &&std::ops::Range<usize>| {
        let passage = &source.all[(*range).clone()];
        claim
            .tokens
            .iter()
            .filter(|token| {
                passage
                    .iter()
                    .any(|other| equal(token, claim.text, other, source))
            })
            .count()
    };
    source.sentences.iter().max_by_key(score).cloned()
}

/// The longest common subsequence: which tokens of the claim are in it, and where in the passage.
fn common(claim: &Claim<'_>, passage: &[Token], source: &Tokens<'_>) -> (Vec<bool>, Vec<usize>) {
    let (rows, columns) = (claim.tokens.len(), passage.len());
    let same =
        |row: usize, column: usize| equal(&claim.tokens[row], claim.text, &passage[column], source);
    let mut lengths = vec![0u16; (rows + 1) * (columns + 1)];
    let mut equals = vec![false; rows * columns];
    let width = columns + 1;
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let equal = same(row, column);
            equals[row * columns + column] = equal;
            lengths[row * width + column] = if equal {
                lengths[(row + 1) * width + column + 1] + 1
            } else {
                lengths[(row + 1) * width + column].max(lengths[row * width + column + 1])
            };
        }
    }
    let (mut matched, mut places) = (vec![false; rows], Vec::new());
    let (mut row, mut column) = (0, 0);
    while row < rows && column < columns {
        if equals[row * columns + column] {
            matched[row] = true;
            places.push(column);
            (row, column) = (row + 1, column + 1);
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    (matched, places)
}
