//! Word documents: headings, lists and their numbers, tables.

use crate::{
    word::{read_file, text_of},
    word_file::{WordFile, p, p_of, r, tbl, tc, tc_of, tr},
};

/// A level of a list: place, format, text, more.
fn level(place: usize, format: &str, text: &str, more: &str) -> String {
    format!(
        r#"<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>"#
    )
}

fn list(id: usize, levels: &[String]) -> String {
    format!(
        r#"<w:abstractNum w:abstractNumId="{id}">{}</w:abstractNum>"#,
        levels.concat()
    )
}

fn num(id: usize, of: usize, more: &str) -> String {
    format!(r#"<w:num w:numId="{id}"><w:abstractNumId w:val="{of}"/>{more}</w:num>"#)
}

fn item(number: usize, level: usize, text: &str) -> String {
    let properties =
        format!(r#"<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>"#);
    p_of(&properties, text)
}

#[tokio::test]
async fn headings_have_their_numbers_and_levels() {
    let styled = |id: &str, text: &str| p_of(&format!(r#"<w:pStyle w:val="{id}"/>"#), text);
    let styles = r#"<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
        <w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="A"><w:name w:val="Annex"/><w:basedOn w:val="1"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>"#;
    let numbering = [
        list(
            0,
            &[
                level(0, "upperRoman", "%1.", r#"<w:pStyle w:val="1"/>"#),
                level(1, "decimal", "%1.%2", r#"<w:isLgl/><w:pStyle w:val="2"/>"#),
            ],
        ),
        list(1, &[level(0, "upperLetter", "Annex %1:", "")]),
        num(1, 0, ""),
        num(2, 1, ""),
    ]
    .concat();
    let clause = "word ".repeat(60);
    let body = [
        styled("T", "Supply contract"),
        styled("1", "Scope"),
        p(&r("Text a.")),
        styled("1", "Terms"),
        styled("2", "Payment"),
        p(&r("Within ten days.")),
        styled("2", &clause),
        styled("A", "Prices"),
        p(&r("Text b.")),
    ]
    .concat();
    let file = WordFile::of(&body).xml("styles", "styles", styles).xml(
        "numbering",
        "numbering",
        &numbering,
    );
    let read = read_file(&file).await;
    assert_eq!(
        read.text,
        format!(
            "Supply contract\n\nI. Scope\n\nText a.\n\nII. Terms\n\n2.1 Payment\n\nWithin ten days.\n\n2.2 {}\n\n\
             Annex A: Prices\n\nText b.",
            clause.trim()
        )
    );
    assert_eq!(read.title.as_deref(), Some("Supply contract"));
    let path = |text: &str| {
        let at = read.text.find(text).unwrap();
        let section = read.sections.iter().rfind(|section| section.start <= at);
        section.unwrap().heading_path.join(" > ")
    };
    assert_eq!(path("Within"), "II. Terms > 2.1 Payment");
    assert_eq!(path("Text b"), "Annex A: Prices");
}

#[tokio::test]
async fn lists_count_and_nest() {
    let numbering = [
        list(
            0,
            &[
                level(0, "decimal", "%1.", ""),
                level(1, "lowerLetter", "(%2)", ""),
                level(2, "bullet", "\u{f0b7}", ""),
            ],
        ),
        list(1, &[level(0, "bullet", "•", ""), level(1, "none", "", "")]),
        list(
            2,
            &[
                level(0, "decimal", "%1)", ""),
                level(1, "decimal", "%1.%2", r#"<w:lvlRestart w:val="0"/>"#),
            ],
        ),
        num(1, 0, ""),
        num(
            2,
            0,
            r#"<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>"#,
        ),
        num(3, 1, ""),
        num(4, 2, ""),
    ]
    .concat();
    let body = [
        item(1, 0, "one"),
        item(1, 1, "first"),
        item(1, 1, "second"),
        item(1, 2, "deep"),
        item(1, 0, "two"),
        item(1, 1, "again"),
        p(&r("Between.")),
        item(2, 0, "five"),
        item(3, 0, "dot"),
        item(3, 1, "no mark"),
        item(4, 0, "a"),
        item(4, 1, "b"),
        item(4, 0, "c"),
        item(4, 1, "d"),
        item(0, 0, "none"),
        item(99, 0, "unknown"),
    ]
    .concat();
    let file = WordFile::of(&body).xml("numbering", "numbering", &numbering);
    assert_eq!(
        read_file(&file).await.text,
        "1. one\n  (a) first\n  (b) second\n    - deep\n2. two\n  (a) again\n\nBetween.\n\n5. five\n- dot\n\n\
         no mark\n\n1) a\n  1.1 b\n2) c\n  2.2 d\n\nnone\n\nunknown"
    );
}

#[tokio::test]
async fn cells_stand_under_their_columns() {
    let merge = |value: &str| format!(r#"<w:vMerge w:val="{value}"/>"#);
    let header = |cells: &[&str]| {
        format!(
            "<w:tr><w:trPr><w:tblHeader/></w:trPr>{}</w:tr>",
            cells.concat()
        )
    };
    let inner = tbl(&[&tr(&[&tc("Mon"), &tc("9")]), &tr(&[&tc("Tue"), &tc("10")])]);
    let body = [
        tbl(&[
            &header(&[
                &tc("Group"),
                &tc_of(r#"<w:gridSpan w:val="2"/>"#, &p(&r("Fee"))),
            ]),
            &header(&[&tc(""), &tc("Card"), &tc("Copy")]),
            &tr(&[
                &tc_of(&merge("restart"), &p(&r("Adults"))),
                &tc("5"),
                &tc("a|b"),
            ]),
            &tr(&[
                &tc_of("<w:vMerge/>", &p("")),
                &tc("6"),
                &tc_of("", &format!("{}{}", p(&r("x")), p(&r("y")))),
            ]),
            &format!(
                r#"<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{}{}</w:tr>"#,
                tc("7"),
                tc("8")
            ),
            &tr(&[&tc(""), &tc(""), &tc("")]),
        ]),
        p(&r("Next:")),
        tbl(&[
            &tr(&[&tc("Shop"), &tc("Hours")]),
            &tr(&[&tc("Ada"), &tc_of("", &format!("{inner}{}", p("")))]),
        ]),
    ]
    .concat();
    assert_eq!(
        text_of(&body).await,
        "| Group | Fee Card | Fee Copy |\n| --- | --- | --- |\n| Adults | 5 | a\\|b |\n| Adults | 6 | x y |\n| | 7 | 8 |\n\n\
         Next:\n\n| Shop | Hours |\n| --- | --- |\n| Ada | Mon, 9; Tue, 10 |"
    );
}

#[tokio::test]
async fn a_table_that_lays_out_the_page_is_none() {
    let heading =
        r#"<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Inside</w:t></w:r></w:p>"#;
    let frame = tbl(&[&tr(&[&tc_of("", &format!("{heading}{}", p(&r("Text."))))])]);
    let columns = tbl(&[&tr(&[
        &tc_of("", &format!("{}{}", p(&r("Left.")), p(&r("More.")))),
        &tc("Right."),
    ])]);
    let read = read_file(&WordFile::of(&format!("{frame}{columns}"))).await;
    assert_eq!(read.text, "Inside\n\nText.\n\nLeft.\n\nMore.\n\nRight.");
    assert_eq!(read.sections[0].heading_path, ["Inside"]);
}
