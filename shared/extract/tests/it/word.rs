//! Word documents: words, breaks, fields, tracked changes, hidden text.

use dynrag_domain::{chunks::Extracted, documents::Format, warnings::WarningCode};
use dynrag_extract::Options;

use crate::{
    extractor, read,
    word_file::{WordFile, field, p, p_of, r, r_of, tbl, tc, tc_of, tr},
};

/// The result of reading a file.
pub async fn read_file(file: &WordFile) -> Extracted {
    read(Format::Docx, &file.bytes()).await.unwrap()
}

/// The text of a body.
pub async fn text_of(body: &str) -> String {
    read_file(&WordFile::of(body)).await.text
}

/// Count of a warning.
pub fn count(read: &Extracted, code: WarningCode) -> u32 {
    let mut warnings = read.warnings.as_slice().iter();
    let found = warnings.find(|warning| warning.code == code);
    found.map_or(0, |warning| warning.count)
}

#[tokio::test]
async fn words_on_both_sides_of_a_break_are_two() {
    let run = "<w:r><w:t>Main Street 5</w:t><w:br/><w:t>Leeds</w:t><w:cr/><w:t>England</w:t><w:br w:type=\"page\"/><w:t>Next</w:t></w:r>";
    let tabs = "<w:r><w:t>Total</w:t><w:ptab w:alignment=\"right\"/><w:t>99</w:t><w:tab/><w:t>EUR</w:t></w:r>";
    let hyphens =
        "<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t><w:softHyphen/><w:t>erate</w:t></w:r>";
    let heading = format!("<w:p><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr>{run}</w:p>");
    let cell = tbl(&[
        &tr(&[&tc("Name"), &tc("Address")]),
        &tr(&[&tc("Ada"), &tc_of("", &p(run))]),
    ]);
    let body = [p(run), p(tabs), p(hyphens), heading, cell].concat();
    assert_eq!(
        text_of(&body).await,
        "Main Street 5\nLeeds\nEngland\nNext\n\nTotal\t99\tEUR\n\nco\u{2011}operate\n\n\
         Main Street 5 Leeds England Next\n\n\
         | Name | Address |\n| --- | --- |\n| Ada | Main Street 5 Leeds England Next |"
    );
}

#[tokio::test]
async fn a_word_is_one_whatever_its_formats() {
    let body = p(&[
        r_of("<w:b/>", "Haft"),
        r("pflicht"),
        r_of("<w:i/>", "versicherung"),
        r(" as in ![logo](logo.png), a*b, 10"),
        r_of(r#"<w:vertAlign w:val="superscript"/>"#, "-6"),
        r(" m"),
        r_of(r#"<w:vertAlign w:val="superscript"/>"#, "2"),
    ]
    .concat());
    let initial = p_of(r#"<w:framePr w:dropCap="drop"/>"#, "O");
    let body = format!("{body}{initial}{}", p(&r("nce upon a time")));
    assert_eq!(
        text_of(&body).await,
        "Haftpflichtversicherung as in ![logo](logo.png), a*b, 10⁻⁶ m2\n\nOnce upon a time"
    );
}

#[tokio::test]
async fn symbols_are_characters() {
    let symbol = |font, code| format!(r#"<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>"#);
    let font = r#"<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>"#;
    let body = p(&[
        symbol("Symbol", "F0B1"),
        r("5 "),
        symbol("Wingdings", "FC"),
        symbol("Arial", "00A9"),
        symbol("Unheard-of", "F041"),
        r_of(font, "\u{f06d}m"),
    ]
    .concat());
    assert_eq!(text_of(&body).await, "±5 ✓©μm");
}

#[tokio::test]
async fn text_is_read_wherever_it_is_wrapped() {
    let body = [
        p(&format!(
            "<w:hyperlink>{}</w:hyperlink><w:smartTag>{}</w:smartTag><w:bdo w:val=\"rtl\">{}</w:bdo><w:ins>{}</w:ins>",
            r("a"), r("b"), r("c"), r("d")
        )),
        p(&format!("<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>{}", r("e"), r("f"))),
        format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", p(&r("g"))),
        format!("<w:customXml><w:customXmlPr/>{}</w:customXml>", p(&r("h"))),
        format!(
            "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>",
            p(&r("i")),
            p(&r("old i"))
        ),
        tbl(&[
            &tr(&[&tc("j"), &format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", tc("k"))]),
            &format!("<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", tr(&[&tc("l"), &tc("m")])),
        ]),
    ]
    .concat();
    assert_eq!(
        text_of(&body).await,
        "abcd\n\nef\n\ng\n\nh\n\ni\n\n| j | k |\n| --- | --- |\n| l | m |"
    );
}

#[tokio::test]
async fn fields_show_their_results_only() {
    let inner = field("MERGEFIELD x", &r("inner"));
    let condition = format!("IF </w:instrText></w:r>{inner}<w:r><w:instrText> = 1");
    let nested = field(&condition, &r("outer"));
    let endless = r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r>"#;
    let no_result = r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>XE "index"</w:instrText></w:r>
        <w:r><w:fldChar w:fldCharType="end"/></w:r>"#;
    let ticked = r#"<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>
        <w:r><w:fldChar w:fldCharType="end"/></w:r>"#;
    let body = [
        p(&format!("{}{}", r("a "), nested)),
        p(&format!("{no_result}{}", r("c"))),
        p(&format!(
            "<w:fldSimple w:instr=\"DATE\">{}</w:fldSimple>",
            r("today")
        )),
        p(&format!("{ticked}{}", r(" yes"))),
        p(&format!("{endless}{}", r("the rest"))),
    ]
    .concat();
    assert_eq!(
        text_of(&body).await,
        "a outer\n\nc\n\ntoday\n\n☑ yes\n\nthe rest"
    );
}

#[tokio::test]
async fn tracked_changes_are_read_as_accepted() {
    let mark = |change: &str| format!("<w:rPr><w:{change}/></w:rPr>");
    let range = r#"<w:moveFromRangeStart w:id="1" w:name="move1"/>"#;
    let target = r#"<w:moveToRangeStart w:id="3" w:name="move1"/>"#;
    let body = [
        p(&format!(
            "{}<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins>{}</w:ins>",
            r("The "),
            r("new")
        )),
        p_of(&mark("del"), "Joined "),
        p(&r("here.")),
        format!(
            "{range}{}{}<w:moveFromRangeEnd w:id=\"1\"/>",
            p(&format!("<w:moveFrom>{}</w:moveFrom>", r("contract"))),
            p(&format!("{}<w:ins>{}</w:ins>", r("clause"), r("Stays.")))
        ),
        format!(
            "{target}{}<w:moveToRangeEnd w:id=\"3\"/>",
            p(&format!("<w:moveTo>{}</w:moveTo>", r("contract clause")))
        ),
        // The destination of this move is not given.
        format!(
            "<w:moveFromRangeStart w:id=\"8\" w:name=\"lost\"/>{}",
            p(&r("Kept."))
        ),
        tbl(&[
            &tr(&[&tc("a"), &tc("b")]),
            &format!(
                "<w:tr><w:trPr><w:del/></w:trPr>{}{}</w:tr>",
                tc("gone"),
                tc("gone")
            ),
            &tr(&[&tc("c"), &tc("d")]),
        ]),
    ]
    .concat();
    let read = read_file(&WordFile::of(&body)).await;
    assert_eq!(
        read.text,
        "The new\n\nJoined here.\n\nStays.\n\ncontract clause\n\nKept.\n\n| a | b |\n| --- | --- |\n| c | d |"
    );
    assert_eq!(count(&read, WarningCode::TrackedDeletions), 2);
}

#[tokio::test]
async fn hidden_text_is_read_where_it_is_asked_for() {
    let styles = r#"<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="Note"><w:name w:val="Note"/><w:rPr><w:vanish/></w:rPr></w:style>"#;
    let body = [
        p(&[
            r("Shown"),
            r_of("<w:vanish/>", " one"),
            r_of("<w:vanish/>", " two"),
            r_of(r#"<w:vanish w:val="0"/>"#, " plain"),
            r_of(r#"<w:rStyle w:val="Secret"/>"#, " three"),
            r_of("<w:webHidden/>", " 7"),
        ]
        .concat()),
        p_of(r#"<w:pStyle w:val="Note"/>"#, "four"),
    ]
    .concat();
    let file = WordFile::of(&body).xml("styles", "styles", styles);
    let read = read_file(&file).await;
    assert_eq!(read.text, "Shown plain 7");
    assert_eq!(count(&read, WarningCode::HiddenContent), 3);
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let all = extractor()
        .extract_with(Format::Docx, &file.bytes(), options)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(all.text, "Shown one two plain three 7\n\nfour");
    assert_eq!(count(&all, WarningCode::HiddenContent), 0);
}
