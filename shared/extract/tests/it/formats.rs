//! HTML, Markdown and plain text.

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::Limits;

use crate::{extractor, read, read_with, small};

const ARTICLE: &str = include_str!("fixtures/article.html");

#[tokio::test]
async fn the_main_content_without_the_furniture() {
    let extracted = read(Format::Html, ARTICLE.as_bytes()).await.unwrap();
    assert_eq!(extracted.engine, "main-content");
    assert_eq!(extracted.title.as_deref(), Some("Keeping bees on a roof"));
    for kept in ["quiet neighbours", "- a smoker", "Month | Work"] {
        assert!(
            extracted.text.contains(kept),
            "{kept} not in\n{}",
            extracted.text
        );
    }
    for left_out in ["Subscribe", "Cookies", "Imprint", "tracker"] {
        assert!(
            !extracted.text.contains(left_out),
            "{left_out} in\n{}",
            extracted.text
        );
    }
    let at = extracted.text.find("April").unwrap();
    let section = extracted
        .sections
        .iter()
        .rfind(|section| section.start <= at)
        .unwrap();
    assert_eq!(section.heading_path.last().unwrap(), "The year");
}

#[tokio::test]
async fn a_short_page_is_read_whole() {
    let page = "<!doctype html><title>Note</title><body><h2>Gate</h2><p>The code is 4711.";
    let extracted = read(Format::Html, page.as_bytes()).await.unwrap();
    assert!(extracted.text.contains("The code is 4711."));
    assert_eq!(extracted.title.as_deref(), Some("Note"));
}

#[tokio::test]
async fn the_encoding_of_a_page_is_found() {
    let page = ARTICLE.replace("<meta charset=\"utf-8\">", "<meta charset=\"iso-8859-1\">");
    let latin1: Vec<u8> = page
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert!(std::str::from_utf8(&latin1).is_err());
    let extracted = read(Format::Html, &latin1).await.unwrap();
    assert!(
        extracted.text.contains("Über den Dächern"),
        "{}",
        extracted.text
    );
}

#[tokio::test]
async fn text_formats_stay_as_they_are() {
    let source = "# Bees\r\n\r\nSome *text*.\r\n\r\n## Roof  \r\n\r\n| a | b |\r\n|---|---|\r\n";
    let extracted = read(Format::Md, source.as_bytes()).await.unwrap();
    assert_eq!(
        extracted.text,
        "# Bees\n\nSome *text*.\n\n## Roof\n\n| a | b |\n|---|---|"
    );
    assert_eq!(extracted.title.as_deref(), Some("Bees"));
    assert_eq!(extracted.sections[1].heading_path, ["Bees", "Roof"]);

    let utf16 = b"\xff\xfeH\0i\0\n\0";
    assert_eq!(read(Format::Txt, utf16).await.unwrap().text, "Hi");
    assert_eq!(
        read(Format::Txt, b" \n\t ").await,
        Err(FailureCode::EmptyDocument)
    );
    assert_eq!(
        read(Format::Txt, "\u{feff}\u{a0}".as_bytes()).await,
        Err(FailureCode::EmptyDocument)
    );
    assert_eq!(
        read(
            Format::Html,
            b"<html><body><script>x()</script></body></html>"
        )
        .await,
        Err(FailureCode::EmptyDocument)
    );
}

#[tokio::test]
async fn too_much_text_is_refused() {
    let extractor = extractor().with_limits(Limits {
        output_bytes: 1000,
        ..small()
    });
    let at_limit = "x".repeat(1000);
    assert!(
        read_with(&extractor, Format::Txt, at_limit.as_bytes())
            .await
            .is_ok()
    );
    assert_eq!(
        read_with(&extractor, Format::Txt, "x".repeat(1001).as_bytes()).await,
        Err(FailureCode::TextTooLarge)
    );
}
