//! Finds a claim in a source: the same words in the same order, with nothing left out that matters.
//!
//! The rule is strict in one direction. Every content word of the claim must be in the source, in order. Words
//! of the source may be left out only as a whole clause between commas, as a phrase at the end of a
//! sentence, or as articles and the like.

use std::ops::Range;

use crate::effort::Effort;
use crate::equal::equal;
use crate::tokens::{AND, BREAK, ELLIPSIS, FIRST, Key, OPENS, Token, Tokens};
use crate::words::{COMPLEMENT, HEDGE, IGNORE, JOINER, NEGATION, OPENER, PRONOUN, QUALIFIER};

/// Most content tokens of a claim; longer sentences are not compared.
pub(crate) const MAX_CLAIM: usize = 400;
/// Fewest content tokens of each of two parts that something was left out between.
const LEAST_PART: usize = 3;
/// The same where the claim itself shows by an ellipsis that something was left out of the sentence.
const LEAST_QUOTE: usize = 2;

/// A claim's content tokens, and what stands between them.
pub(crate) struct Claim<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
    /// For each token, whether something joins two sentences before it.
    joins: Vec<bool>,
    /// Whether it begins with a word such as `that` itself.
    complement: bool,
}

impl<'a> Claim<'a> {
    /// Takes tokens of a sentence. What may be left out goes.
    pub(crate) fn new(text: &'a str, all: &[Token]) -> Self {
        let (mut tokens, mut joins) = (Vec::new(), Vec::new());
        let (mut join, mut flags, mut complement) = (false, 0, false);
        for token in all {
            // Flags of what is left out belong to what follows.
            flags |= token.flags & (BREAK | ELLIPSIS | FIRST);
            join |= token.is(AND | BREAK | IGNORE | JOINER);
            complement |= tokens.is_empty() && token.is(COMPLEMENT);
            if token.is(IGNORE) {
                continue;
            }
            tokens.push(Token {
                flags: token.flags | flags,
                ..*token
            });
            joins.push(join);
            (join, flags) = (token.is(JOINER), 0);
        }
        Self {
            text,
            tokens,
            joins,
            complement,
        }
    }

    /// Whether it is too short to say anything by itself: a bare name or figure may stand anywhere.
    fn is_fragment(&self) -> bool {
        let signs = self
            .tokens
            .iter()
            .filter(|token| matches!(token.key, Key::Sign(_)))
            .count();
        self.tokens.len() - signs + signs / 3 < 3
    }
}

/// Where a claim stands in a source, as a range of its tokens; `None` if it does not, or if the effort is spent.
pub(crate) fn find(
    claim: &Claim<'_>,
    source: &Tokens<'_>,
    effort: &Effort,
) -> Option<Range<usize>> {
    let count = claim.tokens.len();
    if count == 0 || count > MAX_CLAIM {
        return None;
    }
    let matches = |at: usize, place: usize| {
        effort.spend(1);
        equal(&claim.tokens[at], claim.text, &source.all[place], source)
    };
    // Places where the token before last may be, and the last: each with where its path began.
    let mut skipped: Vec<(usize, usize)> = Vec::new();
    let mut reached: Vec<(usize, usize)> = (0..source.all.len())
        .filter(|place| {
            matches(0, *place) && leads(source, *place, false, claim.complement, effort)
        })
        .map(|place| (place, place))
        .collect();
    for at in 1..count {
        let mut next: Vec<(usize, usize)> = Vec::new();
        let before = &claim.tokens[at - 1];
        let step = Step {
            source,
            claim,
            at,
            effort,
        };
        for (from, begin) in &reached {
            if effort.is_spent() {
                return None;
            }
            step.places(*from, |place| next.push((place, *begin)), &matches);
        }
        // A joiner that the source does not have, between two of its sentences.
        if before.is(JOINER) && at > LEAST_PART && count - at >= LEAST_PART {
            for (from, begin) in &skipped {
                let limit = sentence_after(source, *from);
                for place in limit {
                    if matches(at, place) && joins(source, *from, place, effort) {
                        next.push((place, *begin));
                    }
                }
            }
        }
        next.sort_unstable();
        next.dedup_by_key(|(place, _)| *place);
        skipped = std::mem::replace(&mut reached, next);
        if reached.is_empty() && !claim.tokens[at].is(JOINER) {
            break;
        }
    }
    if effort.is_spent() {
        return None;
    }
    let ends = reached.iter().filter(|(place, _)| trails(source, *place));
    let mut found: Vec<Range<usize>> = ends.map(|(place, begin)| *begin..place + 1).collect();
    if claim.is_fragment() {
        found.retain(|found| is_whole(source, found));
    }
    found.into_iter().min_by_key(ExactSizeIterator::len)
}

/// Whether a range has all of a sentence that counts.
fn is_whole(source: &Tokens<'_>, found: &Range<usize>) -> bool {
    let Some(sentence) = sentence_of(source, found.start) else {
        return false;
    };
    let free = |range: Range<usize>| {
        source
            .all
            .get(range)
            .is_some_and(|gap| gap.iter().all(|token| token.is(IGNORE)))
    };
    free(sentence.start..found.start) && free(found.end..sentence.end)
}

/// From a token of a claim to the next.
struct Step<'a> {
    source: &'a Tokens<'a>,
    claim: &'a Claim<'a>,
    /// The token that is looked for.
    at: usize,
    effort: &'a Effort,
}

impl Step<'_> {
    /// Visits the places of the source where the token may stand if the one before is at `from`.
    fn places(
        &self,
        from: usize,
        mut visit: impl FnMut(usize),
        matches: &impl Fn(usize, usize) -> bool,
    ) {
        let (source, claim, at) = (self.source, self.claim, self.at);
        let Some(sentence) = sentence_of(source, from) else {
            return;
        };
        let ellipsis = claim.tokens[at].is(ELLIPSIS);
        for place in from + 1..sentence.end {
            if matches(at, place) && self.may_skip(from, place, ellipsis) {
                visit(place);
            }
        }
        let long = at >= LEAST_PART && claim.tokens.len() - at >= LEAST_PART;
        if long && (claim.joins.get(at) == Some(&true) || ellipsis) {
            for place in sentence_after(source, from) {
                if matches(at, place) && joins(source, from, place, self.effort) {
                    visit(place);
                }
            }
        }
    }

    /// Whether a claim may leave out what is between two places of a sentence.
    fn may_skip(&self, from: usize, to: usize, ellipsis: bool) -> bool {
        let gap = &self.source.all[from + 1..to];
        self.effort.spend(gap.len());
        if self.effort.is_spent() {
            return false;
        }
        if gap.iter().all(|token| token.is(IGNORE)) {
            return true;
        }
        let negates = gap.iter().any(|token| token.is(NEGATION));
        if gap.iter().any(|token| token.is(HEDGE)) || negates && gap.len() <= 3 {
            return false;
        }
        let (before, after) = (self.at, self.claim.tokens.len() - self.at);
        // Words left out openly, between pieces that are long enough to say something.
        if ellipsis && !negates && before >= LEAST_QUOTE && after >= LEAST_QUOTE {
            return true;
        }
        let first = gap
            .iter()
            .find(|token| !token.is(IGNORE) || token.is(BREAK));
        let begins = first.is_some_and(|token| token.is(BREAK));
        begins && clause_start(self.source, from, to).is_some_and(|start| start > from + 1)
    }
}

fn sentence_of(source: &Tokens<'_>, place: usize) -> Option<Range<usize>> {
    let number = usize::try_from(source.all.get(place)?.sentence).ok()?;
    source.sentences.get(number).cloned()
}

fn sentence_after(source: &Tokens<'_>, place: usize) -> Range<usize> {
    let number = source
        .all
        .get(place)
        .and_then(|token| usize::try_from(token.sentence).ok());
    number
        .and_then(|number| source.sentences.get(number + 1))
        .cloned()
        .unwrap_or(0..0)
}

/// Whether a claim may go from one place to the start of the next sentence: from the end of its own.
fn joins(source: &Tokens<'_>, from: usize, to: usize, effort: &Effort) -> bool {
    let Some(sentence) = sentence_of(source, from) else {
        return false;
    };
    effort.spend(sentence.end - from);
    let ends = source.all[from + 1..sentence.end]
        .iter()
        .all(|token| token.is(IGNORE));
    ends && leads(source, to, true, false, effort)
}

/// Whether a claim may begin at a place: at the start of its sentence, or of a clause in it.
fn leads(
    source: &Tokens<'_>,
    place: usize,
    joined: bool,
    complement: bool,
    effort: &Effort,
) -> bool {
    let Some(sentence) = sentence_of(source, place) else {
        return false;
    };
    effort.spend(place - sentence.start);
    if effort.is_spent() {
        return false;
    }
    let free = IGNORE | JOINER | if joined { PRONOUN } else { 0 };
    let gap = &source.all[sentence.start..place];
    if gap
        .iter()
        .all(|token| token.is(free) && (complement || !token.is(COMPLEMENT)))
    {
        return true;
    }
    if joined {
        return false;
    }
    let Some(clause) = clause_start(source, sentence.start, place) else {
        return false;
    };
    let before = &source.all[sentence.start..clause];
    let part = complement
        || !source.all[clause..=place]
            .iter()
            .any(|token| token.is(COMPLEMENT));
    part && !before.iter().any(|token| token.is(HEDGE))
}

/// Where the clause begins in which a place is the first word that counts.
fn clause_start(source: &Tokens<'_>, start: usize, place: usize) -> Option<usize> {
    let mut at = place;
    loop {
        let token = source.all.get(at)?;
        if token.is(BREAK) {
            // What a bracket holds is no clause of its own.
            return (!token.is(OPENS)).then_some(at);
        }
        at = at.checked_sub(1).filter(|at| *at > start)?;
        if !source.all.get(at)?.is(IGNORE) {
            return None;
        }
    }
}

/// Whether a claim may end at a place: at the end of its sentence or clause, or before a phrase.
fn trails(source: &Tokens<'_>, place: usize) -> bool {
    let Some(sentence) = sentence_of(source, place) else {
        return false;
    };
    let gap = &source.all[place + 1..sentence.end];
    let Some(first) = gap
        .iter()
        .find(|token| !token.is(IGNORE) || token.is(BREAK))
    else {
        return true;
    };
    let negates = gap.len() <= 3 && gap.iter().any(|token| token.is(NEGATION));
    if negates || gap.iter().any(|token| token.is(HEDGE)) {
        return false;
    }
    if first.is(BREAK) {
        return true;
    }
    let turns = NEGATION | QUALIFIER;
    first.is(OPENER) && !gap.iter().any(|token| token.is(NEGATION)) && !first.is(turns & !QUALIFIER)
}
