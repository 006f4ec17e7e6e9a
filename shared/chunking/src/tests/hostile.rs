//! Texts that take quadratic time if they are scanned repeatedly.

use dynrag_domain::config::{Strategy, Unit};

use super::{chunking, cut, extracted, length};

/// Characters of each text: with quadratic time these tests would not finish.
const CHARACTERS: usize = 200_000;

fn ends(begin: &str, repeated: &str, end: &str) {
    let count = CHARACTERS / repeated.chars().count();
    let text = format!("{begin}{}{end}", repeated.repeat(count));
    let extracted = extracted(&text, &[]);
    for unit in Unit::ALL {
        for strategy in Strategy::ALL {
            let chunks = cut(&extracted, chunking(*strategy, *unit, 1000, 200));
            let longest = chunks.iter().map(|chunk| length(&chunk.text, *unit)).max();
            assert!(longest <= Some(1000), "{strategy:?} {unit:?}: {longest:?}");
        }
    }
}

#[test]
fn a_long_paragraph() {
    ends("", "w1 q. ", "");
}

#[test]
fn one_line_without_an_end() {
    ends("", "some words, ", "");
}

#[test]
fn one_word() {
    ends("", "a", "");
}

#[test]
fn letters_of_no_word() {
    ends("", "qzjxvk", "");
}

#[test]
fn digits() {
    ends("", "7", "");
}

#[test]
fn line_ends_alone() {
    ends("", "\n", "");
}

#[test]
fn line_ends_between_two_words() {
    ends("a", "\n", "b");
}

#[test]
fn blanks_between_two_words() {
    ends("a", " ", "b");
}

#[test]
fn marks_that_combine() {
    ends("a", "\u{301}", "");
}

#[test]
fn flags() {
    ends("", "🇫🇷", "");
}

#[test]
fn full_stops_without_a_blank() {
    ends("", "。", "");
}

#[test]
fn fences_that_are_not_closed() {
    ends("", "```a\n\n", "");
}

#[test]
fn headings_of_nothing() {
    ends("", "# \n\n", "");
}
