//! Workbooks whose small files say the same thing very often.

use dynrag_domain::{chunks::Extracted, documents::Format, warnings::WarningCode};
use dynrag_extract::Limits;

use crate::{
    extractor, read_with,
    sheets_file::{Book, texts},
    small,
};

/// Maximum bytes that a document repeats, with some room for the surrounding text.
const MAX_COPIED: usize = 3_000_000;

async fn sheet(book: Book) -> Extracted {
    let large = extractor().with_limits(Limits {
        output_bytes: 32 << 20,
        ..small()
    });
    let read = read_with(&large, Format::Xlsx, &book.bytes()).await;
    read.unwrap()
}

fn drawing(shapes: &str) -> String {
    format!(
        "<xdr:wsDr xmlns:xdr='x' xmlns:a='a' xmlns:c='c' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><xdr:twoCellAnchor>{shapes}</xdr:twoCellAnchor></xdr:wsDr>"
    )
}

fn shape(text: &str) -> String {
    format!("<xdr:sp><xdr:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp>")
}

fn comments(text: &str) -> String {
    format!(
        "<comments><authors><author>Ada</author></authors><commentList><comment ref='A1' authorId='0'><text><t>{text}</t></text></comment></commentList></comments>"
    )
}

#[tokio::test]
async fn a_header_is_repeated_within_the_budget() {
    let strings: String = ["a", "b", "c"]
        .iter()
        .map(|name| format!("<si><t>{}</t></si>", name.repeat(30_000)))
        .collect();
    let cells = "<c><v>1</v></c><c><v>2</v></c><c><v>3</v></c>";
    let names = "<c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>2</v></c>";
    let blocks: String = (0..200)
        .map(|n| format!("<row r='{}'>{cells}</row>", 5 + 2 * n))
        .collect();
    let rows =
        format!("<row r='1'>{names}</row><row r='2'>{cells}</row><row r='3'>{cells}</row>{blocks}");
    let read = sheet(Book::of(&rows).strings(&strings)).await;
    assert!(read.text.len() < MAX_COPIED, "{}", read.text.len());
    assert_eq!(read.text.matches("| 1 | 2 | 3 |").count(), 202);
    assert!(read.warnings.count(WarningCode::TableCut) > 100);
}

#[tokio::test]
async fn each_part_is_read_once() {
    let long = "word ".repeat(1_000);
    let book = Book::of(&texts(1, &["Item", "Fee"]))
        .related("drawing", "xl/d.xml", &drawing(&shape(&long)))
        .linked("drawing", "xl/D.xml", 500)
        .related("comments", "xl/c.xml", &comments(&long))
        .linked("comments", "xl/C.XML", 500)
        .with(r#"name="Again" r:id="s0""#, "");
    let read = sheet(book).await;
    assert_eq!(read.text.matches(long.trim_end()).count(), 2);
    assert_eq!(read.text.matches("Item").count(), 1);
    assert_eq!(read.warnings.count(WarningCode::Comments), 1);
    assert_eq!(read.warnings.count(WarningCode::PartsUnreadable), 1_001);
}

#[tokio::test]
async fn a_chart_of_many_sheets_is_repeated_within_the_budget() {
    let title = "long ".repeat(10_000);
    let chart = format!(
        "<c:chartSpace xmlns:c='c' xmlns:a='a'><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx></c:title></c:chart></c:chartSpace>"
    );
    let frame = drawing("<xdr:graphicFrame><c:chart r:id='chart'/></xdr:graphicFrame>");
    let links = "<Relationships><Relationship Id='chart' Type='x/chart' Target='/xl/chart.xml'/></Relationships>";
    let mut book = Book::default().part("xl/chart.xml", &chart);
    for n in 0..100 {
        book = book
            .sheet(&format!("S{n}"), &texts(1, &["Item"]))
            .related("drawing", &format!("xl/d{n}.xml"), &frame)
            .part(&format!("xl/_rels/d{n}.xml.rels"), links);
    }
    let read = sheet(book).await;
    let times = read.text.matches(title.trim_end()).count();
    // 2 MB of copies of 50,000 bytes, and the chart itself.
    assert_eq!(times, 42);
    assert_eq!(read.warnings.count(WarningCode::TableCut), 58);
}

#[tokio::test]
async fn limits_leave_no_column_open_and_are_warned_of() {
    let columns = "<col min='16000' max='16000' hidden='1'/>".repeat(30_000);
    let merged = "<mergeCell ref='D4:D5'/>".repeat(100_001);
    let body = format!(
        "<cols>{columns}<col min='1' max='1' hidden='1'/></cols><sheetData>{}</sheetData><mergeCells>{merged}</mergeCells>",
        texts(1, &["secret", "open"])
    );
    let read = sheet(Book::default().with(r#"name="Data""#, &body)).await;
    assert_eq!(read.text, "## Data\n\nopen");
    assert_eq!(read.warnings.count(WarningCode::HiddenContent), 1);
    assert_eq!(read.warnings.count(WarningCode::TableCut), 1);
}
