//! Presentations made to harm, and ones that are broken inside their parts.

use std::collections::BTreeMap;

use dynrag_domain::documents::{FailureCode, Format};

use crate::{
    extractor,
    hostile::{Numbers, mutant, soaking},
    read, read_with,
    slides_file::{Slide, deck, everything, frame, packed, text_box},
};

#[tokio::test]
async fn deep_and_wide_decks_end_in_a_name() {
    let deep = |depth: usize| {
        Slide::new(format!(
            "{}{}{}",
            "<p:grpSp>".repeat(depth),
            text_box("The bottom"),
            "</p:grpSp>".repeat(depth)
        ))
    };
    let read_one = |slide: Slide| async move {
        let read = read(Format::Pptx, &deck(&[slide], Vec::new())).await;
        read.map(|read| read.text)
    };
    assert_eq!(read_one(deep(490)).await.as_deref(), Ok("The bottom"));
    assert_eq!(read_one(deep(100_000)).await, Err(FailureCode::CorruptFile));
    // A cell that says it spans millions, and a number whose letters would be.
    let cell = r#"<a:tc gridSpan="4000000" rowSpan="4000000"><a:txBody><a:p><a:pPr><a:buAutoNum type="alphaLcPeriod" startAt="4000000000"/></a:pPr><a:r><a:t>x</a:t></a:r></a:p></a:txBody></a:tc>"#;
    let table = format!(
        "<a:tbl>{}</a:tbl>",
        format!("<a:tr>{cell}{cell}</a:tr>").repeat(50)
    );
    let text = read_one(Slide::new(frame(&table))).await.unwrap();
    assert!(text.len() < 100_000, "{}", text.len());
}

/// Breaks the XML of single parts, which the zip's checksums would not let through in a broken file.
#[tokio::test]
async fn mutants_of_parts_end_in_a_type() {
    let sound = everything();
    let text = read(Format::Pptx, &packed(&sound)).await.unwrap().text;
    for said in [
        "IV. one",
        "| cell |",
        "#N/A",
        "- First",
        "A duck",
        "A note",
        "Ann: A comment",
    ] {
        assert!(text.contains(said), "{said} not in\n{text}");
    }
    let extractor = extractor();
    let mut numbers = Numbers(11);
    let mut ends = BTreeMap::new();
    for _ in 0..if soaking() { 6_000 } else { 150 } {
        let mut parts = sound.clone();
        let at = numbers.below(parts.len());
        let (_, content) = &mut parts[at];
        // Half of them stay well formed: other names, values and orders.
        *content = if numbers.below(2) == 0 {
            reworded(content, &mut numbers)
        } else {
            String::from_utf8_lossy(&mutant(content.as_bytes(), &mut numbers)).into_owned()
        };
        let end = match read_with(&extractor, Format::Pptx, &packed(&parts)).await {
            Ok(_) => "text",
            Err(code) => code.as_str(),
        };
        *ends.entry(end).or_insert(0) += 1;
    }
    println!("{ends:?}");
    let typed = ["text", "corrupt_file", "empty_document", "unsupported_type"];
    assert!(ends.keys().all(|end| typed.contains(end)), "{ends:?}");
}

/// Puts one quoted value or word of the XML in place of another.
fn reworded(content: &str, numbers: &mut Numbers) -> String {
    let mut pieces: Vec<&str> = content.split('"').collect();
    let (from, to) = (numbers.below(pieces.len()), numbers.below(pieces.len()));
    if from % 2 == 1 && to % 2 == 1 {
        let odd = ["4294967295", "-1", "", "rId0", "0"];
        pieces[to] = if numbers.below(2) == 0 {
            odd[numbers.below(odd.len())]
        } else {
            pieces[from]
        };
    }
    pieces.join("\"")
}
