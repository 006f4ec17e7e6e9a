//! From a text with markers to an answer: what each marker cites, and whether each sentence is supported.

use dynrag_answers::{self as answers, Checked, Marked, Source};
use dynrag_domain::{
    answers::{AnswerSentence, AnswerStatus, Citation, SentenceVerdict, UnsupportedPolicy},
    search::Hit,
};

use crate::written::is_clean;

/// Bytes up to which the language of a passage is not relied on.
const SHORT: usize = 600;

/// Longest quote of a passage that does not support its sentence, in characters.
const MAX_QUOTE: usize = 500;

/// A text with its proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Proved {
    pub(crate) status: AnswerStatus,
    pub(crate) text: String,
    pub(crate) citations: Vec<Citation>,
    pub(crate) sentences: Vec<AnswerSentence>,
}

/// Checks a text against the passages that it cites, and does with what is not supported as the policy says.
pub(crate) fn prove(
    marked: &Marked,
    hits: &[Hit],
    language: Option<&str>,
    policy: UnsupportedPolicy,
) -> Proved {
    let proved = check(marked, hits, language);
    let is_unsupported =
        |sentence: &AnswerSentence| sentence.verdict == SentenceVerdict::Unsupported;
    if !proved.sentences.iter().any(is_unsupported) {
        return proved;
    }
    match policy {
        UnsupportedPolicy::Mark => proved,
        UnsupportedPolicy::Refuse => none(AnswerStatus::Refused),
        UnsupportedPolicy::Drop => {
            let kept = without_unsupported(marked, &proved.sentences);
            // Without a sentence, what was code may be a link.
            if !is_clean(&kept.text) {
                return none(AnswerStatus::Refused);
            }
            let proved = check(&kept, hits, language);
            let supports =
                |sentence: &AnswerSentence| sentence.verdict == SentenceVerdict::Supported;
            // What is left may claim nothing, or rest on what was left out.
            match proved.sentences.iter().any(supports)
                && !proved.sentences.iter().any(is_unsupported)
            {
                true => proved,
                false => none(AnswerStatus::Refused),
            }
        }
    }
}

/// No text.
pub(crate) fn none(status: AnswerStatus) -> Proved {
    Proved {
        status,
        text: String::new(),
        citations: Vec::new(),
        sentences: Vec::new(),
    }
}

fn check(marked: &Marked, hits: &[Hit], language: Option<&str>) -> Proved {
    let sources: Vec<Source<'_>> = hits
        .iter()
        .map(|hit| Source {
            text: &hit.text,
            title: Some(&hit.title),
            // Of a short text the language is often detected wrongly: it is guessed as that of the answer is.
            language: hit.language.as_deref().filter(|_| hit.text.len() > SHORT),
        })
        .collect();
    let checked = answers::verify(&marked.text, language, &marked.citations, &sources);
    let citations = marked.citations.iter();
    let citations = citations.filter_map(|citation| cite(citation, &checked, hits));
    Proved {
        status: AnswerStatus::Answered,
        citations: citations.collect(),
        sentences: checked.iter().map(sentence).collect(),
        text: marked.text.clone(),
    }
}

fn sentence(checked: &Checked) -> AnswerSentence {
    let (verdict, reason) = match &checked.verdict {
        answers::Verdict::Supported(_) => (SentenceVerdict::Supported, None),
        answers::Verdict::Unsupported(reason) => {
            (SentenceVerdict::Unsupported, Some(reason.code().to_owned()))
        }
        answers::Verdict::NoClaim(_) => (SentenceVerdict::NoClaim, None),
    };
    AnswerSentence {
        span: span(checked.span.start, checked.span.end),
        verdict,
        reason,
        sources: checked
            .sources
            .iter()
            .map(|source| number(*source))
            .collect(),
    }
}

/// What a marker cites: the words that support its sentence, or the beginning of the passage where none do.
fn cite(citation: &answers::Citation, checked: &[Checked], hits: &[Hit]) -> Option<Citation> {
    let hit = hits.get(citation.source.checked_sub(1)?)?;
    let of = checked
        .iter()
        .find(|checked| checked.span.contains(&citation.start));
    let support = of.and_then(|checked| match &checked.verdict {
        answers::Verdict::Supported(places) => {
            places.iter().find(|place| place.source == citation.source)
        }
        _ => None,
    });
    let (start, longest) = match support {
        Some(place) => (place.span.start, place.span.len()),
        None => (0, MAX_QUOTE),
    };
    let quote: String = hit.text.chars().skip(start).take(longest).collect();
    let end = start + quote.chars().count();
    let first = hit.char_span.0;
    Some(Citation {
        source: number(citation.source),
        marker_span: span(citation.start, citation.end),
        document_id: hit.document_id,
        version: hit.version,
        title: hit.title.clone(),
        page: hit.page,
        char_span: (first + number(start), first + number(end)),
        quote,
    })
}

/// The text without its unsupported sentences, with the citations that are left.
fn without_unsupported(marked: &Marked, sentences: &[AnswerSentence]) -> Marked {
    let mut dropped = dropped(&marked.text, sentences).into_iter().peekable();
    let mut citations = marked.citations.iter().peekable();
    let mut kept = Marked::default();
    let (mut length, mut follows_dropped) = (0, false);
    for (at, c) in marked.text.chars().enumerate() {
        while dropped.next_if(|(_, end)| *end <= number(at)).is_some() {}
        let citation = citations.next_if(|citation| citation.start == at);
        if dropped
            .peek()
            .is_some_and(|(start, _)| *start <= number(at))
        {
            follows_dropped = true;
            continue;
        }
        // The space before a dropped sentence is enough.
        if follows_dropped && c == ' ' || kept.text.is_empty() && c.is_whitespace() {
            continue;
        }
        if follows_dropped && c == '\n' && kept.text.ends_with(' ') {
            kept.text.pop();
            length -= 1;
        }
        follows_dropped = false;
        kept.citations
            .extend(citation.map(|citation| answers::Citation {
                start: length,
                end: length + (citation.end - citation.start),
                source: citation.source,
            }));
        kept.text.push(c);
        length += 1;
    }
    kept.text.truncate(kept.text.trim_end().len());
    kept
}

/// What is left out of a text: its unsupported sentences, but for the mark of an item of a list of which something stays.
fn dropped(text: &str, sentences: &[AnswerSentence]) -> Vec<(u32, u32)> {
    let is_dropped = |sentence: &AnswerSentence| sentence.verdict == SentenceVerdict::Unsupported;
    let chars: Vec<char> = text.chars().collect();
    let part = |start: u32, end: u32| -> String {
        let range = start as usize..end as usize;
        chars.get(range).unwrap_or_default().iter().collect()
    };
    let mut spans = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        if !is_dropped(sentence) {
            continue;
        }
        let (mut start, end) = sentence.span;
        let mark = answers::item_mark(&part(start, end));
        // The rest of the item, on its line.
        let mut before = end;
        let rest = sentences[at + 1..].iter().take_while(|next| {
            let is_near = !part(before, next.span.0).contains('\n');
            before = next.span.1;
            is_near
        });
        if mark > 0 && rest.into_iter().any(|next| !is_dropped(next)) {
            start += number(mark);
        }
        spans.push((start, end));
    }
    spans
}

fn span(start: usize, end: usize) -> (u32, u32) {
    (number(start), number(end))
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::showable;

    /// The text without the sentences that have no marker.
    fn kept(text: &str) -> Marked {
        let marked = showable(text, 3).unwrap();
        let checked = answers::verify(&marked.text, Some("en"), &marked.citations, &[]);
        let mut sentences: Vec<AnswerSentence> = checked.iter().map(sentence).collect();
        for sentence in &mut sentences {
            let own = |citation: &answers::Citation| {
                (sentence.span.0..sentence.span.1).contains(&number(citation.start))
            };
            sentence.verdict = match marked.citations.iter().any(own) {
                true => SentenceVerdict::Supported,
                false => SentenceVerdict::Unsupported,
            };
        }
        without_unsupported(&marked, &sentences)
    }

    #[test]
    fn without_a_sentence_the_markers_stay_where_they_are() {
        for (text, expected) in [
            ("One [1]. Two. Three [2].", "One [1]. Three [2]."),
            ("One. Two [1].", "Two [1]."),
            ("One [1]. Two.", "One [1]."),
            ("One [1]. Two.\nThree [3].", "One [1].\nThree [3]."),
            (
                "1. One [1].\n2. Two. Three [2].\n3. Four.",
                "1. One [1].\n2. Three [2].",
            ),
            ("One.\n\nTwo [2].\n\nThree.", "Two [2]."),
            (
                "`a  b` is [1]. Two. `c  d` is [2].",
                "`a  b` is [1]. `c  d` is [2].",
            ),
            (
                "A b[x] is one [1]. Two. É is [2].",
                "A b[x] is one [1]. É is [2].",
            ),
        ] {
            let kept = kept(text);
            assert_eq!(kept.text, expected);
            let chars: Vec<char> = kept.text.chars().collect();
            for citation in &kept.citations {
                let marker: String = chars[citation.start..citation.end].iter().collect();
                assert_eq!(marker, format!("[{}]", citation.source), "{text}");
            }
            assert_eq!(answers::markers(&kept.text, 3), kept);
        }
    }
}
