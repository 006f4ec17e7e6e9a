//! Checks each sentence of an answer against the sources that it cites.

use std::ops::Range;

use dynrag_analysis::{Analyzer, Language};

use crate::align::{self, Claim};
use crate::chars::{chars_before, is_cjk, is_sign};
use crate::effort::Effort;
use crate::markers::Citation;
use crate::no_claim::{NoClaim, no_claim};
use crate::reason::{Reason, reason};
use crate::sentences::{in_chars, split};
use crate::tokens::{CASELESS, FIRST, Key, NAME, Tokens, tokens};
use crate::words::{IGNORE, META, guess};

/// A source of an answer: what a citation stands for.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The text of the cited span. Nothing else supports a claim.
    pub text: &'a str,
    /// The document's title, which an answer may name without claiming anything by it.
    pub title: Option<&'a str>,
    /// BCP 47; guessed from the text if not given.
    pub language: Option<&'a str>,
}

/// Where a sentence is supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The number of the source, from 1.
    pub source: usize,
    /// The words that say it, in characters of the source's text.
    pub span: Range<usize>,
}

/// What a check says of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The cited text says it. More than one place if parts of the sentence cite sources of their own.
    Supported(Vec<Support>),
    /// It cannot be shown that the cited text says it.
    Unsupported(Reason),
    /// It says nothing that a source could support.
    NoClaim(NoClaim),
}

/// A sentence of an answer with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where the sentence is, in characters of the answer.
    pub span: Range<usize>,
    /// The sources that it cites, from 1, each once.
    pub sources: Vec<usize>,
    /// Whether they support it.
    pub verdict: Verdict,
}

/// Checks the sentences of an answer.
///
/// `answer` and `citations` are what [`crate::markers`] or [`crate::MarkerFilter`] returned; `sources` are in the
/// order of their numbers. A sentence cites the markers in it and right behind it. `language` is that of the
/// answer (BCP 47), if it is known.
///
/// Support means that the cited text has the sentence nearly word by word: the same content words in the
/// same order, with equal numbers, units, dates, names and negations. What is only meant the same is
/// unsupported, and so is what is said in another language. A pronoun is taken for a word as any
/// other: whom it stands for is not checked.
pub fn verify(
    answer: &str,
    language: Option<&str>,
    citations: &[Citation],
    sources: &[Source<'_>],
) -> Vec<Checked> {
    let analyzer = Analyzer::new();
    let known = language
        .map(|code| Language::of(Some(code)))
        .filter(|language| *language != Language::OTHER);
    // Of a short text the language is not known: it is taken for that of the other side, which shows nothing by itself,
    // since their words have to be the same.
    let of_source = |source: &Source<'_>| match Language::of(source.language) {
        Language::OTHER => guess(source.text),
        given => Some(given),
    };
    let answer_language = known
        .or_else(|| guess(answer))
        .or_else(|| sources.iter().find_map(of_source))
        .unwrap_or_default();
    let effort = Effort::new();
    let mut read: Vec<Option<Tokens<'_>>> = sources.iter().map(|_| None).collect();
    let mut checked = Vec::new();
    let mut left = citations.iter().peekable();
    let (mut byte, mut char) = (0, 0);
    for (bytes, kind) in split(answer, answer_language) {
        let start = char + chars_before(&answer[byte..], bytes.start - byte);
        let span = start..start + answer[bytes.clone()].chars().count();
        (byte, char) = (bytes.end, span.end);
        // Sentences and citations are both in order.
        while left
            .next_if(|citation| citation.start < span.start)
            .is_some()
        {}
        let inside = std::iter::from_fn(|| left.next_if(|citation| citation.start < span.end));
        let cited: Vec<Citation> = inside
            .filter(|citation| (1..=sources.len()).contains(&citation.source))
            .copied()
            .collect();
        let mut numbers: Vec<usize> = Vec::new();
        for citation in &cited {
            if !numbers.contains(&citation.source) {
                numbers.push(citation.source);
            }
        }
        let text = &answer[bytes];
        let verdict = match no_claim(text, kind, !numbers.is_empty()) {
            Some(why) => Verdict::NoClaim(why),
            None if numbers.is_empty() => Verdict::Unsupported(Reason::NoCitation),
            None => {
                for source in &numbers {
                    if let (Some(place), Some(source)) =
                        (read.get_mut(source - 1), sources.get(source - 1))
                    {
                        place.get_or_insert_with(|| {
                            let language = of_source(source).unwrap_or(answer_language);
                            tokens(&analyzer, source.text, language, false)
                        });
                    }
                }
                let check = Check {
                    analyzer: &analyzer,
                    language: answer_language,
                    sources,
                    read: &read,
                    effort: &effort,
                };
                check.sentence(text, &numbers).unwrap_or_else(|reason| {
                    check
                        .parts(text, span.start, &cited)
                        .map_or(Verdict::Unsupported(reason), Verdict::Supported)
                })
            }
        };
        checked.push(Checked {
            span,
            sources: numbers,
            verdict,
        });
    }
    checked
}

struct Check<'a, 't> {
    analyzer: &'a Analyzer,
    /// That of the answer.
    language: Language,
    sources: &'a [Source<'a>],
    read: &'a [Option<Tokens<'t>>],
    effort: &'a Effort,
}

impl Check<'_, '_> {
    /// Checks a sentence against each of its sources.
    fn sentence(&self, text: &str, numbers: &[usize]) -> Result<Verdict, Reason> {
        let mut worst = Reason::NotFound;
        for number in numbers {
            match self.against(text, *number) {
                Ok(support) => return Ok(Verdict::Supported(vec![support])),
                Err(reason) => worst = worst.nearer(reason),
            }
        }
        Err(worst)
    }

    /// Checks the parts of a sentence that have citations of their own, each against those.
    fn parts(&self, text: &str, start: usize, cited: &[Citation]) -> Option<Vec<Support>> {
        let chars: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let byte = |char: usize| chars.get(char - start).copied().unwrap_or(text.len());
        let (mut from, mut supports, mut group) = (0, Vec::new(), Vec::new());
        for (at, citation) in cited.iter().enumerate() {
            group.push(citation.source);
            let next = cited.get(at + 1);
            let last_byte = byte(citation.end);
            if next.is_some_and(|next| text[last_byte..byte(next.start)].trim().is_empty()) {
                continue;
            }
            let part = &text[from..last_byte];
            let tail_is_empty =
                next.is_none() && !text[last_byte..].chars().any(char::is_alphanumeric);
            if next.is_none() && !tail_is_empty {
                return None;
            }
            match self.sentence(part, &group).ok()? {
                Verdict::Supported(found) => supports.extend(found),
                _ => return None,
            }
            group.clear();
            from = last_byte;
        }
        (supports.len() > 1).then_some(supports)
    }

    fn against(&self, text: &str, number: usize) -> Result<Support, Reason> {
        let (Some(Some(source)), Some(given)) =
            (self.read.get(number - 1), self.sources.get(number - 1))
        else {
            return Err(Reason::NotFound);
        };
        let cut = tokens(self.analyzer, text, source.language, true);
        let start = lead_in(&cut, given.title);
        let claim = Claim::new(text, &cut.all[start..]);
        if claim.tokens.is_empty() {
            return Err(Reason::NotFound);
        }
        let foreign = is_foreign(text, self.language, source);
        if let Some(found) = align::find(&claim, source, self.effort)
            && (!foreign || shows_across(&claim))
        {
            let bytes = source.all[found.start].start..source.all[found.end - 1].end;
            return Ok(Support {
                source: number,
                span: in_chars(source.text, &bytes),
            });
        }
        Err(reason(&claim, source, foreign, self.effort))
    }
}

/// How many tokens of a sentence only say where it comes from: `According to the manual,`.
fn lead_in(cut: &Tokens<'_>, title: Option<&str>) -> usize {
    let title = title.unwrap_or_default().to_lowercase();
    let in_title = |text: &str| {
        let text = text.to_lowercase();
        title
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == text)
    };
    let mut speaks = false;
    for (at, token) in cut.all.iter().enumerate() {
        let that = speaks && token.is(crate::words::COMPLEMENT);
        if at > 0 && speaks && (that || token.is(crate::tokens::BREAK)) {
            return at;
        }
        let word = token.text(cut.text);
        let is_preposition = matches!(
            word,
            "to" | "in" | "of" | "con" | "de" | "a" | "لـ" | "على" | "في"
        );
        if !(token.is(META | IGNORE) || is_preposition || in_title(word)) || at > 12 {
            return 0;
        }
        speaks |= token.is(META);
    }
    0
}

/// Whether a sentence is in another language than a source, as far as their words and script tell.
fn is_foreign(text: &str, answer: Language, source: &Tokens<'_>) -> bool {
    let script = |text: &str| {
        let (mut signs, mut letters, mut latin) = (0usize, 0usize, 0usize);
        for c in text.chars().take(2000).filter(|c| c.is_alphabetic()) {
            letters += 1;
            signs += usize::from(is_sign(c) || is_cjk(c));
            latin += usize::from(c.is_ascii() || ('À'..='ɏ').contains(&c));
        }
        if letters == 0 {
            None
        } else if signs * 3 > letters {
            Some('字')
        } else if latin * 2 > letters {
            Some('a')
        } else {
            text.chars()
                .find(|c| c.is_alphabetic() && !c.is_ascii())
                .map(block)
        }
    };
    let (own, other) = (script(text), script(source.text));
    if own.is_some() && other.is_some() && own != other {
        return true;
    }
    // A sentence full of names is guessed wrong; where the answer is in the source's language, so is it.
    answer != source.language && guess(text).is_none_or(|own| own != source.language)
}

/// A sign for the script of a letter: the first of its block of 256.
fn block(c: char) -> char {
    char::from_u32(u32::from(c) & !0xff).unwrap_or(c)
}

/// Whether enough words, not just names and figures, are the same for the language not to matter.
fn shows_across(claim: &Claim<'_>) -> bool {
    let words = claim.tokens.iter().filter(|token| match token.key {
        Key::Word(_) => token.flags & (NAME | FIRST) == 0 || token.is(CASELESS),
        Key::Sign(_) => true,
        _ => false,
    });
    let count = words.count();
    count >= 3 && count * 2 > claim.tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markers;

    /// One sentence of equal words: each may stand for each.
    #[test]
    fn a_text_made_to_be_compared_for_hours_is_given_up() {
        let source = "0, ".repeat(2_500);
        let answer = format!("{}[1].", "0, ".repeat(400));
        let marked = markers(&answer, 1);
        let source = Source {
            text: &source,
            title: None,
            language: Some("en"),
        };
        let checked = verify(&marked.text, Some("en"), &marked.citations, &[source]);
        assert!(
            matches!(checked[0].verdict, Verdict::Unsupported(Reason::NotFound)),
            "{checked:?}"
        );
    }
}
