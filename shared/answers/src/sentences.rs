//! Cuts texts into sentences.
//!
//! No dictionary: rules on what follows a full stop, and short lists of abbreviations. They are right for any
//! script that ends its sentences with a mark; Thai, which has none, is cut at spaces.

use std::ops::Range;

use dynrag_analysis::Language;

use crate::chars::{chars_before, digit, is_closer, is_invisible, is_south_east_asian};
use crate::markers::MAX_MARKER;

/// A row of marks longer than this, in bytes, is looked at once.
const LONG_ROW: usize = 64;

/// What a sentence is, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sentence of a paragraph.
    Prose,
    /// A sentence of an item of a list, or a row of a table.
    Item,
    /// A line that is a heading.
    Heading,
    /// A block of code, whole.
    Code,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it is, in characters; without spaces around, with the citation markers that follow it.
    pub span: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// Returns the sentences of a text in order.
///
/// The language matters for abbreviations alone.
pub fn sentences(text: &str, language: Language) -> Vec<Sentence> {
    let (mut byte, mut count) = (0, 0);
    let mut chars = |to: usize| {
        count += text.get(byte..to).map_or(0, |part| part.chars().count());
        byte = to;
        count
    };
    let cut = split(text, language).into_iter();
    cut.map(|(span, kind)| Sentence {
        span: chars(span.start)..chars(span.end),
        kind,
    })
    .collect()
}

/// [`sentences`] in bytes.
pub(crate) fn split(text: &str, language: Language) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    for (block, kind) in blocks(text) {
        if matches!(kind, Kind::Code | Kind::Heading) {
            push(text, block, kind, &mut found);
        } else {
            cut_block(text, block, kind, language, &mut found);
        }
    }
    found
}

fn push(text: &str, span: Range<usize>, kind: Kind, found: &mut Vec<(Range<usize>, Kind)>) {
    let part = &text[span.clone()];
    let start = span.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    if start < end {
        found.push((start..end, kind));
    }
}

/// Cuts a text into paragraphs, items, headings and code.
fn blocks(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut blocks: Vec<(Range<usize>, Kind)> = Vec::new();
    let (mut open, mut fence) = (false, None::<(char, usize)>);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = at..at + line.len();
        at = span.end;
        let trimmed = line.trim();
        if let Some((mark, length)) = fence {
            if let Some((block, _)) = blocks.last_mut() {
                block.end = span.end;
            }
            if trimmed.chars().all(|c| c == mark) && trimmed.len() >= length {
                (fence, open) = (None, false);
            }
            continue;
        }
        if let Some(found) = opens_fence(trimmed) {
            fence = Some(found);
            blocks.push((span, Kind::Code));
            continue;
        }
        if trimmed.is_empty() || is_rule(trimmed) {
            open = false;
            continue;
        }
        if is_heading(trimmed) {
            open = false;
            blocks.push((span, Kind::Heading));
            continue;
        }
        let item = mark_of_item(trimmed).is_some() || trimmed.starts_with('|');
        match blocks.last_mut() {
            Some((block, _)) if open && !item => block.end = span.end,
            _ => blocks.push((span, if item { Kind::Item } else { Kind::Prose })),
        }
        open = !trimmed.starts_with('|');
    }
    blocks
}

fn opens_fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3).then_some((mark, length))
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3
        && (line.chars().all(|c| matches!(c, '-' | ' '))
            || line.chars().all(|c| matches!(c, '=' | ' ')))
}

fn is_heading(line: &str) -> bool {
    let level = line.chars().take_while(|c| *c == '#').count();
    let marked = (1..=6).contains(&level) && line[level..].starts_with(' ');
    let bold = line.len() > 4
        && line.starts_with("**")
        && line.ends_with("**")
        && !line[2..line.len() - 2].contains("**");
    marked || bold && !line.trim_end_matches('*').ends_with(['.', '!', '。', '।'])
}

/// The length in characters of the mark that an item of a list begins with, such as `- ` or `1. `, with the spaces behind it; 0 if
/// the text begins with none.
pub fn item_mark(text: &str) -> usize {
    let Some(length) = mark_of_item(text) else {
        return 0;
    };
    let rest = &text[length..];
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    text[..length].chars().count() + spaces
}

/// The length in bytes of the mark that an item of a list begins with: `- `, `1. `, `(a) `.
fn mark_of_item(line: &str) -> Option<usize> {
    let mut chars = line.char_indices();
    let (_, first) = chars.next()?;
    if matches!(first, '-' | '*' | '+' | '•' | '‣' | '◦' | '·' | '–' | '—') {
        let (after, c) = chars.next()?;
        return (c == ' ' || c == '\t').then_some(after + 1);
    }
    let label = line.trim_start_matches(['(', '（']);
    let skipped = line.len() - label.len();
    let digits: usize = label
        .chars()
        .take_while(|c| digit(*c).is_some())
        .map(char::len_utf8)
        .sum();
    let length = match digits {
        0 if label.starts_with(|c: char| c.is_ascii_alphabetic()) => 1,
        length => length,
    };
    let after = label.get(length..)?;
    let mark = after.chars().next()?;
    let letter_with_dot = digits == 0 && mark == '.';
    let marks = matches!(mark, '.' | ')' | '、' | '）' | '．');
    let space = after[mark.len_utf8()..].starts_with([' ', '\t']) || matches!(mark, '、' | '）');
    let short = length > 0 && digits <= 9;
    (marks && space && short && !letter_with_dot).then_some(skipped + length + mark.len_utf8())
}

fn cut_block(
    text: &str,
    block: Range<usize>,
    kind: Kind,
    language: Language,
    found: &mut Vec<(Range<usize>, Kind)>,
) {
    let part = &text[block.clone()];
    let indent = part.len() - part.trim_start().len();
    let mark = match kind {
        Kind::Item => mark_of_item(part.trim()).unwrap_or(0),
        _ => 0,
    };
    let mut start = block.start;
    let mut skip = block.start + indent + mark;
    let mut thai = 0;
    for (offset, c) in part.char_indices() {
        let at = block.start + offset;
        if at < skip {
            continue;
        }
        thai += usize::from(is_south_east_asian(c));
        let (end, ends) = match c {
            '。' | '！' | '？' | '।' | '॥' | '։' | '።' | '។' | '။' | '｡' => {
                (after_closers(text, at + c.len_utf8(), block.end), true)
            }
            '.' | '!' | '?' | '…' | '؟' | '۔' | '．' => {
                stop(text, start..block.end, at, c, language)
            }
            ' ' | '\n' if thai > 30 && parts_thai(text, at, block.end) => (at, true),
            _ => continue,
        };
        if ends {
            push(text, start..end, kind, found);
            (start, skip, thai) = (end, end, 0);
        } else if end > at + LONG_ROW {
            // No mark of a long row ends a sentence if the first does not.
            skip = end;
        }
    }
    push(text, start..block.end, kind, found);
}

/// Where the closing marks and the citation markers behind a sentence end.
fn after_closers(text: &str, from: usize, limit: usize) -> usize {
    let mut end = from;
    loop {
        let rest = &text[end..limit];
        let marks: usize = rest
            .chars()
            .take_while(|c| {
                is_closer(*c) || matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟')
            })
            .map(char::len_utf8)
            .sum();
        if marks > 0 {
            end += marks;
        } else if let Some(length) = marker_length(rest) {
            end += length;
        } else {
            return end;
        }
    }
}

/// The length in bytes of a citation marker, spaces before it included, at the start of a text.
fn marker_length(text: &str) -> Option<usize> {
    let trimmed = text.trim_start_matches(' ');
    let spaces = text.len() - trimmed.len();
    let body = trimmed.strip_prefix(['[', '【'])?;
    let mut chars = body.char_indices().take(MAX_MARKER);
    let (end, _) = chars.find(|(_, c)| matches!(c, ']' | '】'))?;
    let inside = &body[..end];
    let is_number = !inside.is_empty()
        && inside
            .chars()
            .all(|c| digit(c).is_some() || matches!(c, ',' | ' '));
    // `[citation needed]`, right behind the full stop.
    let is_note =
        spaces == 0 && inside.len() <= 24 && inside.chars().all(|c| c.is_alphabetic() || c == ' ');
    let close = body[end..].chars().next().map_or(0, char::len_utf8);
    (is_number || is_note).then_some(text.len() - body.len() + end + close)
}

/// Where the marks end that begin at a place, and whether a sentence ends with them.
fn stop(
    text: &str,
    sentence: Range<usize>,
    at: usize,
    mark: char,
    language: Language,
) -> (usize, bool) {
    let after = at + mark.len_utf8();
    let end = after_closers(text, after, sentence.end);
    (end, ends(text, sentence, at..end, mark, language))
}

/// Whether a sentence ends with marks, of which the first is `mark`.
fn ends(
    text: &str,
    sentence: Range<usize>,
    marks: Range<usize>,
    mark: char,
    language: Language,
) -> bool {
    let (at, after, end) = (marks.start, marks.start + mark.len_utf8(), marks.end);
    let rest = &text[end..sentence.end];
    let next = rest.trim_start().trim_start_matches(is_opener);
    let Some(first) = next.chars().next() else {
        return true;
    };
    let had_marker = text[after..end].contains(']');
    if !rest.starts_with(char::is_whitespace) && !had_marker {
        // 'ends.Next' is a slip; anything else is a number, a name or an address.
        return false;
    }
    if first.is_lowercase() && !had_marker {
        return false;
    }
    // Words were left out: the sentence goes on, unless the mark is close to its last word and a capital follows.
    if mark == '…' && (text[..at].ends_with(char::is_whitespace) || !first.is_uppercase()) {
        return false;
    }
    if mark != '.' {
        return true;
    }
    let before = &text[sentence.start..at];
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“' | '«' | '[' | '¿' | '/'))
        .next()
        .unwrap_or("");
    let word = word.trim_start_matches(is_invisible);
    let goes_on = is_abbreviation(word, next, language) || is_ordinal_of_date(word, next);
    end != after || !goes_on
}

fn is_opener(c: char) -> bool {
    is_invisible(c)
        || matches!(
            c,
            '"' | '\'' | '“' | '‘' | '«' | '(' | '[' | '¿' | '¡' | '*' | '_' | '„'
        )
}

/// `3. Oktober`: in German and its neighbours, a day has a full stop.
fn is_ordinal_of_date(word: &str, next: &str) -> bool {
    let is_day = word.len() <= 2 && word.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    let month = next
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or("");
    is_day && crate::dates::month(&month.to_lowercase()).is_some()
}

/// Words behind which a full stop ends no sentence.
const NEVER_ENDS: &str = "mr mrs ms dr prof st sr sra srta dra mt lt col gen capt sgt rep sen gov rev hon pres fig figs eq vol ch pp \
    vs cf approx e.g i.e eg ie viz al art op ed eds lic ing gral núm pág págs av avda ud uds d.c a.c ee h.r hr frau nr bzw z.b d.h u.a ca vgl bspw \
    sog inkl abb hrsg m mme mlle env éd dott sig ул г им т.е т.д д-р";
/// Words in front of a name or number, in languages in which they are no words of their own.
const ENGLISH: &str = "no nos dept inc jr dec nov oct sept aug feb jan";
/// Abbreviations that also end sentences: only a word that begins sentences shows it.
const STARTERS: &str = "the it in he she they this these that a an we i but and however for on at as when while after before \
    el la los las en un una este esta es se der die das ein eine es in im er sie le les il elle un une";

fn is_abbreviation(word: &str, next: &str, language: Language) -> bool {
    let mut chars = word.chars();
    let (first, second) = (chars.next(), chars.next());
    let Some(first) = first else { return false };
    // The initial of a name. Scripts without case abbreviate so too, but their words have more letters.
    if second.is_none() && first.is_alphabetic() {
        return !crate::chars::is_sign(first);
    }
    let lower = word.to_lowercase();
    if NEVER_ENDS.split_whitespace().any(|known| known == lower) {
        return true;
    }
    let english = matches!(language.code(), "en" | "und");
    if english && lower != "no" && ENGLISH.split_whitespace().any(|known| known == lower) {
        return true;
    }
    if english && lower == "no" {
        return next.starts_with(|c| digit(c).is_some());
    }
    let is_initials = word.contains('.')
        && word
            .split('.')
            .all(|part| part.chars().count() <= 2 && !part.is_empty());
    let is_doubled = matches!(word, "EE" | "UU" | "CC" | "FF");
    if !(is_initials || is_doubled) || word.chars().all(|c| c == '.' || digit(c).is_some()) {
        return false;
    }
    let following = next
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or("")
        .to_lowercase();
    !STARTERS
        .split_whitespace()
        .any(|starter| starter == following)
}

/// Whether a space in Thai parts two sentences: what follows goes on for a while and is no continuation.
fn parts_thai(text: &str, space: usize, limit: usize) -> bool {
    const GOES_ON: [&str; 14] = [
        "และ",
        "หรือ",
        "แต่",
        "ที่",
        "ซึ่ง",
        "โดย",
        "เพื่อ",
        "จึง",
        "เพราะ",
        "ของ",
        "ใน",
        "กับ",
        "คือ",
        "เป็น",
    ];
    let rest = text[space..limit].trim_start();
    let thai = |c: char| is_south_east_asian(c);
    let before = text[..space].chars().next_back().is_some_and(thai);
    let long = rest.chars().take_while(|c| thai(*c)).count() >= 8;
    before && long && !GOES_ON.iter().any(|word| rest.starts_with(word))
}

/// The number of a byte as characters, for callers that have spans in bytes.
pub(crate) fn in_chars(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = chars_before(text, span.start);
    let length = text
        .get(span.clone())
        .map_or(0, |part| part.chars().count());
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'a>(text: &'a str, code: &str) -> Vec<&'a str> {
        let language = Language::of(Some(code));
        split(text, language)
            .into_iter()
            .map(|(span, _)| &text[span])
            .collect()
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        for (code, text, count) in [
            ("en", "The kettle holds 1.7 litres. It weighs 1,200.5 g.", 2),
            (
                "en",
                "Dr. J. Smith of the U.S. Navy met Mr. Lee. They spoke.",
                2,
            ),
            ("en", "It was made in the U.S. The price fell.", 2),
            ("en", "See https://a.example/b.html?x=1. Then go on!", 2),
            ("en", "\"Is it on?\" he asked. Yes.", 2),
            ("en", "It is on, e.g. at night. No. 5 is off.", 2),
            ("en", "It works.[1] Always. [2][3] Never.", 3),
            ("en", "It works.[citation needed] Always.", 2),
            ("en", "It works [1]. Always [2].", 2),
            ("en", "Wait... then go. Yahoo! is a name.", 2),
            (
                "es",
                "¿Qué es? Es el Sr. López. Vive en EE. UU. desde 1990. No. Sí.",
                5,
            ),
            ("de", "Am 3. Oktober 1990 war es z. B. kalt. Dann nicht.", 2),
            ("ar", "فتح المتجر عام 1990. هل أغلق؟ لا.", 3),
            ("he", "החנות נפתחה ב-1990. האם נסגרה? לא.", 3),
            ("hi", "दुकान 1990 में खुली। क्या वह बंद हुई? नहीं।", 3),
            ("zh", "商店于1990年开业。关门了吗？没有！“是的。”他说。", 5),
            (
                "th",
                "ร้านนี้เปิดให้บริการครั้งแรกเมื่อหลายปีก่อนในกรุงเทพ เจ้าของร้านคนปัจจุบันชื่อสมชาย",
                2,
            ),
            ("ru", "Магазин открыт в 1990 г. в Москве. Он закрыт.", 2),
        ] {
            assert_eq!(cut(text, code).len(), count, "{:#?}", cut(text, code));
        }
    }

    #[test]
    fn lines_of_lists_headings_and_code_stay_apart() {
        let text = "# Care. And use\nFirst line\ngoes on. Next.\n\n1. Fill it. Then boil.\n2. Empty it\n- done\n\n```\na. b. C.\n\nD.\n```\nEnd.";
        let kinds: Vec<Kind> = split(text, Language::OTHER)
            .into_iter()
            .map(|(_, kind)| kind)
            .collect();
        use Kind::{Code, Heading, Item, Prose};
        assert_eq!(
            kinds,
            [Heading, Prose, Prose, Item, Item, Item, Item, Code, Prose]
        );
        assert!(cut(text, "en").contains(&"First line\ngoes on."));
    }

    #[test]
    fn spans_are_in_characters_and_cover_all_but_spaces() {
        let text = "Über uns. 你好。 End";
        let spans: Vec<String> = sentences(text, Language::OTHER)
            .into_iter()
            .map(|sentence| {
                text.chars()
                    .skip(sentence.span.start)
                    .take(sentence.span.len())
                    .collect()
            })
            .collect();
        assert_eq!(spans, ["Über uns.", "你好。", "End"]);
    }
}
