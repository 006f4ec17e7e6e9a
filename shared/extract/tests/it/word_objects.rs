//! Word documents: content beside the text or in other parts, and broken content.

use dynrag_domain::warnings::WarningCode;

use crate::{
    word::{count, read_file, text_of},
    word_file::{WordFile, field, image, p, p_of, r, text_box, word_xml},
};

#[tokio::test]
async fn text_boxes_are_read_once_after_their_paragraph() {
    let group = format!(
        r#"<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><wpg:wgp><wpg:grpSp>
        <wps:wsp><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></wps:wsp>
        <wps:wsp><wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx></wps:wsp></wpg:grpSp></wpg:wgp></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"#,
        p(&r("One")),
        p(&r("Two"))
    );
    let old = format!(
        r#"<w:r><w:pict><v:group><v:rect alt="A plan"><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:rect></v:group>
        <v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r>"#,
        p(&r("Old box"))
    );
    let body = [
        p(&[
            r("The sen"),
            text_box(&format!("{}{}", p(&r("First")), p(&r("Second")))),
            r("tence."),
        ]
        .concat()),
        p(&format!("{}{group}", r("Group:"))),
        p(&old),
    ]
    .concat();
    assert_eq!(
        text_of(&body).await,
        "The sentence.\n\nFirst\n\nSecond\n\nGroup:\n\nOne\n\nTwo\n\nA plan\n\nOld box\n\nDRAFT"
    );
}

#[tokio::test]
async fn images_are_what_they_are_said_to_show() {
    let decorative = r#"<a:extLst><a:ext><adec:decorative val="1"/></a:ext></a:extLst>"#;
    let equation = r#"<w:r><w:object><v:shape><v:imagedata/></v:shape><o:OLEObject ProgID="Equation.3"/></w:object></w:r>"#;
    let body = p(&[
        r("Press"),
        image(r#"descr="the green button" title="x""#, ""),
        r("to start"),
        image(r#"title="A map""#, ""),
        image("", ""),
        image("", decorative),
        equation.to_owned(),
    ]
    .concat());
    let read = read_file(&WordFile::of(&body)).await;
    assert_eq!(read.text, "Press the green button to start A map");
    assert_eq!(count(&read, WarningCode::ImageWithoutText), 1);
    assert_eq!(count(&read, WarningCode::UnsupportedContent), 1);
}

#[tokio::test]
async fn notes_stand_in_their_sentence_and_comments_at_the_end() {
    let note = |kind: &str, id: u8, content: &str| {
        format!(r#"<w:{kind} w:id="{id}">{content}</w:{kind}>"#)
    };
    let footnotes = [
        format!(
            r#"<w:footnote w:type="separator" w:id="0">{}</w:footnote>"#,
            p(&r("line"))
        ),
        note(
            "footnote",
            1,
            &format!("{}{}", p(&r("Since 1990.")), p(&r("Yearly."))),
        ),
        note("footnote", 2, &p(&r("Own mark."))),
        note("footnote", 3, &p(&r("In force."))),
    ]
    .concat();
    let comment = format!(
        r#"<w:comment w:id="0" w:author="Ada">{}</w:comment>"#,
        p(&r("Check this."))
    );
    let body = p(&[
        r("Kept"),
        r#"<w:r><w:footnoteReference w:id="1"/></w:r>"#.to_owned(),
        r(" there"),
        r#"<w:r><w:endnoteReference w:id="1"/></w:r>"#.to_owned(),
        r(" and here"),
        r#"<w:r><w:footnoteReference w:customMarkFollows="1" w:id="2"/><w:t>*</w:t></w:r>"#
            .to_owned(),
        r(". Again"),
        r#"<w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:footnoteReference w:id="77"/></w:r>"#
            .to_owned(),
        r#"<w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>"#.to_owned(),
        r("."),
    ]
    .concat());
    let heading = r#"<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Rules</w:t></w:r><w:r><w:footnoteReference w:id="3"/></w:r></w:p>"#;
    let file = WordFile::of(&format!("{heading}{body}"))
        .xml("footnotes", "footnotes", &footnotes)
        .xml(
            "endnotes",
            "endnotes",
            &note("endnote", 1, &p(&r("At the end."))),
        )
        .xml("comments", "comments", &comment);
    let read = read_file(&file).await;
    assert_eq!(
        read.text,
        "Rules\n\n[1] In force.\n\nKept [2] (Since 1990. Yearly.) there [i] (At the end.) and here* (Own mark.). Again.\n\nComments\n\nAda: Check this."
    );
    assert_eq!(count(&read, WarningCode::Comments), 1);
    assert_eq!(read.sections.last().unwrap().heading_path, ["Comments"]);
}

#[tokio::test]
async fn headers_and_footers_are_read_once() {
    let header = |text: &str| word_xml("hdr", &p(&r(text)));
    let numbered = p(&[
        r("Page "),
        field("PAGE", &r("3")),
        r(" of "),
        field("NUMPAGES", &r("9")),
    ]
    .concat());
    let footer = word_xml("ftr", &format!("{numbered}{}", p(&r("ACME Ltd, Leeds"))));
    let section = |references: &str| format!("<w:sectPr>{references}</w:sectPr>");
    let body = [
        p_of(&section(r#"<w:headerReference w:type="default" r:id="h1.xml"/><w:headerReference w:type="first" r:id="h3.xml"/>"#), "One."),
        p(&r("Two.")),
        section(r#"<w:headerReference w:type="default" r:id="h2.xml"/><w:footerReference w:type="default" r:id="f1.xml"/>"#),
    ]
    .concat();
    let file = WordFile::of(&body)
        .part("header", "h1.xml", header("Confidential"))
        .part("header", "h2.xml", header("Confidential"))
        .part("header", "h3.xml", header("Not shown"))
        .part("footer", "f1.xml", footer);
    assert_eq!(
        read_file(&file).await.text,
        "Confidential\n\nOne.\n\nTwo.\n\nACME Ltd, Leeds"
    );
}

#[tokio::test]
async fn formulas_and_readings_are_apart_from_words() {
    let formula = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>";
    let ruby = |base: &str, reading: &str| {
        format!(
            "<w:r><w:ruby><w:rubyPr/><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>",
            r(reading),
            r(base)
        )
    };
    let body = [
        p(&format!("{}{formula}{}", r("energy"), r("joules"))),
        p(&format!(
            "{}<m:oMathPara>{formula}</m:oMathPara>",
            r("Then:")
        )),
        format!("<m:oMathPara>{formula}</m:oMathPara>"),
        p(&[ruby("東", "とう"), ruby("京", "きょう"), r("へ行く")].concat()),
    ]
    .concat();
    assert_eq!(
        text_of(&body).await,
        "energy x joules\n\nThen:\nx\n\nx\n\n東京(とうきょう)へ行く"
    );
}

#[tokio::test]
async fn diagrams_and_charts_are_read_from_their_parts() {
    let frame = |data: &str| {
        format!(
            "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData>{data}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )
    };
    let body = [
        p(&format!(
            "{}{}",
            r("Steps:"),
            frame(r#"<dgm:relIds r:dm="data.xml"/>"#)
        )),
        p(&format!(
            "{}{}",
            r("Sales:"),
            frame(r#"<c:chart r:id="chart.xml"/>"#)
        )),
        p(&frame(r#"<c:chart r:id="none.xml"/>"#)),
    ]
    .concat();
    let data = r#"<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
        <dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:p><a:r><a:t>Order received</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"#;
    let chart = r#"<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
        <c:chart><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>Kettles</c:v></c:pt></c:strCache></c:strRef></c:tx>
        <c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>May</c:v></c:pt></c:strCache></c:strRef></c:cat>
        <c:val><c:numRef><c:numCache><c:pt idx="0"><c:v>12</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"#;
    let file = WordFile::of(&body)
        .part("diagramData", "data.xml", data)
        .part("chart", "chart.xml", chart);
    let read = read_file(&file).await;
    for text in ["Steps:\n\n- Order received", "Kettles", "May", "12"] {
        assert!(read.text.contains(text), "no {text} in\n{}", read.text);
    }
    assert_eq!(count(&read, WarningCode::PartsUnreadable), 1);
}

#[tokio::test]
async fn documents_inside_are_read() {
    let chunk = |name: &str| format!(r#"<w:altChunk r:id="{name}"/>"#);
    let inner = WordFile::of(&format!(
        "{}{}",
        p(&r("From a document.")),
        chunk("deep.txt")
    ))
    .part("aFChunk", "deep.txt", "Too deep.");
    let archive = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n\
        Content-Type: text/html; charset=utf-8\r\n\r\n<p>From an archive.</p>\r\n--b--\r\n";
    let names = [
        "a.html", "b.txt", "c.rtf", "d.docx", "e.mht", "f.bin", "a.html",
    ];
    let body = format!(
        "{}{}{}",
        p(&r("Before.")),
        names.map(chunk).concat(),
        p(&r("After."))
    );
    let file = WordFile::of(&body)
        .part(
            "aFChunk",
            "a.html",
            "<html><body><h1>Part</h1><p>From a page.</p></body></html>",
        )
        .part("aFChunk", "b.txt", "From a text.")
        .part("aFChunk", "c.rtf", r"{\rtf1 From Rich Text.}")
        .part("aFChunk", "d.docx", inner.bytes())
        .part("aFChunk", "e.mht", archive)
        .part("aFChunk", "f.bin", b"\x89PNG\0\0");
    let read = read_file(&file).await;
    assert_eq!(
        read.text,
        "Before.\n\nPart\n\nFrom a page.\n\nFrom a text.\n\nFrom Rich Text.\n\nFrom a document.\n\nFrom an archive.\n\nAfter."
    );
    assert_eq!(count(&read, WarningCode::UnsupportedContent), 2);
}

#[tokio::test]
async fn parts_are_found_by_relationships_and_may_be_broken() {
    let body = p(&format!(
        "{}{}",
        r("Plain"),
        r#"<w:r><w:footnoteReference w:id="1"/></w:r>"#
    ));
    let file = WordFile::of(&body)
        .named("document2.xml")
        .part("styles", "styles.xml", "<w:styles")
        .part(
            "numbering",
            "numbering.xml",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        )
        .part("footnotes", "footnotes.xml", "");
    let read = read_file(&file).await;
    assert_eq!(read.text, "Plain");
    assert_eq!(count(&read, WarningCode::PartsUnreadable), 3);
}
