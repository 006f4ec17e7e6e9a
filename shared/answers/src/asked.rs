//! A question: its words, what kind of answer it wants, and how much of both a sentence has.

use std::collections::{HashMap, HashSet};

use dynrag_analysis::{Analyzer, Language, Query};

use crate::tokens::{FIRST, Key, NAME, Tokens, tokens};
use crate::words::{self, FUNCTION, IGNORE, PRONOUN, fold};

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Person,
    Time,
    Count,
    Place,
    Other,
}

/// Question words: what they ask for, and their spellings in lower case. The first row that has one wins.
const QUESTIONS: &[(Wanted, &[&str])] = &[
    (
        Wanted::Count,
        &[
            "how many",
            "how much",
            "what percent",
            "what percentage",
            "what number",
            "what is the number",
            "how long",
            "how old",
            "how tall",
            "how far",
            "how high",
            "how large",
            "how big",
            "how often",
            "how fast",
            "what is the population",
            "cuántos",
            "cuántas",
            "cuánto",
            "cuánta",
            "qué porcentaje",
            "cuantos",
            "cuantas",
            "wie viel",
            "wie lange",
            "wie alt",
            "wie hoch",
            "combien",
            "كم",
            "ما عدد",
            "ما هو عدد",
            "نسبة",
            "כמה",
            "कितने",
            "कितना",
            "कितनी",
            "多少",
            "几",
            "多长",
            "多久",
            "多大",
            "多高",
            "多远",
            "百分之",
            "сколько",
        ],
    ),
    (
        Wanted::Time,
        &[
            "when",
            "what year",
            "which year",
            "what date",
            "what day",
            "what month",
            "what century",
            "what decade",
            "in what time",
            "what time",
            "cuándo",
            "qué año",
            "qué fecha",
            "qué día",
            "qué siglo",
            "qué mes",
            "cuando",
            "wann",
            "welchem jahr",
            "quand",
            "quelle année",
            "متى",
            "أي عام",
            "أي سنة",
            "أي قرن",
            "أي تاريخ",
            "מתי",
            "באיזו שנה",
            "कब",
            "什么时候",
            "何时",
            "哪一年",
            "哪年",
            "几年",
            "什么时间",
            "哪一天",
            "哪个世纪",
            "哪天",
            "когда",
        ],
    ),
    (
        Wanted::Person,
        &[
            "who",
            "whom",
            "whose",
            "what is the name",
            "what was the name",
            "which person",
            "quién",
            "quiénes",
            "quien",
            "cómo se llama",
            "wer",
            "wem",
            "wen",
            "wessen",
            "qui ",
            "من ",
            "من الذي",
            "מי",
            "किसने",
            "कौन",
            "किस",
            "谁",
            "哪位",
            "кто",
            "кого",
        ],
    ),
    (
        Wanted::Place,
        &[
            "where",
            "what city",
            "which city",
            "what country",
            "which country",
            "what state",
            "what place",
            "what location",
            "dónde",
            "qué ciudad",
            "qué país",
            "donde",
            "adónde",
            "wo ",
            "wohin",
            "welcher stadt",
            "welchem land",
            "où",
            "أين",
            "اين",
            "أي مدينة",
            "أي دولة",
            "أي بلد",
            "איפה",
            "היכן",
            "कहाँ",
            "कहां",
            "哪里",
            "何处",
            "哪个城市",
            "哪个国家",
            "在哪",
            "где",
        ],
    ),
];

/// Prepositions in front of places, folded.
const AT: &[&str] = &[
    "in",
    "at",
    "near",
    "from",
    "en",
    "desde",
    "hacia",
    "nach",
    "aus",
    "bei",
    "dans",
    "vers",
    "في",
    "من",
    "الي",
    "ב",
    "में",
    "в",
];

/// What a sentence has of a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The groups of the question whose words it has.
    pub(crate) matched: HashSet<usize>,
    /// Groups that it has a similar word of, with how similar it is, 0 to 1.
    pub(crate) near: HashMap<usize, f32>,
    /// 1 if it has what the question asks for and the question does not have itself.
    pub(crate) wanted: f32,
    /// Whether it begins with a word that stands for a name.
    pub(crate) pronoun: bool,
    /// Its content words, and those among them that the question does not have.
    pub(crate) words: usize,
    pub(crate) fresh: usize,
    /// How near to a word of the question what it asks for is, 0 to 1.
    pub(crate) close: f32,
}

/// An analysed question.
pub(crate) struct Asked {
    query: Query,
    terms: HashMap<String, usize>,
    folded: Vec<String>,
    wanted: Wanted,
    /// Folded words and numbers of the question.
    own: HashSet<u64>,
    /// Its numbers and dates.
    figures: Vec<Key>,
    names: Vec<bool>,
}

impl Asked {
    pub(crate) fn new(analyzer: &Analyzer, question: &str, languages: &[Language]) -> Self {
        let query = query(analyzer, question, languages);
        let mut terms = HashMap::new();
        for (number, group) in query.groups.iter().enumerate() {
            for term in &group.terms {
                terms.entry(term.clone()).or_insert(number);
            }
        }
        let folded = query
            .groups
            .iter()
            .map(|group| {
                let mut folded = String::new();
                fold(
                    question.get(group.span.clone()).unwrap_or_default(),
                    &mut folded,
                );
                folded
            })
            .collect();
        let first = question.find(char::is_alphanumeric).unwrap_or(0);
        let names = query
            .groups
            .iter()
            .map(|group| {
                group.span.start > first
                    && question[group.span.clone()]
                        .starts_with(|c: char| c.is_uppercase() || c.is_numeric())
            })
            .collect();
        let cut = cut(analyzer, question, languages);
        let own = cut.all.iter().map(|token| token.surface).collect();
        let figures = cut
            .all
            .iter()
            .map(|token| token.key)
            .filter(|key| matches!(key, Key::Number(_) | Key::Date(_)))
            .collect();
        Self {
            query,
            terms,
            folded,
            wanted: wanted(question),
            own,
            figures,
            names,
        }
    }

    /// What it asks for.
    pub(crate) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Whether a group is a name or a number.
    pub(crate) fn is_name(&self, group: usize) -> bool {
        self.names.get(group) == Some(&true)
    }

    pub(crate) fn groups(&self) -> usize {
        self.query.groups.len()
    }

    /// What a group counts beside how rare it is: names more.
    pub(crate) fn weight(&self, group: usize) -> f32 {
        if self.names.get(group) == Some(&true) {
            1.25
        } else {
            1.0
        }
    }

    /// Compares a sentence with the question.
    pub(crate) fn find(&self, analyzer: &Analyzer, sentence: &str, language: Language) -> Found {
        let mut found = Found::default();
        let mut others: Vec<(usize, usize)> = Vec::new();
        analyzer.each(sentence, language, |token| {
            match self.terms.get(token.term) {
                Some(group) => {
                    found.matched.insert(*group);
                }
                None if !token.term.starts_with('!') => others.push((token.start, token.end)),
                None => {}
            }
        });
        self.similar(sentence, &others, &mut found);
        self.look_for_answer(analyzer, sentence, language, &mut found);
        found
    }

    /// Words that begin alike: of production and produce, stems differ.
    fn similar(&self, sentence: &str, others: &[(usize, usize)], found: &mut Found) {
        let mut folded = String::new();
        for (start, end) in others {
            folded.clear();
            fold(sentence.get(*start..*end).unwrap_or_default(), &mut folded);
            for (group, word) in self.folded.iter().enumerate() {
                if found.matched.contains(&group) {
                    continue;
                }
                let common = word
                    .chars()
                    .zip(folded.chars())
                    .take_while(|(a, b)| a == b)
                    .count();
                let longer = word.chars().count().max(folded.chars().count());
                let share = common as f32 / longer.max(1) as f32;
                if common >= 3 && share >= 0.5 {
                    let best = found.near.entry(group).or_default();
                    *best = best.max(share);
                }
            }
        }
    }

    /// Looks for words of the kind that the question asks for and does not have itself.
    fn look_for_answer(
        &self,
        analyzer: &Analyzer,
        sentence: &str,
        language: Language,
        found: &mut Found,
    ) {
        let cut = tokens(analyzer, sentence, language, true);
        let first = cut.all.iter().find(|token| !token.is(IGNORE));
        found.pronoun = first.is_some_and(|token| token.is(PRONOUN));
        let known: Vec<usize> = (0..cut.all.len())
            .filter(|at| {
                cut.all.get(*at).is_some_and(|token| {
                    self.own.contains(&token.surface) && token.flags & FUNCTION == 0
                })
            })
            .collect();
        for (at, token) in cut.all.iter().enumerate() {
            if token.flags & FUNCTION != 0 {
                continue;
            }
            found.words += 1;
            let is_figure = matches!(token.key, Key::Number(_) | Key::Date(_));
            if if is_figure {
                self.figures.contains(&token.key)
            } else {
                self.own.contains(&token.surface)
            } {
                continue;
            }
            found.fresh += 1;
            let is_number = matches!(token.key, Key::Number(_));
            let before = at.checked_sub(1).and_then(|at| cut.all.get(at));
            let follows = |words: &[&str]| {
                before.is_some_and(|before| {
                    words.iter().any(|word| words::hash(word) == before.surface)
                })
            };
            let is_name = token.is(NAME)
                || token.is(FIRST) && token.text(sentence).starts_with(char::is_uppercase);
            let fits = match self.wanted {
                Wanted::Count => is_number,
                Wanted::Time => {
                    matches!(token.key, Key::Date(_))
                        || year(token.key)
                        || crate::dates::month(&token.text(sentence).to_lowercase()).is_some()
                }
                Wanted::Person => is_name,
                Wanted::Place => is_name && token.is(NAME) || follows(AT),
                Wanted::Other => false,
            };
            if fits {
                found.wanted = 1.0;
                let distance = known.iter().map(|other| other.abs_diff(at)).min();
                found.close = found
                    .close
                    .max(distance.map_or(0.0, |distance| 1.0 / (1.0 + distance as f32 / 4.0)));
            }
        }
    }
}

fn year(key: Key) -> bool {
    match key {
        Key::Number(number) => number
            .whole()
            .is_some_and(|year| (500..2100).contains(&year)),
        _ => false,
    }
}

/// The question's words, in the languages of the passages. One passage of another language does not make content of its function
/// words.
fn query(analyzer: &Analyzer, question: &str, languages: &[Language]) -> Query {
    let mut query = analyzer.query(question, languages);
    if let Some(language) = words::guess(question) {
        let content = analyzer.query(question, &[language]).groups;
        query.groups.retain(|group| {
            content
                .iter()
                .any(|other| group.span.start < other.span.end && other.span.start < group.span.end)
        });
    }
    query
}

fn cut<'t>(analyzer: &Analyzer, question: &'t str, languages: &[Language]) -> Tokens<'t> {
    let language = words::guess(question)
        .or_else(|| languages.first().copied())
        .unwrap_or_default();
    tokens(analyzer, question, language, true)
}

/// What a question asks for, by its question word.
pub(crate) fn wanted(question: &str) -> Wanted {
    let lower = format!(" {} ", question.to_lowercase());
    let has = |word: &str| {
        if word.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')
            || word.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c))
        {
            lower.match_indices(word.trim_end()).any(|(at, found)| {
                let before = lower[..at].chars().next_back();
                let after = lower[at + found.len()..].chars().next();
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            })
        } else {
            lower.contains(word)
        }
    };
    QUESTIONS
        .iter()
        .find(|(_, words)| words.iter().any(|word| has(word)))
        .map_or(Wanted::Other, |(wanted, _)| *wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_words_tell_what_is_asked_for() {
        for (question, expected) in [
            ("Who beat the Panthers?", Wanted::Person),
            ("In what year did it open?", Wanted::Time),
            ("How many points did they score?", Wanted::Count),
            ("Where is the shop?", Wanted::Place),
            ("Why is it so?", Wanted::Other),
            ("¿Cuándo abrió?", Wanted::Time),
            ("¿Dónde está?", Wanted::Place),
            ("متى فتح المتجر؟", Wanted::Time),
            ("من فتح المتجر؟", Wanted::Person),
            ("كم سنة؟", Wanted::Count),
            ("谁开了这家店？", Wanted::Person),
            ("有多少人？", Wanted::Count),
            ("它在哪里？", Wanted::Place),
            ("Wer hat gewonnen?", Wanted::Person),
            ("מתי נפתחה החנות?", Wanted::Time),
            ("दुकान कब खुली?", Wanted::Time),
        ] {
            assert_eq!(wanted(question), expected, "{question}");
        }
    }
}
