//! Separators after which a text may be cut: paragraphs, lines, sentences, words; and blocks that stay
//! whole.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;

pub(crate) const PARAGRAPHS: usize = 0;
pub(crate) const LINES: usize = 1;
pub(crate) const SENTENCES: usize = 2;
pub(crate) const WORDS: usize = 3;

/// Separators after which a text may be cut, from coarse to fine. A separator stays with the text before
/// it.
pub(crate) const LEVELS: [&[&str]; 4] = [
    &["\n\n"],
    &["\n"],
    &[". ", "! ", "? ", "; ", "。", "！", "？", "؟ ", "۔ ", "।"],
    &[" ", "\t", "，", "、", "، "],
];

/// Finds the separators of a level in one pass, even if many of them do not occur.
static FINDERS: LazyLock<[Option<AhoCorasick>; 4]> =
    LazyLock::new(|| LEVELS.map(|separators| AhoCorasick::new(separators).ok()));

/// Ends of a level's separators in a range.
pub(crate) fn cuts(text: &str, range: Range<usize>, level: usize) -> impl Iterator<Item = usize> {
    let finder = FINDERS.get(level).and_then(Option::as_ref);
    let stretch = &text[range.clone()];
    finder
        .into_iter()
        .flat_map(move |finder| finder.find_iter(stretch))
        .map(move |found| range.start + found.end())
}

/// Ends of the blocks of a range: paragraphs, lists and tables up to the blank lines after them, and
/// fenced code including its blank lines. An unclosed fence is not a fence, and no further fences are
/// looked for after it.
pub(crate) fn blocks(text: &str, range: Range<usize>) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut fences = true;
    let (mut at, mut solid, mut blank) = (range.start, false, false);
    loop {
        let Some(line) = text[at..range.end].split_inclusive('\n').next() else {
            // Unclosed: everything after its line is read again, without fences.
            let Some(open) = fence.take() else { break };
            (fences, at, solid, blank) = (false, open.behind, true, false);
            ends.truncate(open.blocks);
            continue;
        };
        let begin = at;
        at += line.len();
        if let Some(open) = &fence {
            if open.is_closed_by(line) {
                fence = None;
            }
            continue;
        }
        if line.trim().is_empty() {
            blank = true;
            continue;
        }
        if blank && solid {
            ends.push(begin);
        }
        (solid, blank) = (true, false);
        if fences {
            fence = Fence::open(line, at, ends.len());
        }
    }
    if range.start < range.end {
        ends.push(range.end);
    }
    ends
}

/// A code fence (CommonMark 4.5).
struct Fence {
    mark: char,
    length: usize,
    /// Start of the line after it, and the blocks that ended before.
    behind: usize,
    blocks: usize,
}

impl Fence {
    fn open(line: &str, behind: usize, blocks: usize) -> Option<Self> {
        let (mark, length, rest) = fence(line)?;
        // Backticks followed by a backtick are inline code.
        (mark == '~' || !rest.contains('`')).then_some(Self {
            mark,
            length,
            behind,
            blocks,
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        fence(line).is_some_and(|(mark, length, rest)| {
            mark == self.mark && length >= self.length && rest.trim().is_empty()
        })
    }
}

/// For a line that begins with a fence: the mark, its count, and the rest of the line.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim_start_matches(' ');
    let mark = line
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    (length >= 3).then_some((mark, length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let mut start = 0;
        blocks(text, 0..text.len())
            .into_iter()
            .map(|end| {
                let block = &text[start..end];
                start = end;
                block
            })
            .collect()
    }

    #[test]
    fn code_stays_whole_and_a_fence_that_is_never_closed_is_none() {
        let code = "```rust\nfn a() {}\n\nfn b() {}\n```\n\n";
        let text = format!("\nOne.\n\n\n{code}Two.\nThree.");
        assert_eq!(cut(&text), ["\nOne.\n\n\n", code, "Two.\nThree."]);
        let longer = "````\na\n\n```\n\nb\n````";
        assert_eq!(cut(longer), [longer]);
        let open = "```\na\n\nb\n\n~~~\nc\n\nd\n~~~";
        assert_eq!(cut(open), ["```\na\n\n", "b\n\n", "~~~\nc\n\n", "d\n~~~"]);
        assert_eq!(cut("a ```b\n\nc```"), ["a ```b\n\n", "c```"]);
        assert_eq!(cut("\n \n"), ["\n \n"]);
        assert!(cut("").is_empty());
    }
}
