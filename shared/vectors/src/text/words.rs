//! The words by which a chunk is found.

use std::sync::LazyLock;

use dynrag_analysis::{Analyzer, Language, Query, Token};

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::new);

/// The words of a chunk: those of its document's title, its headings and its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    pub(crate) title: &'a str,
    pub(crate) headings: &'a [String],
    pub(crate) text: &'a str,
    /// A BCP 47 tag.
    pub(crate) language: Option<&'a str>,
}

impl Words<'_> {
    /// Calls `visit` with every term; returns the chunk's length, which is that of its text alone: a long title makes no
    /// chunk less relevant.
    pub(crate) fn each(&self, mut visit: impl FnMut(&str)) -> u32 {
        let language = Language::of(self.language);
        let mut terms = |text: &str| ANALYZER.each(text, language, |token| visit(token.term));
        terms(self.title);
        for heading in self.headings {
            terms(heading);
        }
        terms(self.text)
    }
}

/// The terms of a query in some languages, which are those of the chunks.
pub(crate) fn query(text: &str, languages: &[Language]) -> Query {
    ANALYZER.query(text, languages)
}

/// The terms of a query in every language. Terms name their language, so that those of languages without chunks match
/// nothing; but they may be words where the query has a stop word.
pub(crate) fn query_in_all(text: &str) -> Query {
    let languages: Vec<Language> = Language::all().collect();
    query(text, &languages)
}

/// The spans of a text, in characters, that match a query: in order, none overlapping another.
pub(crate) fn matches(text: &str, language: Option<&str>, query: &Query) -> Vec<(u32, u32)> {
    let wanted = |term: &str| {
        let mut terms = query.groups.iter().flat_map(|group| &group.terms);
        terms.any(|wanted| wanted == term)
    };
    let mut bytes: Vec<(usize, usize)> = Vec::new();
    ANALYZER.each(text, Language::of(language), |token: Token<'_>| {
        if wanted(token.term) {
            bytes.push((token.start, token.end));
        }
    });
    bytes.sort_unstable();
    let mut spans: Vec<(u32, u32)> = Vec::new();
    let (mut at, mut characters, mut covered) = (0, 0u32, 0);
    let count = |part: &str| u32::try_from(part.chars().count()).unwrap_or(u32::MAX);
    for (start, end) in bytes {
        if end <= covered {
            continue;
        }
        let from = start.max(covered);
        characters += count(text.get(at..from).unwrap_or_default());
        let length = count(text.get(from..end).unwrap_or_default());
        match spans.last_mut() {
            Some(last) if start < covered && last.1 == characters => last.1 += length,
            _ => spans.push((characters, characters + length)),
        }
        characters += length;
        (at, covered) = (end, end);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matched_is_told_in_characters() {
        let spans = |text: &str, language: &str, words: &str| {
            let spans = matches(text, Some(language), &query_in_all(words));
            let texts: Vec<String> = spans
                .iter()
                .map(|(start, end)| {
                    let (start, end) = (*start as usize, *end as usize);
                    text.chars().skip(start).take(end - start).collect()
                })
                .collect();
            texts
        };
        assert_eq!(
            spans("Ein Café für Angestellte.", "de", "cafe angestellten"),
            ["Café", "Angestellte"]
        );
        assert_eq!(
            spans(
                "It says ERR_CONN_42 twice: ERR_CONN_42",
                "en",
                "err_conn_42"
            ),
            ["ERR_CONN_42", "ERR_CONN_42"]
        );
        assert_eq!(spans("海淀区的北京大学", "zh", "北京大学"), ["北京大学"]);
        assert!(spans("nothing of it", "en", "walrus").is_empty());
        assert!(spans("", "en", "walrus").is_empty());
    }

    #[test]
    fn a_chunk_is_found_by_its_title_and_headings_but_they_add_nothing_to_its_length() {
        let headings = ["Leave policy".to_owned()];
        let words = |title| Words {
            title,
            headings: &headings,
            text: "Ask your manager.",
            language: Some("en"),
        };
        let terms = |words: Words<'_>| {
            let mut terms = Vec::new();
            let length = words.each(|term| terms.push(term.to_owned()));
            (terms, length)
        };
        let (with, length) = terms(words("Employees' handbook"));
        let (_, without) = terms(words(""));
        for word in ["employee", "policies", "managers"] {
            let wanted = query_in_all(word);
            assert!(
                wanted.groups[0]
                    .terms
                    .iter()
                    .any(|term| with.contains(term)),
                "{word} {with:?}"
            );
        }
        assert_eq!(length, without);
    }
}
