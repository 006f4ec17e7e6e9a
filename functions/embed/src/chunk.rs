//! Cuts text recursively: at paragraphs where they fit, else at lines, sentences, words, and at last
//! between graphemes. Neighbouring chunks share an overlap that begins at a sentence or a word.
//!
//! A chunk is a stretch of the text, so that its span is exact and quoting it needs no search.

use std::{collections::BTreeSet, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use dynrag_domain::{
    chunks::{Chunk, Extracted, Section},
    config::Chunking,
};
use sha2::{Digest, Sha256};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Characters of a grapheme. Unicode's stream-safe format (UAX 15) knows no more than 30 marks in a row;
/// emoji families and Indic clusters stay far below this.
const MAX_GRAPHEME: usize = 64;

const LINES: usize = 1;
const SENTENCES: usize = 2;
const WORDS: usize = 3;

/// After what a text may be cut, coarse to fine. The separator stays with what is before it.
const LEVELS: [&[&str]; 4] = [
    &["\n\n"],
    &["\n"],
    &[". ", "! ", "? ", "; ", "。", "！", "？", "؟ ", "۔ ", "।"],
    &[" ", "\t", "，", "、", "، "],
];

/// Finds the separators of a level in one pass, however many of them do not occur.
static FINDERS: LazyLock<[Option<AhoCorasick>; 4]> =
    LazyLock::new(|| LEVELS.map(|separators| AhoCorasick::new(separators).ok()));

/// A stretch with its length in characters.
struct Piece {
    end: usize,
    characters: usize,
}

/// Cuts a text into chunks of at most `size` characters with about `overlap` shared between
/// neighbours. Chunks of white space alone are left out. A grapheme is cut only where it is longer
/// than any writing has one.
pub fn recursive(extracted: &Extracted, chunking: Chunking) -> Vec<Chunk> {
    let text = extracted.text.as_str();
    let size = (chunking.size as usize).max(1);
    let overlap = (chunking.overlap as usize).min(size / 2);
    let mut pieces = Vec::new();
    let page_ends = page_ends(extracted);
    let mut begun = 0;
    for end in page_ends.iter().copied().chain([text.len()]) {
        // A piece and the overlap before it must fit.
        split(text, begun..end, 0, size - overlap, &mut pieces);
        begun = end;
    }

    let mut writer = Writer {
        extracted,
        counted: (0, 0),
        section: 0,
        chunks: Vec::new(),
    };
    // A chunk is start..end; what no chunk had before begins at fresh.
    let (mut start, mut fresh, mut end, mut length) = (0, 0, 0, 0);
    for piece in pieces {
        let page_ended = page_ends.contains(&end) && !text[fresh..end].trim().is_empty();
        if end > start && (page_ended || length + piece.characters > size) {
            writer.write(start..end, fresh);
            fresh = end;
            start = overlap_start(text, start..end, overlap);
            length = text[start..end].chars().count();
            if length + piece.characters > size {
                // A long grapheme leaves no room for the overlap.
                (start, length) = (end, 0);
            }
        }
        end = piece.end;
        length += piece.characters;
    }
    writer.write(start..end, fresh);
    writer.chunks
}

/// Where a page ends and another begins. No chunk adds text of two, so that the page it names is the
/// one it is found on.
fn page_ends(extracted: &Extracted) -> BTreeSet<usize> {
    let pages = extracted.sections.iter().map(|section| section.page);
    let before = std::iter::once(None).chain(pages);
    extracted
        .sections
        .iter()
        .zip(before)
        .filter(|(section, before)| section.page != *before && section.start > 0)
        .map(|(section, _)| section.start)
        .collect()
}

/// Cuts a range into pieces of at most `most` characters, as coarsely as possible.
fn split(text: &str, range: Range<usize>, level: usize, most: usize, pieces: &mut Vec<Piece>) {
    let stretch = &text[range.clone()];
    let characters = stretch.chars().count();
    if characters <= most {
        pieces.push(Piece {
            end: range.end,
            characters,
        });
        return;
    }
    if level == LEVELS.len() {
        return split_graphemes(stretch, range.start, most, pieces);
    }
    let mut start = range.start;
    for cut in cuts(text, range.clone(), level) {
        if cut < range.end && is_boundary(text, cut) {
            split(text, start..cut, level + 1, most, pieces);
            start = cut;
        }
    }
    if start < range.end {
        split(text, start..range.end, level + 1, most, pieces);
    }
}

/// The ends of a level's separators in a range.
fn cuts(text: &str, range: Range<usize>, level: usize) -> impl Iterator<Item = usize> {
    let finder = FINDERS.get(level).and_then(Option::as_ref);
    let stretch = &text[range.clone()];
    finder
        .into_iter()
        .flat_map(move |finder| finder.find_iter(stretch))
        .map(move |found| range.start + found.end())
}

/// Whether a position is between two graphemes: a mark that combines belongs to what it follows,
/// even to a space.
fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

fn split_graphemes(stretch: &str, offset: usize, most: usize, pieces: &mut Vec<Piece>) {
    // Small pieces, so that an overlap can begin between them.
    let most = (most / 8).max(1);
    let mut characters = 0;
    let graphemes = stretch
        .grapheme_indices(true)
        .flat_map(|(at, grapheme)| bounded(at, grapheme));
    for (at, grapheme) in graphemes {
        let more = grapheme.chars().count();
        if characters > 0 && characters + more > most {
            pieces.push(Piece {
                end: offset + at,
                characters,
            });
            characters = 0;
        }
        characters += more;
    }
    if characters > 0 {
        pieces.push(Piece {
            end: offset + stretch.len(),
            characters,
        });
    }
}

/// A grapheme, or what is left of one that was piled up to do harm: at most so many characters at once.
fn bounded(at: usize, grapheme: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = grapheme;
    std::iter::from_fn(move || {
        let end = rest
            .char_indices()
            .nth(MAX_GRAPHEME)
            .map_or(rest.len(), |(end, _)| end);
        let (part, left) = rest.split_at(end);
        let begins = at + (grapheme.len() - rest.len());
        rest = left;
        (!part.is_empty()).then_some((begins, part))
    })
}

/// Where the chunk after `range` begins: at the first sentence within the last `overlap` characters,
/// else at the first word, else between two graphemes; at the end where there is no overlap.
fn overlap_start(text: &str, range: Range<usize>, overlap: usize) -> usize {
    if overlap == 0 {
        return range.end;
    }
    let stretch = &text[range.clone()];
    let earliest = stretch
        .char_indices()
        .rev()
        .nth(overlap - 1)
        .map_or(range.start, |(at, _)| range.start + at);
    // Not the whole chunk again.
    let earliest = if earliest == range.start {
        range.end
    } else {
        earliest
    };
    for level in [SENTENCES, LINES, WORDS] {
        let cut = cuts(text, earliest..range.end, level).next();
        if let Some(cut) =
            cut.filter(|cut| !text[*cut..range.end].trim().is_empty() && is_boundary(text, *cut))
        {
            return cut;
        }
    }
    (earliest..=range.end)
        .find(|at| text.is_char_boundary(*at) && is_boundary(text, *at))
        .unwrap_or(range.end)
}

/// Writes chunks in the order of their starts, counting characters and sections along the way.
struct Writer<'a> {
    extracted: &'a Extracted,
    /// A byte position and the characters before it.
    counted: (usize, usize),
    /// Sections that start at or before the last chunk.
    section: usize,
    chunks: Vec<Chunk>,
}

impl Writer<'_> {
    /// The section at an index, or where it is nothing but its heading and another follows before
    /// `end`, that one.
    fn section_of_text(&self, mut at: usize, end: usize) -> Option<&Section> {
        let sections = &self.extracted.sections;
        while let (Some(here), Some(next)) = (sections.get(at), sections.get(at + 1)) {
            let line = self.extracted.text[here.start..next.start].trim();
            let line = line.trim_start_matches('#').trim_start();
            if next.start >= end || here.heading_path.last().is_none_or(|last| last != line) {
                break;
            }
            at += 1;
        }
        sections.get(at)
    }

    /// Page and headings are those of what the chunk adds, not of the overlap before it.
    fn write(&mut self, range: Range<usize>, fresh: usize) {
        let stretch = &self.extracted.text[range.clone()];
        let trimmed = stretch.trim();
        if self.extracted.text[fresh..range.end].trim().is_empty() {
            return;
        }
        let start = range.start + (stretch.len() - stretch.trim_start().len());
        let (counted, characters) = self.counted;
        let first = characters + self.extracted.text[counted..start].chars().count();
        self.counted = (start, first);
        let added = &self.extracted.text[fresh..range.end];
        let fresh = (fresh + added.len() - added.trim_start().len()).max(start);
        while self
            .extracted
            .sections
            .get(self.section)
            .is_some_and(|section| section.start <= fresh)
        {
            self.section += 1;
        }
        let section = self
            .section
            .checked_sub(1)
            .and_then(|at| self.section_of_text(at, range.end));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chunks.push(Chunk {
            index: count(self.chunks.len()),
            text: trimmed.to_owned(),
            text_hash: hex::encode(Sha256::digest(trimmed.as_bytes())),
            char_span: (count(first), count(first + trimmed.chars().count())),
            page: section.and_then(|section: &Section| section.page),
            heading_path: section
                .map(|section| section.heading_path.clone())
                .unwrap_or_default(),
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, size: u32, overlap: u32) -> Vec<Chunk> {
        let extracted = Extracted {
            text: text.to_owned(),
            ..Extracted::default()
        };
        recursive(&extracted, Chunking { size, overlap })
    }

    #[test]
    fn a_short_text_is_one_chunk() {
        let chunks = cut("  One sentence. ", 100, 20);
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].text, "One sentence.");
        assert_eq!(chunks[0].char_span, (2, 15));
        assert!(cut(" \n ", 100, 20).is_empty());
        assert!(cut("", 100, 20).is_empty());
    }

    #[test]
    fn paragraphs_stay_whole_where_they_fit() {
        let text = format!(
            "{}\n\n{}\n\n{}",
            "a".repeat(60),
            "b".repeat(60),
            "c".repeat(60)
        );
        let texts: Vec<_> = cut(&text, 100, 0)
            .into_iter()
            .map(|chunk| chunk.text)
            .collect();
        assert_eq!(texts, ["a".repeat(60), "b".repeat(60), "c".repeat(60)]);
    }

    #[test]
    fn the_overlap_begins_at_a_sentence() {
        let text =
            "Alpha one two three. Beta four five six. Gamma seven eight nine. Delta ten eleven.";
        let chunks = cut(text, 50, 25);
        assert!(chunks.len() > 1);
        for pair in chunks.windows(2) {
            assert!(
                pair[1].char_span.0 < pair[0].char_span.1,
                "no overlap: {pair:?}"
            );
            let first = pair[1].text.split(' ').next().unwrap();
            assert!(["Beta", "Gamma", "Delta"].contains(&first), "{first}");
        }
    }

    #[test]
    fn a_chunk_is_on_the_page_of_what_it_adds() {
        let text = format!(
            "{} End of one.\n\nAll of two. {}",
            "a ".repeat(25),
            "b ".repeat(20)
        );
        let start = text.find("All").unwrap();
        let page = |start, page| Section {
            start,
            page: Some(page),
            ..Section::default()
        };
        let sections = vec![page(0, 1), page(start, 2)];
        let extracted = Extracted {
            text,
            sections,
            ..Extracted::default()
        };
        let chunks = recursive(
            &extracted,
            Chunking {
                size: 70,
                overlap: 20,
            },
        );
        assert!(chunks[1].text.contains("End of one."), "{chunks:?}");
        assert_eq!(chunks[1].page, Some(2));
    }

    #[test]
    fn a_chunk_is_under_the_headings_of_its_first_text() {
        let section = |start, path: &[&str]| Section {
            start,
            page: None,
            heading_path: path.iter().map(|&heading| heading.to_owned()).collect(),
        };
        let text = "# A\n\n## B\n\nText.\n\n## C\n\nMore.".to_owned();
        let sections = vec![
            section(0, &["A"]),
            section(5, &["A", "B"]),
            section(18, &["A", "C"]),
        ];
        let extracted = Extracted {
            text,
            sections,
            ..Extracted::default()
        };
        let size = |size| Chunking { size, overlap: 0 };
        assert_eq!(recursive(&extracted, size(100))[0].heading_path, ["A", "B"]);
    }

    #[test]
    fn no_chunk_adds_text_of_two_pages() {
        let page = |start, page| Section {
            start,
            page: Some(page),
            ..Section::default()
        };
        // The second page is blank.
        let text = "One one.\n\n \n\nThree three.".to_owned();
        let sections = vec![page(0, 1), page(10, 2), page(13, 3)];
        let extracted = Extracted {
            text,
            sections,
            ..Extracted::default()
        };
        for overlap in [0, 4] {
            let chunking = Chunking { size: 100, overlap };
            let chunks = recursive(&extracted, chunking);
            let pages: Vec<_> = chunks.iter().map(|chunk| chunk.page).collect();
            assert_eq!(pages, [Some(1), Some(3)], "{chunks:?}");
        }
    }

    #[test]
    fn a_chunk_knows_its_page_and_headings() {
        let text = format!("{}\n\n{}", "a".repeat(50), "b".repeat(50));
        let section = |start, page, heading: &str| Section {
            start,
            page: Some(page),
            heading_path: vec![heading.to_owned()],
        };
        let sections = vec![section(0, 1, "A"), section(52, 2, "B")];
        let extracted = Extracted {
            text,
            sections,
            ..Extracted::default()
        };
        let chunks = recursive(
            &extracted,
            Chunking {
                size: 60,
                overlap: 0,
            },
        );
        let found: Vec<_> = chunks
            .iter()
            .map(|c| (c.page, c.heading_path[0].as_str()))
            .collect();
        assert_eq!(found, [(Some(1), "A"), (Some(2), "B")]);
    }

    #[test]
    fn a_long_paragraph_takes_time_in_proportion() {
        // With time in proportion to its square this would not end today.
        let text = "w1 q. ".repeat(1_000_000);
        let chunks = cut(&text, 1000, 200);
        assert!(chunks.len() > 6_000, "{}", chunks.len());
        let marks = "\u{301}".repeat(500_000);
        let chunks = cut(&format!("a{marks}"), 1000, 200);
        let longest = chunks.iter().map(|chunk| chunk.text.chars().count()).max();
        assert!(longest <= Some(1000), "{longest:?}");
    }

    proptest! {
        #[test]
        fn spans_are_exact_cover_the_text_and_split_no_grapheme(
            text in "([a-zé漢字ا\u{301}👨‍👩‍👧 .\n]|\n\n|\\. ){0,400}",
            size in 1u32..80,
            overlap in 0u32..60,
        ) {
            let characters: Vec<char> = text.chars().collect();
            let boundaries: std::collections::HashSet<usize> =
                text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let longest = text.graphemes(true).map(|g| g.chars().count()).max().unwrap_or(0);
            let mut covered = 0;
            for (index, chunk) in cut(&text, size, overlap).iter().enumerate() {
                prop_assert_eq!(chunk.index as usize, index);
                let (start, end) = (chunk.char_span.0 as usize, chunk.char_span.1 as usize);
                let quoted: String = characters[start..end].iter().collect();
                prop_assert_eq!(&quoted, &chunk.text);
                prop_assert!(end - start <= (size as usize).max(longest), "{} > {}", end - start, size);
                // Trimming may take a space from under its mark; cutting may not.
                prop_assert!(boundaries.contains(&bytes[start]) || characters[start - 1].is_whitespace());
                let gap: String = characters[covered.min(start)..start].iter().collect();
                prop_assert!(gap.trim().is_empty(), "lost {:?}", gap);
                covered = covered.max(end);
            }
            let rest: String = characters[covered..].iter().collect();
            prop_assert!(rest.trim().is_empty(), "lost {:?}", rest);
        }
    }
}
