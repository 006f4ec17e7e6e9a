//! Each strategy on realistic text.

use std::collections::HashMap;

use dynrag_domain::{
    chunks::{Extracted, parent_text},
    config::{Strategy, Unit},
};

use super::{chunking, cut, extracted, length, texts};
use crate::{Plan, plan};

fn characters(extracted: &Extracted, strategy: Strategy, size: u32, overlap: u32) -> Vec<String> {
    let chunks = cut(
        extracted,
        chunking(strategy, Unit::Characters, size, overlap),
    );
    chunks.into_iter().map(|chunk| chunk.text).collect()
}

#[test]
fn fixed_windows_are_exact_and_stay_on_their_page() {
    let text = extracted("abcdefghijklmnopqrstuvwxyz", &[(20, Some(2), &[])]);
    let windows = characters(&text, Strategy::Fixed, 10, 4);
    assert_eq!(windows, ["abcdefghij", "ghijklmnop", "mnopqrst", "uvwxyz"]);
    let family = extracted("abcdefgh👨‍👩‍👧ij", &[]);
    let windows = characters(&family, Strategy::Fixed, 10, 0);
    assert_eq!(windows, ["abcdefgh", "👨‍👩‍👧ij"]);
}

#[test]
fn fixed_windows_have_exact_tokens() {
    let text = extracted(
        &"the quick brown fox jumps over lazy dogs. ".repeat(20),
        &[],
    );
    let chunks = cut(&text, chunking(Strategy::Fixed, Unit::Tokens, 50, 10));
    let (_, all_but_last) = chunks.split_last().unwrap();
    assert!(chunks.len() > 3);
    for pair in chunks.windows(2) {
        let start = pair[1].char_span.0 as usize;
        let repeated = &text.text[start..pair[0].char_span.1 as usize];
        assert_eq!(length(repeated, Unit::Tokens), 10, "{repeated:?}");
    }
    for chunk in all_but_last {
        assert_eq!(length(&chunk.text, Unit::Tokens), 50);
    }
}

#[test]
fn paragraphs_code_and_tables_stay_whole() {
    let code = "```\nfn a() {}\n\nfn b() {}\n```";
    let table = "| a | b |\n| --- | --- |\n| 1 | 2 |";
    let text = extracted(&format!("One two three.\n\n{code}\n\n{table}\n\nEnd."), &[]);
    let chunks = characters(&text, Strategy::Paragraph, 50, 0);
    assert_eq!(
        chunks,
        [
            format!("One two three.\n\n{code}"),
            format!("{table}\n\nEnd.")
        ]
    );
}

#[test]
fn an_overlap_of_paragraphs_is_whole_paragraphs_or_sentences() {
    let text = extracted(
        "First one is here.\n\nSecond.\n\nThird one is here too.",
        &[],
    );
    let chunks = characters(&text, Strategy::Paragraph, 32, 12);
    assert_eq!(
        chunks,
        [
            "First one is here.\n\nSecond.",
            "Second.\n\nThird one is here too."
        ]
    );
    let text = extracted("A first one. Yes.\n\nAnother paragraph is here.", &[]);
    let chunks = characters(&text, Strategy::Paragraph, 36, 10);
    assert_eq!(
        chunks,
        ["A first one. Yes.", "Yes.\n\nAnother paragraph is here."]
    );
}

#[test]
fn a_section_is_a_chunk_and_small_ones_take_in_what_follows() {
    let (a, b, c) = (
        "# A\n\n",
        format!("## B\n\n{}\n\n", "b ".repeat(20)),
        format!("## C\n\n{}\n\n", "c ".repeat(20)),
    );
    let text = format!("{a}{b}{c}# D\n\nd\n\n# E\n\ne");
    let start = |heading: &str| text.find(heading).unwrap();
    let sections: [(usize, Option<u32>, &[&str]); 5] = [
        (0, None, &["A"]),
        (start("## B"), None, &["A", "B"]),
        (start("## C"), None, &["A", "C"]),
        (start("# D"), None, &["D"]),
        (start("# E"), None, &["E"]),
    ];
    let document = extracted(&text, &sections);
    let chunks = cut(
        &document,
        chunking(Strategy::Markdown, Unit::Characters, 100, 20),
    );
    let whole = [format!("{a}{b}"), c, "# D\n\nd\n\n# E\n\ne".to_owned()];
    assert_eq!(texts(&chunks), whole.each_ref().map(|chunk| chunk.trim()));
    assert_eq!(chunks[0].heading_path, ["A", "B"]);
    assert_eq!(chunks[1].heading_path, ["A", "C"]);
}

#[test]
fn a_long_section_is_cut_by_itself_and_its_code_stays_whole() {
    let code = "```\nlet a = 1;\n\nlet b = 2;\n```";
    let text = format!(
        "# A\n\n{}\n\n{code}\n\n# B\n\nShort.",
        "Words are here. ".repeat(5)
    );
    let sections: [(usize, Option<u32>, &[&str]); 2] =
        [(0, None, &["A"]), (text.find("# B").unwrap(), None, &["B"])];
    let document = extracted(&text, &sections);
    let chunks = characters(&document, Strategy::Markdown, 60, 0);
    assert!(
        chunks.iter().any(|chunk| chunk.contains(code)),
        "{chunks:?}"
    );
    assert_eq!(chunks.last().unwrap(), "# B\n\nShort.");
}

#[test]
fn children_are_quarters_and_know_their_parent() {
    let text = "A sentence of some words is here. ".repeat(60);
    let document = extracted(&text, &[]);
    let chunks = cut(
        &document,
        chunking(Strategy::ParentChild, Unit::Characters, 800, 0),
    );
    assert!(chunks.iter().all(|chunk| chunk.text.chars().count() <= 200));
    let parents: Vec<_> = chunks.chunk_by(|a, b| a.parent == b.parent).collect();
    assert_eq!(parents.len(), 3);
    let first = parent_text(parents[0].iter().map(|c| (c.text.as_str(), c.char_span)));
    assert!(first.len() > 700);
    assert_eq!(first.replace('\n', " "), text[..first.len()]);
}

#[test]
fn a_chunk_ends_where_the_subject_changes() {
    let cats = [
        "Cats purr at night.",
        "Cats like fish.",
        "Cats sleep all day.",
        "Cats climb trees.",
    ];
    let taxes = [
        "Taxes are due in May.",
        "Taxes fund roads.",
        "Taxes rise.",
        "Taxes have forms.",
    ];
    let text = format!("{} {}", cats.join(" "), taxes.join(" "));
    let document = extracted(&text, &[]);
    let Plan::NeedsVectors(semantic) = plan(
        &document,
        chunking(Strategy::Semantic, Unit::Characters, 500, 0),
    ) else {
        panic!("vectors are needed");
    };
    assert_eq!(texts(semantic.groups()), [cats, taxes].concat());
    let mut vectors = HashMap::new();
    for (index, group) in semantic.groups().iter().enumerate() {
        let noise = index as f32 / 100.0;
        let vector = if group.text.starts_with("Cats") {
            vec![1.0, noise]
        } else {
            vec![noise, 1.0]
        };
        vectors.insert(group.text_hash.clone(), vector);
    }
    let chunks = semantic.cut(&vectors).unwrap();
    assert_eq!(texts(&chunks), [cats.join(" "), taxes.join(" ")]);
    vectors.remove(&semantic.groups()[0].text_hash);
    assert!(semantic.cut(&vectors).is_err());
}

#[test]
fn a_text_is_embedded_in_some_hundreds_of_groups_or_not_at_all() {
    let groups = |characters: usize| {
        let document = extracted(&"A sentence that is here. ".repeat(characters / 25), &[]);
        match plan(
            &document,
            chunking(Strategy::Semantic, Unit::Characters, 1000, 0),
        ) {
            Plan::NeedsVectors(semantic) => Some(semantic.groups().len()),
            Plan::Ready(_) => None,
        }
    };
    assert_eq!(groups(2_500), Some(100));
    assert!(groups(400_000).is_some_and(|groups| (400..=900).contains(&groups)));
    assert_eq!(groups(1_000_000), None);
    assert_eq!(groups(25), None);
}
