//! Malicious presentations, and ones with broken parts.

use std::collections::BTreeMap;

use dynrag_domain::{
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::Limits;

use crate::{
    extractor,
    hostile::{Numbers, mutant, soaking},
    read, read_with,
    slides_file::{Slide, chart, deck, everything, frame, packed, part, parts, root, text_box},
    small,
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
    // A cell that claims to span millions, and a number that would need as many letters.
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

/// Replaces one quoted value or word of the XML by another.
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

#[tokio::test]
async fn a_slide_and_its_comments_are_read_once() {
    let long = "word ".repeat(1_000);
    let comments = root("p:cmLst", &format!("<p:cm><p:text>{long}</p:text></p:cm>"));
    let first = Slide::new(text_box("One")).linked("c", "comments", "c.xml");
    let second = Slide::new(text_box("Two")).linked("c", "comments", "C.xml");
    let mut all = parts(&[first, second], vec![part("c.xml", comments)]);
    let main = all
        .iter_mut()
        .find(|(name, _)| name == "ppt/presentation2.xml");
    let (_, main) = main.unwrap();
    let again = r#"<p:sldId id="9" r:id="rId0"/>"#.repeat(100);
    *main = main.replace("</p:sldIdLst>", &format!("{again}</p:sldIdLst>"));
    let read = read(Format::Pptx, &packed(&all)).await.unwrap();
    assert_eq!(
        read.text,
        format!("One\n\nComments:\n{}\n\nTwo", long.trim_end())
    );
    assert_eq!(read.pages, Some(102));
    assert_eq!(read.warnings.count(WarningCode::PartsUnreadable), 101);
}

#[tokio::test]
async fn a_chart_is_repeated_within_the_budget() {
    let long = "long ".repeat(10_000);
    let graphic = frame(r#"<c:chart r:id="c"/>"#);
    let slide = Slide::new(graphic.repeat(100)).linked("c", "chart", "chart.xml");
    let chart = chart(&long, "Sold", &[("May", "1")]);
    let file = deck(&[slide], vec![part("chart.xml", chart)]);
    let large = extractor().with_limits(Limits {
        output_bytes: 32 << 20,
        ..small()
    });
    let read = read_with(&large, Format::Pptx, &file).await.unwrap();
    // 2 MB of copies of 50,000 bytes, and the chart itself.
    assert_eq!(read.text.matches("| May | 1 |").count(), 42);
    assert_eq!(read.warnings.count(WarningCode::TableCut), 58);
}

#[tokio::test]
async fn texts_inside_of_texts_are_read_once() {
    let nested = |open: &str, close: &str| format!("{}word{}", open.repeat(60), close.repeat(60));
    let comments = nested("<p:cm><p:text>", "</p:text></p:cm>");
    let comments = root("p:cmLst", &comments);
    let shapes = nested(
        "<dgm:sp><dgm:txBody><a:p><a:r><a:t>",
        "</a:t></a:r></a:p></dgm:txBody></dgm:sp>",
    );
    let drawing = root("dgm:drawing", &shapes);
    let slide = Slide::new(frame(r#"<dgm:relIds r:dm="d"/>"#))
        .linked("c", "comments", "c.xml")
        .linked("d", "diagramData", "d.xml");
    let more = vec![part("c.xml", comments), part("d.xml", drawing)];
    let read = read(Format::Pptx, &deck(&[slide], more)).await.unwrap();
    assert_eq!(read.text, "word\n\nComments:\nword");
}
