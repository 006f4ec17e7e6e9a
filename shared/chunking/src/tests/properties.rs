//! Properties that hold for every text, strategy and unit.

use std::collections::HashSet;

use dynrag_domain::{
    chunks::{Extracted, Section, parent_text},
    config::{Strategy, Unit},
};
use proptest::{prelude::*, strategy::Strategy as Generator};
use unicode_segmentation::UnicodeSegmentation;

use super::{chunking, cut, length};
use crate::{graphemes::MAX_GRAPHEME, measure::Measure};

/// Pieces of text in several scripts, of code, and of special cases of the token pattern.
const BITS: &[&str] = &[
    "a",
    "B",
    "é",
    "e\u{301}",
    "ß",
    "ſ",
    "the",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\u{a0}",
    ". ",
    "! ",
    "? ",
    ", ",
    "'s",
    "'LL ",
    "'",
    "(",
    "word",
    " word",
    "--",
    "…",
    "1",
    "12",
    "2026",
    "½",
    "٣",
    "漢",
    "漢字",
    "これは",
    "。",
    "，",
    "、",
    "مرحبا",
    "السلام عليكم. ",
    "؟ ",
    "،",
    "العَرَبِيَّة",
    "क्षि",
    "हिन्दी। ",
    "ไทย",
    "👨‍👩‍👧",
    "👍🏽",
    "🇫🇷",
    "🇩🇪🇺",
    "\u{200d}",
    "\u{301}\u{302}\u{323}",
    "\u{3000}",
    "```\n",
    "| a | b |\n| --- | --- |\n",
    "# H\n\n",
    "fn main() {\n    let x = 1;\n}\n",
    "L'été, où l'on s'aime. ",
    "antidisestablishmentarianism ",
    "x\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "0123456789",
];

fn text() -> impl Generator<Value = String> {
    let bits = prop::collection::vec(prop::sample::select(BITS), 0..160);
    prop_oneof![
        4 => bits.prop_map(|bits| bits.concat()),
        1 => any::<String>(),
        1 => (prop::sample::select(BITS), 1..200usize, prop::sample::select(BITS), 1..40usize)
            .prop_map(|(a, n, b, m)| format!("{}{}", a.repeat(n), b.repeat(m)).repeat(2)),
    ]
}

/// A text with some pages and headings.
fn document() -> impl Generator<Value = Extracted> {
    let marks = prop::collection::vec((any::<prop::sample::Index>(), 0..3u32, 0..3usize), 0..6);
    (text(), marks).prop_map(|(text, marks)| {
        // Pages and headings begin blocks.
        let places: Vec<usize> = text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let mut starts: Vec<_> = marks
            .iter()
            .map(|(at, pages, headings)| (*at.get(&places), *pages, *headings))
            .collect();
        starts.sort_unstable();
        let mut page = 0;
        let sections = starts
            .into_iter()
            .map(|(start, pages, headings)| {
                page += pages;
                Section {
                    start,
                    page: (page > 0).then_some(page),
                    heading_path: ["A", "B"][..headings]
                        .iter()
                        .map(|&h| h.to_owned())
                        .collect(),
                }
            })
            .collect();
        Extracted {
            text,
            sections,
            ..Extracted::default()
        }
    })
}

/// Grapheme boundaries, and all positions within graphemes that may be cut.
fn cuttable(text: &str, size: usize, unit: Unit) -> HashSet<usize> {
    let mut places = HashSet::from([text.len()]);
    for (at, grapheme) in text.grapheme_indices(true) {
        places.insert(at);
        if grapheme.chars().count() > MAX_GRAPHEME || length(grapheme, unit) > size {
            places.extend(grapheme.char_indices().map(|(inner, _)| at + inner));
        }
    }
    places
}

/// The page of a byte.
fn page(extracted: &Extracted, at: usize) -> Option<u32> {
    let before = extracted
        .sections
        .iter()
        .rfind(|section| section.start <= at);
    before.and_then(|section| section.page)
}

fn check(
    extracted: &Extracted,
    strategy: Strategy,
    unit: Unit,
    size: u32,
    overlap: u32,
) -> Result<(), TestCaseError> {
    let chunking = chunking(strategy, unit, size, overlap);
    let chunks = cut(extracted, chunking);
    prop_assert_eq!(&chunks, &cut(extracted, chunking));
    let text = extracted.text.as_str();
    let places: Vec<(usize, char)> = text.char_indices().collect();
    let byte = |at: usize| places.get(at).map_or(text.len(), |(byte, _)| *byte);
    let cuttable = cuttable(text, size as usize, unit);
    let (mut covered, mut last) = (0, 0);
    for (index, chunk) in chunks.iter().enumerate() {
        prop_assert_eq!(chunk.index as usize, index);
        let (start, end) = (chunk.char_span.0 as usize, chunk.char_span.1 as usize);
        prop_assert_eq!(&text[byte(start)..byte(end)], &chunk.text);
        prop_assert_eq!(chunk.text.trim(), &chunk.text);
        prop_assert!(!chunk.text.is_empty());
        let length = length(&chunk.text, unit);
        prop_assert!(
            length <= size as usize,
            "{} > {} in {:?}",
            length,
            size,
            chunk.text
        );
        // Trimming may separate a space from its mark; cutting may not.
        let spaced = start > 0 && places[start - 1].1.is_whitespace();
        prop_assert!(
            cuttable.contains(&byte(start)) || spaced,
            "begins with part of a grapheme: {:?}",
            chunk.text
        );
        prop_assert!(
            cuttable.contains(&byte(end)),
            "ends with part of a grapheme: {:?}",
            chunk.text
        );
        prop_assert!(start >= last && end > covered, "not in order");
        if start > covered {
            let gap = &text[byte(covered)..byte(start)];
            prop_assert!(gap.trim().is_empty(), "lost {:?}", gap);
        }
        let repeats =
            overlap > 0 && !matches!(strategy, Strategy::Semantic | Strategy::ParentChild);
        prop_assert!(repeats || start >= covered, "repeats");
        let fresh = places[covered.max(start)..end]
            .iter()
            .filter(|(_, character)| !character.is_whitespace());
        let pages: HashSet<_> = fresh.map(|(at, _)| page(extracted, *at)).collect();
        prop_assert_eq!(pages.len(), 1, "adds text of two pages: {:?}", chunk.text);
        prop_assert_eq!(chunk.parent.is_some(), strategy == Strategy::ParentChild);
        (covered, last) = (end, start);
    }
    let rest = &text[byte(covered)..];
    prop_assert!(rest.trim().is_empty(), "lost {:?}", rest);
    for (index, children) in chunks.chunk_by(|a, b| a.parent == b.parent).enumerate() {
        let Some(parent) = children[0].parent else {
            continue;
        };
        prop_assert_eq!(parent as usize, index);
        let span =
            children[0].char_span.0 as usize..children[children.len() - 1].char_span.1 as usize;
        let whole = &text[byte(span.start)..byte(span.end)];
        prop_assert!(length(whole, unit) <= size as usize);
        let joined = parent_text(
            children
                .iter()
                .map(|child| (child.text.as_str(), child.char_span)),
        );
        let words = |text: &str| {
            text.chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
        };
        prop_assert_eq!(words(&joined), words(whole));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_chunk_fits_is_quoted_exactly_and_splits_no_grapheme_and_nothing_is_lost(
        extracted in document(),
        strategy in prop::sample::select(Strategy::ALL),
        unit in prop::sample::select(Unit::ALL),
        // A character has at most four tokens.
        size in 4u32..120,
        overlap in 0u32..60,
    ) {
        check(&extracted, strategy, unit, size, overlap)?;
    }

    #[test]
    fn tokens_of_any_stretch_are_those_of_its_text_alone(
        text in text(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 2..12),
    ) {
        let mut places: Vec<usize> = places
            .iter()
            .map(|at| text.floor_char_boundary(at.index(text.len() + 1)))
            .collect();
        places.sort_unstable();
        for unit in Unit::ALL {
            let measure = Measure::new(&text, *unit);
            let start = places[0];
            let mut ruler = measure.from(start);
            for end in &places {
                let stretch = &text[start..*end];
                prop_assert_eq!(ruler.to(*end), length(stretch.trim(), *unit), "{:?}", stretch);
            }
        }
    }

    #[test]
    fn fixed_windows_and_their_overlaps_are_as_large_as_they_can_be(
        text in text(),
        unit in prop::sample::select(Unit::ALL),
        size in 100u32..200,
        overlap in 0u32..50,
    ) {
        let extracted = super::extracted(&text, &[]);
        let chunks = cut(&extracted, chunking(Strategy::Fixed, unit, size, overlap));
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for pair in chunks.windows(2) {
            let (first, second) = (pair[0].char_span, pair[1].char_span);
            let (start, end) = (bytes[first.0 as usize], bytes[first.1 as usize]);
            // With the text up to and including the next grapheme it would be too large.
            let blank = text[end..].len() - text[end..].trim_start().len();
            let next = text[end + blank..].graphemes(true).next().unwrap_or_default();
            let more = length(&text[start..end + blank + next.len()], unit);
            prop_assert!(more > size as usize || next.chars().count() > 1, "{} of {}: {:?}", more, size, pair);
            if second.0 < first.1 {
                let repeated = &text[bytes[second.0 as usize]..end];
                prop_assert!(length(repeated, unit) <= overlap as usize, "{:?}", repeated);
            }
        }
    }
}
