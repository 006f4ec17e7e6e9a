//! OpenDocument texts: text boxes, lists, tables, objects, hidden and separate content.

use dynrag_domain::{chunks::Extracted, documents::Format, warnings::WarningCode};
use dynrag_extract::Options;

use crate::{
    extractor,
    office_file::{odt, odt_with},
    read,
};

async fn text(styles: &str, body: &str, parts: &[(&str, &str)]) -> Extracted {
    read(Format::Odt, &odt_with(styles, body, parts))
        .await
        .unwrap()
}

fn count(read: &Extracted, code: WarningCode) -> u32 {
    let mut warnings = read.warnings.as_slice().iter();
    warnings
        .find(|warning| warning.code == code)
        .map_or(0, |warning| warning.count)
}

#[tokio::test]
async fn text_boxes_stand_apart() {
    let body = r#"<text:p>Anchor sentence.<draw:frame><draw:text-box><text:p>Line one</text:p><text:h text:outline-level="1">Line two</text:h></draw:text-box></draw:frame><draw:custom-shape><text:p>In a shape</text:p></draw:custom-shape> Rest of it.</text:p>
        <text:list><text:list-item><text:p>outer<draw:frame><draw:text-box><text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list></draw:text-box></draw:frame></text:p></text:list-item></text:list>
        <draw:g><draw:rect><text:p>Left</text:p></draw:rect><draw:line><text:p>Right</text:p></draw:line></draw:g>"#;
    assert_eq!(
        text("", body, &[]).await.text,
        "Anchor sentence. Rest of it.\n\nLine one\n\nLine two\n\nIn a shape\n\n- outer\n\n- inner\n\nLeft\n\nRight"
    );
}

const LISTS: &str = r#"<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
    <text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/></text:list-style>
    <text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="-"/></text:list-style>"#;

#[tokio::test]
async fn lists_have_their_numbers() {
    let item = |text: &str| format!("<text:list-item><text:p>{text}</text:p></text:list-item>");
    let body = format!(
        r#"<text:list text:style-name="L1" xml:id="one"><text:list-header><text:p>Steps</text:p></text:list-header>{}<text:list-item><text:p>second</text:p><text:p>more</text:p><text:list>{}{}</text:list></text:list-item></text:list>
        <text:p>Between.</text:p>
        <text:list text:style-name="L2">{}</text:list>
        <text:list text:style-name="L1" text:continue-numbering="true">{}</text:list>
        <text:list text:style-name="L1"><text:list-item text:start-value="7"><text:p>seven</text:p></text:list-item></text:list>
        <text:list text:style-name="L1" text:continue-list="one">{}</text:list>"#,
        item("first"),
        item("a"),
        item("b"),
        item("bullet"),
        item("third"),
        item("fourth"),
    );
    assert_eq!(
        text(LISTS, &body, &[]).await.text,
        "Steps\n1. first\n2. second\n  more\n  2.a) a\n  2.b) b\n\nBetween.\n\n- bullet\n3. third\n7. seven\n4. fourth"
    );
}

#[tokio::test]
async fn headings_have_their_numbers() {
    let styles = r#"<office:document-styles xmlns:office="o" xmlns:style="s" xmlns:text="t"><office:styles><text:outline-style>
        <text:outline-level-style text:level="1" style:num-format="1"/><text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>
        </text:outline-style><style:style style:name="Plain" style:family="paragraph" style:list-style-name=""/></office:styles></office:document-styles>"#;
    let body = r#"<text:h text:outline-level="1">Scope</text:h><text:h text:outline-level="2">Parts</text:h><text:h text:outline-level="2">Fees</text:h>
        <text:h text:outline-level="1" text:style-name="Plain">Annex</text:h><text:h text:outline-level="1">Terms</text:h><text:p>Thirty days.</text:p>"#;
    let read = text("", body, &[("styles.xml", styles)]).await;
    assert_eq!(
        read.text,
        "1 Scope\n\n1.1 Parts\n\n1.2 Fees\n\nAnnex\n\n2 Terms\n\nThirty days."
    );
    assert_eq!(read.sections[2].heading_path, ["1 Scope", "1.2 Fees"]);
}

#[tokio::test]
async fn cells_stand_in_their_columns() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let covered = "<table:covered-table-cell/>".to_owned();
    let empty = |n: usize| format!("<table:table-cell table:number-columns-repeated='{n}'/>");
    let body = format!(
        "<table:table><table:table-header-rows>{}{}</table:table-header-rows>{}{}{}</table:table>",
        row(&[
            cell("table:number-rows-spanned='2'", "Item"),
            cell("table:number-columns-spanned='2'", "Sold"),
            covered.clone(),
            empty(1000)
        ]),
        row(&[covered.clone(), cell("", "Q1"), cell("", "Q2")]),
        row(&[cell("", "Kettle"), empty(1), cell("", "17")]),
        row(&[
            cell("table:number-columns-repeated='2'", "n"),
            cell(
                "",
                "9<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>"
            )
        ]),
        "<table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='1000000'/></table:table-row>",
    );
    assert_eq!(
        text("", &body, &[]).await.text,
        "| Item | Sold Q1 | Sold Q2 |\n| --- | --- | --- |\n| Kettle | | 17 |\n| n | n | 9 - a |"
    );
    // A cell that was split, a frame of one cell, a table in a cell.
    let split = format!(
        "<table:table>{}{}</table:table>",
        row(&[cell("", "Part"), cell("", "Price")]),
        row(&[
            cell("", "Lid"),
            format!(
                "<table:table-cell><table:table table:is-sub-table='true'>{}{}</table:table></table:table-cell>",
                row(&[cell("", "2")]),
                row(&[cell("", "3")])
            )
        ]),
    );
    let inner = format!(
        "<table:table>{}</table:table>",
        row(&[cell("", "x"), cell("", "y")])
    );
    let nested = format!(
        "<table:table>{}</table:table>",
        row(&[format!("<table:table-cell>{inner}</table:table-cell>")])
    );
    let body = format!("{split}{nested}");
    assert_eq!(
        text("", &body, &[]).await.text,
        "| Part | Price |\n| --- | --- |\n| Lid | 2 |\n| Lid | 3 |\n\n| x | y |\n| --- | --- |"
    );
}

#[tokio::test]
async fn repetitions_cannot_multiply_a_small_file() {
    let long = "word ".repeat(2_000);
    let body = format!(
        "<table:table><table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='1000000'><text:p>{long}</text:p></table:table-cell></table:table-row>\
         <table:table-row><table:table-cell table:number-columns-spanned='900' table:number-rows-spanned='900'><text:p>{long}</text:p></table:table-cell></table:table-row></table:table>"
    );
    let extractor = extractor().with_limits(dynrag_extract::Limits {
        output_bytes: 16 << 20,
        ..dynrag_extract::Limits::default()
    });
    let read = crate::read_with(&extractor, Format::Odt, &odt(&body))
        .await
        .unwrap();
    assert!(count(&read, WarningCode::TableCut) > 0);
    // Tables inside tables, as far as a tree may go.
    let open = "<table:table><table:table-row><table:table-cell><table:table table:is-sub-table='true'><table:table-row><table:table-cell/><table:table-cell>";
    let close = "</table:table-cell></table:table-row></table:table></table:table-cell></table:table-row></table:table>";
    let body = format!(
        "{}<text:p>end</text:p>{}",
        open.repeat(80),
        close.repeat(80)
    );
    assert!(text("", &body, &[]).await.text.contains("end"));
}

#[tokio::test]
async fn formulas_and_charts_are_read() {
    let formula = r#"<!DOCTYPE math:math PUBLIC "-//OpenOffice.org//DTD Modified W3C MathML 1.01//EN" "math.dtd">
        <math:math xmlns:math="http://www.w3.org/1998/Math/MathML"><math:semantics><math:mrow><math:mi>E</math:mi><math:mo>=</math:mo><math:mn>17</math:mn></math:mrow><math:annotation math:encoding="StarMath 5.0">E = 17</math:annotation></math:semantics></math:math>"#;
    let chart = r#"<office:document-content xmlns:office="o" xmlns:chart="c" xmlns:table="b" xmlns:text="t"><office:body><office:chart><chart:chart>
        <chart:title><text:p>Sales by year</text:p></chart:title><chart:plot-area><chart:axis><chart:title><text:p>Pieces</text:p></chart:title></chart:axis></chart:plot-area>
        <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p/></table:table-cell><table:table-cell office:value-type="string"><text:p>Lids</text:p></table:table-cell></table:table-row></table:table-header-rows>
        <table:table-rows><table:table-row><table:table-cell><text:p>2024</text:p></table:table-cell><table:table-cell office:value="31"/></table:table-row></table:table-rows></table:table>
        </chart:chart></office:chart></office:body></office:document-content>"#;
    let body = r#"<text:p>The bound <draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="./r"/></draw:frame> holds.</text:p>
        <text:p><draw:frame><draw:object xlink:href="./Object 2"/></draw:frame></text:p><text:p><draw:frame><draw:object xlink:href="./Object 3"/></draw:frame></text:p>"#;
    let read = text(
        "",
        body,
        &[
            ("Object 1/content.xml", formula),
            ("Object 2/content.xml", chart),
        ],
    )
    .await;
    assert_eq!(
        read.text,
        "The bound E=17 holds.\n\nSales by year\n\nPieces\n\n| | Lids |\n| --- | --- |\n| 2024 | 31 |"
    );
    assert_eq!(count(&read, WarningCode::PartsUnreadable), 1);
}

#[tokio::test]
async fn hidden_text_is_left_out_unless_it_is_asked_for() {
    let styles = r#"<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>
        <style:style style:name="T2" style:family="text" style:parent-style-name="T1"/>"#;
    let body = r#"<text:p>Seen <text:span text:style-name="T2">unseen </text:span>again.</text:p>
        <text:section text:display="none"><text:p>In a hidden section.</text:p></text:section>
        <text:section text:display="condition"><text:p>In a section.</text:p></text:section>
        <text:p><text:hidden-paragraph text:is-hidden="true"/>A hidden paragraph.</text:p>
        <text:p>Price<text:hidden-text text:is-hidden="true" text:string-value=" 12"/></text:p>"#;
    let file = odt_with(styles, body, &[]);
    let read = read(Format::Odt, &file).await.unwrap();
    assert_eq!(read.text, "Seen again.\n\nIn a section.\n\nPrice");
    assert_eq!(count(&read, WarningCode::HiddenContent), 4);
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let all = extractor()
        .extract_with(Format::Odt, &file, options)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        all.text,
        "Seen unseen again.\n\nIn a hidden section.\n\nIn a section.\n\nA hidden paragraph.\n\nPrice 12"
    );
    assert_eq!(count(&all, WarningCode::HiddenContent), 0);
}

#[tokio::test]
async fn margins_and_comments_are_set_apart() {
    let styles = r#"<office:document-styles xmlns:office="o" xmlns:style="s" xmlns:text="t"><office:master-styles>
        <style:master-page style:name="a"><style:header><text:p>Acme Ltd, contract 17</text:p></style:header><style:footer><text:p>Page <text:page-number>3</text:page-number> of <text:page-count>5</text:page-count></text:p><text:p>Confidential</text:p></style:footer></style:master-page>
        <style:master-page style:name="b"><style:header><text:p>Acme Ltd, contract 17</text:p></style:header><style:header-left style:display="false"><text:p>old</text:p></style:header-left></style:master-page>
        </office:master-styles></office:document-styles>"#;
    let body = r#"<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region><text:changed-region><text:insertion/></text:changed-region></text:tracked-changes>
        <text:h text:outline-level="1">Terms</text:h>
        <text:p>Due in <office:annotation><dc:creator>Ada</dc:creator><dc:date>2024-01-01</dc:date><text:p>Really?</text:p><text:list><text:list-item><text:p>ask Bob</text:p></text:list-item></text:list></office:annotation>30 days<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Or</text:p><text:p>later.</text:p></text:note-body></text:note>.</text:p>
        <text:p>
            <text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby>駅</text:p>
        <text:p>See <draw:frame text:anchor-type="as-char"><draw:image/><svg:desc>the red button</svg:desc></draw:frame> below.<draw:frame><draw:image/><svg:title>A kettle</svg:title></draw:frame><draw:frame><draw:image/></draw:frame></text:p>"#;
    let read = text("", body, &[("styles.xml", styles)]).await;
    assert_eq!(
        read.text,
        "Acme Ltd, contract 17\n\nTerms\n\nDue in 30 days [1] (Or later.).\n\n東京(とうきょう)駅\n\nSee the red button below.\n\nA kettle\n\nConfidential\n\nComments\n\nAda: Really? - ask Bob"
    );
    let counts = [
        WarningCode::Comments,
        WarningCode::TrackedDeletions,
        WarningCode::ImageWithoutText,
    ];
    assert_eq!(counts.map(|code| count(&read, code)), [1, 1, 1]);
    let last = &read.sections[read.sections.len() - 1];
    assert_eq!(last.heading_path, ["Comments"]);
}

#[tokio::test]
async fn form_controls_show_their_values() {
    let body = r#"<office:forms><form:form><form:text form:id="c1" form:current-value="Ada"/><form:checkbox form:id="c2" form:label="Agreed" form:current-state="checked"/><form:password form:id="c3" form:current-value="secret"/></form:form></office:forms>
        <text:p>Name:<draw:control draw:control="c1"/><draw:control draw:control="c2"/><draw:control draw:control="c3"/></text:p>"#;
    assert_eq!(text("", body, &[]).await.text, "Name: Ada  [x] Agreed");
}

#[tokio::test]
async fn characters_of_fonts_of_symbols_are_what_they_show() {
    let style = |name: &str, family: &str, parent: &str, properties: &str| {
        format!(
            r#"<style:style style:name="{name}" style:family="{family}" style:parent-style-name="{parent}"><style:text-properties {properties}/></style:style>"#
        )
    };
    let styles = [
        style("Sign", "text", "", r#"style:font-name="Symbol""#),
        style("T1", "text", "Sign", ""),
        style("T2", "text", "", r#"svg:font-family="Wingdings""#),
        style("T3", "text", "Sign", r#"style:font-name="Arial""#),
        style("P1", "paragraph", "", r#"style:font-name="Wingdings""#),
    ]
    .concat();
    let body = "<text:p>Angle <text:span text:style-name=\"T1\">\u{f061}a</text:span>, done <text:span text:style-name=\"T2\">\u{f0fc}</text:span></text:p>
        <text:p text:style-name=\"P1\">\u{f0fc}<text:span text:style-name=\"T3\">\u{f061}</text:span></text:p>";
    assert_eq!(
        text(&styles, body, &[]).await.text,
        "Angle αa, done ✓\n\n✓\u{f061}"
    );
}
