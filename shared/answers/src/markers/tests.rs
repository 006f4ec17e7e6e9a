use proptest::prelude::*;

use super::*;

fn cited(answer: &str) -> (String, Vec<usize>) {
    let marked = markers(answer, 3);
    for citation in &marked.citations {
        let marker: String = marked
            .text
            .chars()
            .skip(citation.start)
            .take(citation.end - citation.start)
            .collect();
        assert_eq!(marker, format!("[{}]", citation.source));
    }
    (
        marked.text,
        marked
            .citations
            .iter()
            .map(|citation| citation.source)
            .collect(),
    )
}

const CASES: &[(&str, &str, &[usize])] = &[
    ("Two years [1].", "Two years [1].", &[1]),
    ("Two years [1][2].", "Two years [1][2].", &[1, 2]),
    ("Two years [2, 3].", "Two years [2][3].", &[2, 3]),
    ("Two years [1-3]", "Two years [1][2][3]", &[1, 2, 3]),
    ("两年【1】。", "两年[1]。", &[1]),
    ("两年［１，２］。", "两年[1][2]。", &[1, 2]),
    ("سنتان [٢]، نعم", "سنتان [2]، نعم", &[2]),
    ("Two years [1†source].", "Two years [1].", &[1]),
    ("Two years 【2:0†manual.pdf】.", "Two years [2].", &[2]),
    ("Two years [^3].", "Two years [3].", &[3]),
    // What names no source goes, with the space before it.
    ("Two years [9].", "Two years.", &[]),
    ("Two years [0] and [4] more", "Two years and more", &[]),
    ("Two years [1, 9].", "Two years [1].", &[1]),
    ("Two years [1, 1].", "Two years [1].", &[1]),
    ("Two years [1][2] [1].", "Two years [1][2] [1].", &[1, 2, 1]),
    ("Two years [1][1].", "Two years [1].", &[1]),
    ("Two years [[1]].", "Two years.", &[]),
    ("Two years [1 [2]].", "Two years.", &[]),
    // Half a marker at the end.
    ("Two years [1", "Two years", &[]),
    ("Two years [", "Two years", &[]),
    // No markers.
    ("- [ ] to do", "- [ ] to do", &[]),
    ("[see [1]]", "[see [1]]", &[1]),
    (
        "[text](https://a.example)",
        "[text](https://a.example)",
        &[],
    ),
    ("`a[1]` and a[1]", "`a[1]` and a[1]", &[1]),
    ("```\na[1]\n```\nb[1]", "```\na[1]\n```\nb[1]", &[1]),
    ("\\[1] is text", "\\[1] is text", &[]),
    ("[99999999999999999999]", "", &[]),
    ("a  b ", "a  b ", &[]),
    ("[1\n2]", "[1\n2]", &[]),
    ("x [] [,] y", "x [] [,] y", &[]),
];

#[test]
fn markers_are_normalised_or_dropped() {
    for (answer, text, sources) in CASES {
        assert_eq!(
            cited(answer),
            ((*text).to_owned(), sources.to_vec()),
            "{answer}"
        );
    }
}

#[test]
fn every_split_at_two_bytes_gives_what_the_whole_gives() {
    for (answer, ..) in CASES {
        let whole = markers(answer, 3);
        let bytes = answer.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut filter = MarkerFilter::new(3);
                let mut all = Marked::default();
                for piece in [&bytes[..first], &bytes[first..second], &bytes[second..]] {
                    let piece = filter.push_bytes(piece);
                    assert!(
                        whole
                            .text
                            .starts_with(&format!("{}{}", all.text, piece.text)),
                        "{answer}"
                    );
                    all.text.push_str(&piece.text);
                    all.citations.extend(piece.citations);
                }
                let rest = filter.finish();
                all.text.push_str(&rest.text);
                all.citations.extend(rest.citations);
                assert_eq!(all, whole, "{answer} at {first} and {second}");
            }
        }
    }
}

#[test]
fn a_bracket_without_end_is_let_go() {
    let answer = format!("a [{} b", "1,".repeat(100));
    assert_eq!(cited(&answer).0, answer);
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_gives_what_the_whole_gives(
        pieces in prop::collection::vec("[\\[\\]【】0-9†, `\n\\\\a。é^-]{0,6}", 0..12),
    ) {
        let mut filter = MarkerFilter::new(3);
        let mut all = Marked::default();
        for piece in &pieces {
            let piece = filter.push(piece);
            all.text.push_str(&piece.text);
            all.citations.extend(piece.citations);
        }
        let rest = filter.finish();
        all.text.push_str(&rest.text);
        all.citations.extend(rest.citations);
        prop_assert_eq!(all, markers(&pieces.concat(), 3));
    }
}

#[test]
fn markers_can_be_taken_out() {
    let text = "It lasts 2 years [1][12]. See [a] and [3";
    assert_eq!(without_markers(text), "It lasts 2 years. See [a] and [3");
}
