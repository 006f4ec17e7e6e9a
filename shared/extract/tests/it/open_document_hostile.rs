//! OpenDocument texts made to become large or slow: each is read up to a limit and says so.

use dynrag_domain::{chunks::Extracted, documents::Format, warnings::WarningCode};

use dynrag_extract::Limits;

use crate::{extractor, office_file::odt_with, read_with, small};

/// Copied text of one document, in bytes.
const COPIES: usize = 2 << 20;
/// Cells that a document may gain by spans and repetitions.
const ADDED: usize = 1_000_000;

async fn read(file: &[u8]) -> Extracted {
    let limits = Limits {
        output_bytes: 16 << 20,
        ..small()
    };
    let extractor = extractor().with_limits(limits);
    read_with(&extractor, Format::Odt, file).await.unwrap()
}

async fn text(body: &str) -> Extracted {
    read(&odt_with("", body, &[])).await
}

fn frame(object: &str) -> String {
    format!("<draw:frame><draw:object xlink:href='{object}'/></draw:frame>")
}

/// An object with a word and a reference to another object, nested as deep as a tree may be.
fn object(word: &str, next: &str) -> String {
    let (open, close) = ("<text:span>".repeat(480), "</text:span>".repeat(480));
    let inner = format!("<text:p>{word}{open}{}{close}</text:p>", frame(next));
    format!(
        "<office:document-content xmlns:office='o' xmlns:text='t' xmlns:draw='d' xmlns:xlink='x'>\
         <office:body><office:text>{inner}</office:text></office:body></office:document-content>"
    )
}

#[tokio::test]
async fn objects_in_objects_are_limited() {
    let body = format!("<text:p>{}</text:p>", frame("./A"));
    let own = object("one", "./a/");
    let file = odt_with("", &body, &[("A/content.xml", &own)]);
    let read_once = read(&file).await;
    assert_eq!(read_once.text, "one");
    let unsupported = WarningCode::UnsupportedContent;
    assert_eq!(read_once.warnings.count(unsupported), 1);

    let chain: Vec<(String, String)> = (0..9)
        .map(|n| {
            let next = object(&format!("level{n}"), &format!("./{}", n + 1));
            (format!("{n}/content.xml"), next)
        })
        .collect();
    let parts: Vec<(&str, &str)> = chain
        .iter()
        .map(|(name, part)| (name.as_str(), part.as_str()))
        .collect();
    let file = odt_with("", &format!("<text:p>{}</text:p>", frame("./0")), &parts);
    let chained = read(&file).await;
    assert_eq!(chained.text, "level0\n\nlevel1\n\nlevel2");
    assert_eq!(chained.warnings.count(unsupported), 1);
}

#[tokio::test]
async fn an_object_in_many_places_is_repeated_up_to_a_limit() {
    let long = object(&"word ".repeat(5_000), "./none");
    for (times, is_cut) in [(3, false), (1_000, true)] {
        let body = format!("<text:p>{}</text:p>", frame("./A")).repeat(times);
        let file = odt_with("", &body, &[("A/content.xml", &long)]);
        let read = read(&file).await;
        let shown = read.text.matches("word").count() / 5_000;
        assert_eq!(read.warnings.count(WarningCode::TableCut) > 0, is_cut);
        assert_eq!(shown == times, !is_cut);
        assert!(shown * 25_000 <= COPIES + 25_000, "{shown}");
    }
}

#[tokio::test]
async fn a_form_control_in_many_places_is_repeated_up_to_a_limit() {
    let long = "word ".repeat(4_000);
    let body = format!(
        "<office:forms><form:form><office:forms><form:textarea form:id='a'>{long}</form:textarea>\
         <form:text form:id='b' form:value='Ada'/></office:forms></form:form></office:forms>\
         <text:p>{}{}</text:p>",
        "<draw:control draw:control='b'/>",
        "<draw:control draw:control='a'/>".repeat(1_000)
    );
    let read = text(&body).await;
    let shown = read.text.matches("word").count() / 4_000;
    assert!(shown > 90 && shown * 20_000 <= COPIES, "{shown}");
    assert!(read.text.starts_with("Ada"));
    assert!(read.warnings.count(WarningCode::TableCut) > 0);
}

#[tokio::test]
async fn copies_in_all_tables_have_one_limit() {
    let long = "x".repeat(4_000);
    let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let covered = "<table:covered-table-cell table:number-columns-repeated='199'/>";
    let table = format!(
        "<table:table>{}{}{}</table:table>",
        row(&cell("table:number-columns-repeated='200'", &long)),
        row(&(cell("table:number-columns-spanned='200'", &long) + covered + &cell("", "y"))),
        row(&(cell("", "y") + &cell("", "y")))
    );
    let read = text(&table.repeat(10)).await;
    let copies = read.text.matches('x').count() - 20 * 4_000;
    assert!(copies > COPIES - 4_000 && copies <= COPIES, "{copies}");
    assert!(read.warnings.count(WarningCode::TableCut) > 0);
    assert_eq!(read.text.matches('y').count(), 30);
}

#[tokio::test]
async fn cells_added_to_all_tables_have_one_limit() {
    let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let empty = "<table:table-cell table:number-columns-repeated='900'/>";
    let repeated = row(&(empty.to_owned() + &cell("", "end"))).repeat(400);
    let wide = "table:number-columns-spanned='900' table:number-rows-spanned='900'";
    let covered =
        |n: usize| format!("<table:covered-table-cell table:number-columns-repeated='{n}'/>");
    let spanned = row(&(cell(wide, "") + &covered(899) + &cell("", "end")))
        + &row(&(covered(900) + &cell("", "end"))).repeat(899);
    let sub = format!(
        "<table:table-cell><table:table table:is-sub-table='true'>{}</table:table></table:table-cell>",
        row("<table:table-cell/><table:table-cell><text:p>end</text:p></table:table-cell>")
            .repeat(900)
    );
    let split = row(&(sub + &"<table:table-cell/>".repeat(900) + &cell("", "last")));
    for (rows, ends) in [(repeated, 400), (spanned, 900), (split, 900)] {
        let table = format!(
            "<table:table>{rows}{}</table:table>",
            row("<table:table-cell/>")
        );
        let read = text(&table.repeat(4)).await;
        let cells = read.text.matches('|').count();
        assert!(cells < ADDED + 50_000, "{cells}");
        // A header may be repeated.
        let shown = read.text.matches("end").count();
        assert!(shown >= 4 * ends, "{shown} of {ends}");
    }
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_one_paragraph() {
    let styles = "<style:style style:name='H' style:family='paragraph'><style:text-properties text:display='none'/></style:style>";
    let open = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>in";
    let close = "</text:p></text:note-body></text:note>";
    let inner = "<text:p text:style-name='H'>secret</text:p><text:section text:display='none'><text:p>secret</text:p></text:section>\
        <table:table><table:table-row table:visibility='collapse'><table:table-cell><text:p>secret</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:table-cell><text:p>bottom</text:p></table:table-cell><table:table-cell><text:p>line</text:p></table:table-cell></table:table-row></table:table>";
    let body = format!(
        "<text:p>{}{inner}{}</text:p>",
        open.repeat(60),
        close.repeat(60)
    );
    let read = read(&odt_with(styles, &body, &[])).await;
    assert_eq!(read.text.matches('(').count(), 16);
    assert_eq!(read.text.matches("in").count(), 61);
    assert!(read.text.contains("in bottom line)"), "{}", read.text);
    assert!(!read.text.contains("secret"));
    assert_eq!(read.warnings.count(WarningCode::HiddenContent), 3);
}

#[tokio::test]
async fn columns_beyond_the_limit_are_named() {
    let cells = "<table:table-cell><text:p>x</text:p></table:table-cell>";
    for (columns, is_cut) in [(1_000, false), (1_001, true)] {
        let row = format!(
            "<table:table-row>{}</table:table-row>",
            cells.repeat(columns)
        );
        let read = text(&format!("<table:table>{row}</table:table>")).await;
        assert_eq!(read.text.matches('x').count(), 1_000);
        assert_eq!(read.warnings.count(WarningCode::TableCut) > 0, is_cut);
    }
}
