//! Makes claims with their sources from XQuAD: true ones, and false ones of many kinds.

use std::collections::BTreeMap;
use std::ops::Range;

use dynrag_analysis::Language;
use dynrag_answers::sentences;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::changes;
use crate::random::Random;
use crate::xquad::Paragraph;

/// A claim, and the text that it cites.
pub struct Case {
    pub language: &'static str,
    pub kind: &'static str,
    /// Whether the cited text says it.
    pub is_true: bool,
    pub claim: String,
    pub source: String,
    pub source_language: &'static str,
    /// 0 for questions of even numbers, 1 for odd ones.
    pub half: usize,
}

type Paragraphs = BTreeMap<&'static str, Vec<Paragraph>>;

/// All cases of all languages.
pub fn make(all: &Paragraphs, seed: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for (language, paragraphs) in all {
        let mut random = Random(seed);
        let mut number = 0;
        for (at, paragraph) in paragraphs.iter().enumerate() {
            let cut = cut(&paragraph.text, language);
            for (place, question) in paragraph.questions.iter().enumerate() {
                number += 1;
                let Some(sentence) = cut
                    .iter()
                    .position(|span| span.contains(&question.answer.start))
                else {
                    continue;
                };
                let mut maker = Maker {
                    language,
                    half: number % 2,
                    random: &mut random,
                    cases: &mut cases,
                };
                maker.of_question(paragraph, place, &cut, sentence, paragraphs, at);
                maker.mixed(all, at, &paragraph.text[cut[sentence].clone()]);
            }
        }
    }
    cases
}

/// The sentences of a text, in bytes.
fn cut(text: &str, language: &str) -> Vec<Range<usize>> {
    let starts: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    sentences(text, Language::of(Some(language)))
        .into_iter()
        .map(|sentence| starts[sentence.span.start]..starts[sentence.span.end])
        .collect()
}

/// A text without accents, capitals and English genitives.
fn folded(text: &str) -> String {
    let bare: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
    bare.to_lowercase()
        .replace(['’', '`'], "'")
        .replace("'s ", " ")
}

struct Maker<'a> {
    language: &'static str,
    half: usize,
    random: &'a mut Random,
    cases: &'a mut Vec<Case>,
}

impl Maker<'_> {
    fn add(&mut self, kind: &'static str, is_true: bool, claim: Option<String>, source: &str) {
        let Some(claim) = claim else { return };
        // A change that makes the claim a part of the source again is none, and neither is one of accents or of a genitive: Amazonía and
        // Amazonia, Tesla's name and Tesla name.
        if !is_true && folded(source).contains(folded(&claim).trim()) {
            return;
        }
        self.cases.push(Case {
            language: self.language,
            kind,
            is_true,
            claim,
            source: source.to_owned(),
            source_language: self.language,
            half: self.half,
        });
    }

    fn of_question(
        &mut self,
        paragraph: &Paragraph,
        place: usize,
        cut: &[Range<usize>],
        at: usize,
        all: &[Paragraph],
        number: usize,
    ) {
        let (text, language) = (&paragraph.text, self.language);
        let span = cut[at].clone();
        let sentence = &text[span.clone()];
        let (start, end) = (at.saturating_sub(1), (at + 2).min(cut.len()));
        let around = &text[cut[start].start..cut[end - 1].end];
        // True ones.
        self.add("quote", true, Some(sentence.to_owned()), sentence);
        self.add("quote of passage", true, Some(sentence.to_owned()), text);
        let dropped = changes::drop_clause(sentence, self.random);
        self.add("clause dropped", true, dropped.clone(), around);
        let inflected = changes::inflect(sentence, language, self.random);
        self.add("inflected", true, inflected.clone(), around);
        self.add(
            "date reordered",
            true,
            changes::reorder_date(sentence, language),
            around,
        );
        let contracted = changes::contract(sentence, language, self.random);
        self.add("quote contracted", true, contracted, sentence);
        if let Some(next) = cut.get(at + 1) {
            let joined = join(sentence, &text[next.clone()], language);
            self.add(
                "two joined",
                true,
                Some(joined),
                &text[span.start..next.end],
            );
        }
        let lead = match language {
            "en" => "According to the source, ",
            "es" => "Según la fuente, ",
            "ar" => "وفقا للمصدر، ",
            _ => "根据资料，",
        };
        if language != "zh" && language != "ar" {
            self.add(
                "with lead-in",
                true,
                Some(format!("{lead}{sentence}")),
                text,
            );
        }
        // False ones, of the sentence as it is and of one without a clause.
        for (base, source) in [
            (Some(sentence.to_owned()), sentence),
            (Some(sentence.to_owned()), text.as_str()),
            (dropped, around),
            (inflected, text.as_str()),
        ] {
            let Some(base) = base else { continue };
            self.false_ones(&base, source, paragraph, place, all, number);
        }
        // True of another text.
        let other = &all[(number + 1 + self.random.below(all.len() - 1)) % all.len()].text;
        self.add("wrong source", false, Some(sentence.to_owned()), other);
        for next in [at.wrapping_sub(1), at + 1] {
            if let Some(next) = cut.get(next) {
                self.add(
                    "span shifted",
                    false,
                    Some(sentence.to_owned()),
                    &text[next.clone()],
                );
            }
        }
    }

    fn false_ones(
        &mut self,
        base: &str,
        source: &str,
        paragraph: &Paragraph,
        place: usize,
        all: &[Paragraph],
        number: usize,
    ) {
        let language = self.language;
        let changed = changes::number(base, self.random);
        self.add("number altered", false, changed, source);
        let names = changes::names(base);
        if names.len() >= 2 {
            let one = self.random.below(names.len());
            let other = (one + 1 + self.random.below(names.len() - 1)) % names.len();
            self.add(
                "names swapped",
                false,
                changes::swap(base, &names[one], &names[other]),
                source,
            );
        }
        self.answers(base, source, paragraph, place);
        // Names of this paragraph and of another one.
        let far = &all[(number + 7) % all.len()].text;
        for (kind, from) in [
            ("name of paragraph", &paragraph.text),
            ("name of another", far),
        ] {
            let others = changes::names(from);
            if let (Some(name), Some(other)) =
                (self.random.pick(&names).cloned(), self.random.pick(&others))
            {
                let other = &from[other.clone()];
                if base[name.clone()] != *other && !other.contains(&base[name.clone()]) {
                    self.add(
                        kind,
                        false,
                        Some(changes::replace(base, &name, other)),
                        source,
                    );
                }
            }
        }
        let changed = changes::negate(base, language, self.random);
        self.add("negation added", false, changed, source);
        let changed = changes::affirm(base, language, self.random);
        self.add("negation removed", false, changed, source);
        let changed = changes::opposite(base, language, self.random);
        self.add("opposite word", false, changed, source);
        let changed = changes::other_unit(base, language, self.random);
        self.add("unit changed", false, changed, source);
        let changed = changes::other_date(base, language, self.random);
        self.add("date changed", false, changed, source);
    }

    /// Answers to questions are names and the like in languages without capitals too.
    fn answers(&mut self, base: &str, source: &str, paragraph: &Paragraph, place: usize) {
        let answer = |number: usize| {
            paragraph
                .questions
                .get(number)
                .map(|question| paragraph.text[question.answer.clone()].trim())
        };
        let Some(own) = answer(place).filter(|own| !own.is_empty() && own.chars().count() < 60)
        else {
            return;
        };
        let Some(here) = base.find(own).map(|at| at..at + own.len()) else {
            return;
        };
        for number in 0..paragraph.questions.len() {
            let Some(other) = answer(number)
                .filter(|other| !other.is_empty() && !other.contains(own) && !own.contains(other))
            else {
                continue;
            };
            match base.find(other).map(|at| at..at + other.len()) {
                Some(there) => {
                    let swapped = changes::swap(base, &here, &there);
                    self.add("answers swapped", false, swapped, source);
                }
                None if other.chars().count() < 60 => self.add(
                    "answer of another",
                    false,
                    Some(changes::replace(base, &here, other)),
                    source,
                ),
                None => {}
            }
        }
    }

    /// The same paragraph in another language is no support.
    fn mixed(&mut self, all: &Paragraphs, at: usize, sentence: &str) {
        for (other, paragraphs) in all.iter().filter(|(other, _)| **other != self.language) {
            let Some(paragraph) = paragraphs.get(at) else {
                continue;
            };
            self.cases.push(Case {
                language: self.language,
                kind: "other language",
                is_true: false,
                claim: sentence.to_owned(),
                source: paragraph.text.clone(),
                source_language: other,
                half: self.half,
            });
        }
    }
}

fn join(one: &str, other: &str, language: &str) -> String {
    let stem = one.trim_end_matches(['.', '。', '!', ' ']);
    let mut chars = other.chars();
    let first = chars.next().unwrap_or(' ');
    // A word in capitals or a name keeps them.
    let lower = if language == "en"
        && !["I", "It"].contains(&other.split(' ').next().unwrap_or(""))
        && other[1..].starts_with(char::is_lowercase)
    {
        first.to_lowercase().to_string()
    } else {
        first.to_string()
    };
    let and = match language {
        "en" => ", and ",
        "es" => " y ",
        "ar" if other.starts_with('و') => "، ",
        "ar" => " و",
        _ => "，",
    };
    format!("{stem}{and}{lower}{}", chars.as_str())
}
