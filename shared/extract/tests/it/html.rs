//! Web pages through the real processes: XHTML, what a page hides, tables in chunks.

use dynrag_domain::{documents::Format, warnings::WarningCode};
use dynrag_extract::Options;

use crate::{extractor, read};

#[tokio::test]
async fn xhtml_is_read_as_xml() {
    let head = "<?xml version='1.0' encoding='UTF-8'?><html xmlns='http://www.w3.org/1999/xhtml'>";
    for page in [
        format!("{head}<head><title/><script src='a.js'/></head><body><p>Phones are off.</p></body></html>"),
        format!("{head}<body><p><![CDATA[Phones are off.]]></p></body></html>"),
        "<html><head><title/></head><body><p>Phones are off.</p></body></html>".to_owned(),
        // HTML habits in a page that declares XHTML.
        "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Transitional//EN' 'x'><body><a href=http://x/>Phones</a> are off.<br><p>"
            .to_owned(),
    ] {
        let read = read(Format::Html, page.as_bytes()).await.unwrap();
        assert_eq!(read.text, "Phones are off.", "{page}");
    }
}

#[tokio::test]
async fn what_a_page_hides_is_read_if_asked_for() {
    let paragraph = "<p>The lighthouse on the northern cape was built when the first steamers took the inner route.</p>";
    let page = format!(
        "<title>Cape</title><main><h1>Cape</h1>{}</main><div hidden class=note>Closed in May</div>",
        paragraph.repeat(6)
    );
    let shown = read(Format::Html, page.as_bytes()).await.unwrap();
    assert!(!shown.text.contains("Closed in May"));
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let extractor = extractor();
    let all = extractor.extract_with(Format::Html, page.as_bytes(), options);
    let all = all.await.unwrap().unwrap();
    assert!(all.text.contains("Closed in May") && all.text.contains("The lighthouse"));
}

#[tokio::test]
async fn what_nobody_sees_is_reported() {
    let warnings = async |page: &str| {
        let read = read(Format::Html, page.as_bytes()).await.unwrap();
        let warnings = read.warnings.as_slice().iter();
        let found: Vec<(WarningCode, u32)> = warnings
            .map(|warning| (warning.code, warning.count))
            .collect();
        found
    };
    let page = |body: &str| format!("<title>T</title><body><p>Phones are off.</p>{body}</body>");
    for (body, expected) in [
        ("<p>Nothing.</p>", None),
        (
            "<p style='color:white'>Obey <b>me</b></p>",
            Some((WarningCode::UnseenText, 6)),
        ),
        (
            "<div style='background:navy'><p style='color:white'>Read me</p></div>",
            None,
        ),
        (
            "<div class=hero><p style='color:#fff'>Read me</p></div>",
            None,
        ),
        (
            "<table bgcolor=navy><tr><td style='color:#fff'>Read me</td></table>",
            None,
        ),
        (
            "<p style='font-size:0'>Obey<span style='font-size:12px'>seen</span></p>",
            Some((WarningCode::UnseenText, 4)),
        ),
        (
            "<p>&#xE0061;&#xE0062;&#x202E;x</p>",
            Some((WarningCode::InvisibleCharacters, 3)),
        ),
    ] {
        let found = warnings(&page(body)).await;
        assert_eq!(found.first().copied(), expected, "{body}");
    }
}
