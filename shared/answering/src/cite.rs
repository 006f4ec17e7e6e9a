//! From a text with markers to an answer: what each marker cites, and whether each sentence is supported.

use dynrag_answers::{self as answers, Checked, Marked, Source};
use dynrag_domain::{
    answers::{AnswerSentence, AnswerStatus, Citation, SentenceVerdict, UnsupportedPolicy},
    search::Hit,
};

/// Bytes up to which the language of a passage is not relied on.
const SHORT: usize = 600;

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
            let kept = without_unsupported(&marked.text, &proved.sentences);
            let proved = check(&answers::markers(&kept, hits.len()), hits, language);
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

/// What a marker cites: the words that support its sentence, or the whole passage where none do.
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
    let (start, end) = match support {
        Some(place) => (place.span.start, place.span.end),
        None => (0, hit.text.chars().count()),
    };
    let quote = hit.text.chars().skip(start).take(end - start).collect();
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

/// The text without its unsupported sentences.
fn without_unsupported(text: &str, sentences: &[AnswerSentence]) -> String {
    let is_dropped = |at: u32| {
        let of = sentences
            .iter()
            .find(|s| (s.span.0..s.span.1).contains(&at));
        of.is_some_and(|sentence| sentence.verdict == SentenceVerdict::Unsupported)
    };
    let kept = text.chars().zip(0..).filter(|(_, at)| !is_dropped(*at));
    let kept: String = kept.map(|(c, _)| c).collect();
    // Where a sentence was, two spaces are left.
    let lines = kept
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim().to_owned()
}

fn span(start: usize, end: usize) -> (u32, u32) {
    (number(start), number(end))
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
