//! The recursive strategy, which is the default.

use dynrag_domain::{
    chunks::{Chunk, Extracted, Section},
    config::Chunking,
};

fn recursive(extracted: &Extracted, chunking: Chunking) -> Vec<Chunk> {
    super::cut(extracted, chunking)
}

fn sizes(size: u32, overlap: u32) -> Chunking {
    Chunking {
        size,
        overlap,
        ..Chunking::default()
    }
}

fn cut(text: &str, size: u32, overlap: u32) -> Vec<Chunk> {
    recursive(&super::extracted(text, &[]), sizes(size, overlap))
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
    let text = "Alpha one two three. Beta four five six. Gamma seven eight nine. Delta ten eleven.";
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
    let chunks = recursive(&extracted, sizes(70, 20));
    assert!(chunks[1].text.contains("End of one."), "{chunks:?}");
    assert_eq!(chunks[1].page, Some(2));
}

#[test]
fn a_chunk_is_under_the_headings_that_all_of_it_is_under() {
    let path_of = |text: &str| {
        let mut sections = Vec::new();
        let mut above: Vec<String> = Vec::new();
        for (start, _) in text.match_indices('#') {
            if start > 0 && text.as_bytes()[start - 1] == b'#' {
                continue;
            }
            let line = text[start..].lines().next().unwrap();
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            above.truncate(level - 1);
            above.push(line[level..].trim().to_owned());
            sections.push(Section {
                start,
                page: None,
                heading_path: above.clone(),
            });
        }
        let extracted = Extracted {
            text: text.to_owned(),
            sections,
            ..Extracted::default()
        };
        let chunks = recursive(&extracted, sizes(1000, 0));
        assert_eq!(chunks.len(), 1);
        chunks[0].heading_path.join(" > ")
    };
    for (text, path) in [
        // One section; headings without text of their own are part of its path.
        ("# A\n\n## B\n\nText.", "A > B"),
        ("# A\n\n## B\n\nText.\n\n## C\n\nMore.", "A"),
        ("# A\n\n## B\n\n### C\n\nText.\n\n### D\n\nMore.", "A > B"),
        ("# A\n\nText.\n\n## B\n\nMore.", "A"),
        ("# A\n\nText.\n\n# B\n\nMore.", ""),
        ("Before.\n\n# A\n\nText.", ""),
        // The text of the last heading is in the next chunk.
        ("# A\n\n## B\n\nText.\n\n## C", "A > B"),
        // Only headings.
        ("# A\n\n## B", "A > B"),
    ] {
        assert_eq!(path_of(text), path, "{text}");
    }
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
        let chunking = sizes(100, overlap);
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
    let chunks = recursive(&extracted, sizes(60, 0));
    let found: Vec<_> = chunks
        .iter()
        .map(|c| (c.page, c.heading_path[0].as_str()))
        .collect();
    assert_eq!(found, [(Some(1), "A"), (Some(2), "B")]);
}
