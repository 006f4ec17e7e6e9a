//! Excel workbooks: the text matches what Excel shows.

use dynrag_domain::{
    chunks::Extracted,
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::{Limits, Options};

use crate::{
    extractor, read, read_with,
    sheets_file::{Book, texts},
    small,
};

async fn sheet(book: Book) -> Extracted {
    read(Format::Xlsx, &book.bytes()).await.unwrap()
}

async fn text(book: Book) -> String {
    sheet(book).await.text
}

/// Count and detail of a warning.
fn warned(extracted: &Extracted, code: WarningCode) -> Option<(u32, &str)> {
    let all = extracted.warnings.as_slice().iter();
    let mut found = all.filter(|warning| warning.code == code);
    let found = found.next()?;
    Some((found.count, found.detail.as_deref().unwrap_or_default()))
}

#[tokio::test]
async fn cells_show_what_excel_shows() {
    let book = Book::of(
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
        <row r="2"><c r="A2" t="inlineStr"><is><r><t>大</t></r><r><t>阪</t></r><rPh sb="0" eb="2"><t>オオサカ</t></rPh></is></c><c r="B2" s="1"><v>1500</v></c></row>
        <row r="3"><c r="A3" t="str"><f>A1</f><v>a_x000D_b|c</v></c><c r="B3" t="b"><v>1</v></c></row>
        <row r="4"><c r="A4" t="e"><f>NA()</f><v>#N/A</v></c><c r="B4" s="2"><f>B2/9</f><v>0.075</v></c></row>
        <row r="5"><c r="A5"><v>12345678901234567</v></c><c r="B5"><v>0.30000000000000004</v></c></row>
        <row r="6"><c r="A6" s="3"><v>46096</v></c><c r="B6" t="d"><v>2026-11-30T14:05:00</v></c></row>
        <row r="7"><c r="A7"><f>1+1</f></c><c r="B7" t="str"><f>T(1)</f><v></v></c></row>"#,
    )
    .formats(&[(164, "#,##0 \"DA\""), (165, "0.0%"), (57, "")])
    .strings("<si><t>City &amp; town</t></si><si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>");
    let read = sheet(book).await;
    assert_eq!(read.engine, "xlsx");
    assert_eq!(
        read.text,
        "## Data\n\n| City & town | 東京 |\n| --- | --- |\n| 大阪 | 1500 DA |\n| a b\\|c | TRUE |\n| #N/A | 7.5% |\n\
         | 12345678901234567 | 0.3 |\n| 2026-03-15 | 2026-11-30 14:05 |"
    );
    assert_eq!(
        warned(&read, WarningCode::FormulaWithoutValue),
        Some((1, "Data"))
    );
}

#[tokio::test]
async fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let rows = r#"<row><c s="1"><v>44634</v></c><c s="2"><v>-0.5</v></c></row>"#;
    let book = Book::of(rows)
        .formats(&[(14, ""), (46, "")])
        .properties(r#"date1904="1""#);
    assert!(text(book).await.contains("| 2026-03-15 | -12:00:00 |"));
}

#[tokio::test]
async fn sheets_stand_under_their_names_in_the_order_of_their_tabs() {
    let book = Book::default()
        .sheet("R&amp;D &lt;1&gt;", &texts(1, &["first", "one"]))
        .sheet("Empty", "")
        .sheet("Plan_x0041_", &texts(1, &["second", "two"]));
    let read = sheet(book).await;
    let expected = "## R&D <1>\n\n| first | one |\n| --- | --- |\n\n## PlanA\n\n| second | two |\n| --- | --- |";
    assert_eq!(read.text, expected);
    let paths: Vec<&str> = read
        .sections
        .iter()
        .map(|s| s.heading_path[0].as_str())
        .collect();
    assert_eq!(paths, ["R&D <1>", "PlanA"]);
}

#[tokio::test]
async fn what_is_hidden_is_left_out_and_named() {
    let rows = [
        texts(1, &["Item", "Cost", "Fee"]),
        texts(2, &["Card", "secret", "15"]),
        texts(3, &["Filtered", "secret", "16"]).replace("<row", r#"<row hidden="1""#),
        r#"<row r="4" hidden="true"/>"#.to_owned(),
        texts(5, &["Pass", "secret", "17"]),
    ]
    .concat();
    let columns = r#"<cols><col min="2" max="2" width="9" hidden="1"/></cols>"#;
    let book = || {
        Book::default()
            .with(
                r#"name="Stock""#,
                &format!("{columns}<sheetData>{rows}</sheetData>"),
            )
            .with(
                r#"name="Lists" state="veryHidden""#,
                &format!("<sheetData>{}</sheetData>", texts(1, &["secret"])),
            )
    };
    let shown = sheet(book()).await;
    assert_eq!(
        shown.text,
        "## Stock\n\n| Item | Fee |\n| --- | --- |\n| Card | 15 |\n| Pass | 17 |"
    );
    let detail = "rows 3 of Stock, columns B of Stock, Lists";
    assert_eq!(
        warned(&shown, WarningCode::HiddenContent),
        Some((3, detail))
    );
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let bytes = book().bytes();
    let all = extractor()
        .extract_with(Format::Xlsx, &bytes, options)
        .await;
    let all = all.unwrap().unwrap();
    assert_eq!(all.text.matches("secret").count(), 4);
    assert!(all.text.contains("| Filtered | secret | 16 |"));
    assert!(all.warnings.is_empty(), "{:?}", all.warnings);
}

#[tokio::test]
async fn each_block_is_a_table_and_a_title_is_none() {
    let rows = [
        texts(3, &["", "Report", "", ""]),
        texts(4, &["", "Item", "", "Fee"]),
        texts(5, &["", "Card", "", "low"]),
        texts(6, &["", "Pass", "", "high"]),
        // A block that begins with a number belongs to the table above.
        r#"<row r="8"><c r="B8" t="inlineStr"><is><t>Total</t></is></c><c r="D8"><v>2</v></c></row>"#.to_owned(),
        texts(10, &["", "Name", "Town"]),
        texts(11, &["", "Ada", "Ulm"]),
        texts(13, &["A note."]),
    ];
    assert_eq!(
        text(Book::of(&rows.concat())).await,
        "## Data\n\nReport\n\n| Item | Fee |\n| --- | --- |\n| Card | low |\n| Pass | high |\n\n\
         | Item | Fee |\n| --- | --- |\n| Total | 2 |\n\n| Name | Town |\n| --- | --- |\n| Ada | Ulm |\n\nA note."
    );
}

#[tokio::test]
async fn merged_cells_stand_in_each_row_that_they_span() {
    let rows = [
        texts(1, &["Fees of the year", "", "", ""]),
        texts(2, &["Group", "2025", "", "Note"]),
        texts(3, &["", "Q1", "Q2", ""]),
        texts(4, &["Adults", "1", "2", "per person"]),
        texts(5, &["", "3", "4", ""]),
    ];
    let merged = [
        "A1:D1",
        "B2:C2",
        "A2:A3",
        "A4:A5",
        "D4:D1048576",
        "A5:A4",
        "B1",
    ];
    let merged: String = merged
        .map(|range| format!(r#"<mergeCell ref="{range}"/>"#))
        .concat();
    let body = format!(
        "<sheetData>{}</sheetData><mergeCells>{merged}</mergeCells>",
        rows.concat()
    );
    let book = Book::default().with(r#"name="Data""#, &body);
    assert_eq!(
        text(book).await,
        "## Data\n\nFees of the year\n\n| Group | 2025 | 2025 | Note |\n| --- | --- | --- | --- |\n| Group | Q1 | Q2 | |\n\
         | Adults | 1 | 2 | per person |\n| Adults | 3 | 4 | per person |"
    );
}

#[tokio::test]
async fn cells_without_names_stand_one_after_the_other() {
    let rows = "<row><c t='inlineStr'><is><t>a</t></is></c><c/><c><v>1</v></c></row><row/>\
        <row r='2'><c r='C2'><v>3</v></c><c r='A2'><v>2</v></c></row><row><c r='A7'><v>4</v></c><c><v>5</v></c></row>";
    assert_eq!(
        text(Book::of(rows)).await,
        "## Data\n\n| a | 1 |\n| --- | --- |\n| 2 | 3 |\n\n| 4 | 5 |\n| --- | --- |"
    );
}

#[tokio::test]
async fn comments_are_set_apart() {
    let notes = "<comments><authors><author>Ada</author><author></author></authors><commentList>\
        <comment ref='B2' authorId='0'><text><r><t>Ada:</t></r><r><t>\nOnly\nadults</t><rPh sb='0' eb='1'><t>x</t></rPh></r></text></comment>\
        <comment ref='A1' authorId='7'><text><t>By hand</t></text></comment>\
        <comment ref='A2' authorId='1'><text><t>[Threaded comment]</t></text></comment>\
        <comment ref='A3' authorId='0'><text><t>In a hidden row</t></text></comment></commentList></comments>";
    let threads = "<ThreadedComments><threadedComment ref='A2' personId='{1}' id='a'><text>Why?</text></threadedComment>\
        <threadedComment ref='A2' personId='{2}' parentId='a'><text>Because.</text></threadedComment></ThreadedComments>";
    let people = "<person displayName='Grace' id='{1}'/><person displayName='Lin' id='{2}'/>";
    let hidden = texts(3, &["Pass", "17"]).replace("<row", r#"<row hidden="1""#);
    let rows = [
        &texts(1, &["Item", "Fee"]),
        &texts(2, &["Card", "15"]),
        &*hidden,
    ]
    .concat();
    let book = Book::of(&rows)
        .related("comments", "xl/remarks.xml", notes)
        .related("threadedComment", "xl/threads.xml", threads)
        .people(people);
    let read = sheet(book).await;
    let after =
        "| Card | 15 |\n\nA1: By hand\nA2, Grace: Why?\nA2, Lin: Because.\nB2, Ada: Only adults";
    assert!(read.text.ends_with(after), "{}", read.text);
    assert_eq!(warned(&read, WarningCode::Comments), Some((4, "")));
}

#[tokio::test]
async fn drawings_say_what_is_on_them() {
    let at = |row: u32, shape: &str| {
        format!(
            "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:row>{row}</xdr:row></xdr:from>{shape}</xdr:twoCellAnchor>"
        )
    };
    let named = |kind: &str, attributes: &str| {
        format!("<xdr:nv{kind}Pr><xdr:cNvPr id='1' name='n' {attributes}/></xdr:nv{kind}Pr>")
    };
    let written =
        |text: &str| format!("<xdr:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody>");
    let shape = |text: &str, attributes: &str| {
        format!(
            "<xdr:sp>{}{}</xdr:sp>",
            named("Sp", attributes),
            written(text)
        )
    };
    let pictures = format!(
        "<xdr:grpSp><xdr:pic>{}</xdr:pic><xdr:pic>{}</xdr:pic></xdr:grpSp>",
        named("Pic", "descr='A kettle'"),
        named("Pic", "")
    );
    let drawing = [
        at(9, &shape("Below", "")),
        at(
            2,
            &format!(
                "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>",
                shape("Above", ""),
                shape("Above", "")
            ),
        ),
        at(3, &shape("Unseen", "hidden='1'")),
        at(4, &pictures),
        at(
            5,
            "<xdr:graphicFrame><a:graphic><a:graphicData><c:chart r:id='gone'/></a:graphicData></a:graphic></xdr:graphicFrame>",
        ),
    ];
    let drawing = format!(
        "<xdr:wsDr xmlns:xdr='x' xmlns:a='a' xmlns:c='c' xmlns:r='r' xmlns:mc='m'>{}</xdr:wsDr>",
        drawing.concat()
    );
    let book = Book::of(&texts(1, &["Item", "Fee"])).related("drawing", "xl/shapes.xml", &drawing);
    let read = sheet(book).await;
    assert!(
        read.text
            .ends_with("| --- | --- |\n\nAbove\n\nA kettle\n\nBelow"),
        "{}",
        read.text
    );
    for code in [
        WarningCode::HiddenContent,
        WarningCode::ImageWithoutText,
        WarningCode::PartsUnreadable,
    ] {
        assert_eq!(
            warned(&read, code).map(|(count, _)| count),
            Some(1),
            "{code:?}"
        );
    }
}

#[tokio::test]
async fn broken_parts_are_left_out() {
    let book = Book::of(&texts(1, &["Item", "Fee"]))
        .with(r#"name="Torn""#, "<sheetData><row><c><v>1</row>")
        .related("comments", "xl/remarks.xml", "<comments><")
        .strings("<si><t>a</t></si><si><");
    let read = sheet(book).await;
    assert_eq!(read.text, "## Data\n\n| Item | Fee |\n| --- | --- |");
    assert_eq!(
        warned(&read, WarningCode::PartsUnreadable),
        Some((2, "sharedStrings, Torn"))
    );
    // Rows before a fault are read.
    let cut = "<sheetData><row><c><v>1</v></c></row><row><c><v>2";
    let read = sheet(Book::default().with(r#"name="Cut""#, cut)).await;
    assert_eq!(read.text, "## Cut\n\n1");
    assert_eq!(
        warned(&read, WarningCode::PartsUnreadable),
        Some((1, "Cut"))
    );
    let alone = Book::default().with(r#"name="Torn""#, "<sheetData><row><c><v>1</row>");
    let end = read_code(alone).await;
    assert_eq!(end, FailureCode::CorruptFile);
}

async fn read_code(book: Book) -> FailureCode {
    read(Format::Xlsx, &book.bytes()).await.unwrap_err()
}

#[tokio::test]
async fn what_a_small_file_multiplies_has_an_end() {
    let corner = "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>2</v></c></row>\
        <row r='1048577'><c r='A1048577'><v>3</v></c></row>";
    let read = sheet(Book::of(corner)).await;
    assert_eq!(read.text, "## Data\n\n1\n\n2");
    assert_eq!(warned(&read, WarningCode::TableCut), Some((1, "Data")));
    // A row of every column: a table of 1,000.
    let wide: String = (0..16_384).map(|_| "<c><v>7</v></c>").collect();
    let read = sheet(Book::of(&format!("<row>{wide}</row>"))).await;
    assert_eq!(warned(&read, WarningCode::TableCut), Some((15_384, "Data")));
    // Rows that each have a cell in a column of their own need 4.7 million empty ones.
    let letter = |n: u32| char::from_u32(u32::from('A') + n % 26).unwrap();
    let diagonal: String = (0..7_000)
        .map(|n| {
            format!(
                "<row><c><v>1</v></c><c r='{}{}9'><v>2</v></c></row>",
                letter(n / 26),
                letter(n)
            )
        })
        .collect();
    let large = extractor().with_limits(Limits {
        memory_bytes: 768 << 20,
        output_bytes: 32 << 20,
        ..small()
    });
    let read = read_with(&large, Format::Xlsx, &Book::of(&diagonal).bytes())
        .await
        .unwrap();
    assert!(warned(&read, WarningCode::TableCut).is_some_and(|(count, _)| count > 500));
    // A long string in each of many cells.
    let long = format!("<si><t>{}</t></si>", "long ".repeat(20_000));
    let cells: String = (0..1_000)
        .map(|_| "<row><c t='s'><v>0</v></c><c><v>1</v></c></row>")
        .collect();
    assert_eq!(
        read_code(Book::of(&cells).strings(&long)).await,
        FailureCode::TextTooLarge
    );
    // Merged ranges that overlap everywhere.
    let rows: String = (0..2_000)
        .map(|_| "<row><c><v>1</v></c><c r='C1'><v>2</v></c></row>")
        .collect();
    let merged: String = (1..2_000)
        .map(|n| format!("<mergeCell ref='A{n}:XFD1048576'/>"))
        .collect();
    let body = format!("<sheetData>{rows}</sheetData><mergeCells>{merged}</mergeCells>");
    let read = sheet(Book::default().with(r#"name="Data""#, &body)).await;
    assert!(read.text.len() < 100_000);
}
