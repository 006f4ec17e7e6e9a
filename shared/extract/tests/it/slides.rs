//! Presentations: the text of slides, its order, and omissions.

use dynrag_domain::{
    chunks::Extracted,
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::Options;

use crate::{
    extractor,
    office_file::pptx,
    read,
    slides_file::{
        Slide, chart, deck, diagram, frame, layout_and_master, line, notes, packed, part, parts,
        picture, root, shape, text_box, title,
    },
};

async fn read_deck(slides: &[Slide], more: Vec<(String, String)>) -> Extracted {
    read(Format::Pptx, &deck(slides, more)).await.unwrap()
}

async fn with_hidden(file: &[u8]) -> Extracted {
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let read = extractor().extract_with(Format::Pptx, file, options).await;
    read.unwrap().unwrap()
}

/// The text of a page.
fn page(extracted: &Extracted, number: u32) -> &str {
    let mut sections = extracted.sections.iter();
    let found = sections.find(|section| section.page == Some(number));
    let end = sections
        .next()
        .map_or(extracted.text.len(), |next| next.start);
    found.map_or("", |section| extracted.text[section.start..end].trim_end())
}

/// Count and detail of a warning.
fn warned(extracted: &Extracted, code: WarningCode) -> (u32, Option<&str>) {
    let mut all = extracted.warnings.as_slice().iter();
    let found = all.find(|warning| warning.code == code);
    found.map_or((0, None), |found| (found.count, found.detail.as_deref()))
}

#[tokio::test]
async fn a_slide_is_its_title_and_its_text_in_order() {
    let body = [
        line("Books"),
        r#"<a:p><a:pPr lvl="1"/><a:r><a:t>of the </a:t></a:r><a:r><a:rPr b="1"/><a:t>re</a:t></a:r><a:r><a:t>gion</a:t></a:r></a:p>"#.to_owned(),
        r#"<a:p><a:pPr><a:buNone/></a:pPr><a:r><a:t>First</a:t></a:r><a:br/><a:r><a:t>Second</a:t></a:r></a:p>"#.to_owned(),
        r#"<a:p><a:endParaRPr/></a:p>"#.to_owned(),
        r#"<a:p><a:pPr><a:buAutoNum type="alphaUcPeriod"/></a:pPr><a:r><a:t>Lend</a:t></a:r></a:p>"#.to_owned(),
        r#"<a:p><a:pPr><a:buAutoNum type="alphaUcPeriod"/></a:pPr><a:r><a:t>Return</a:t></a:r></a:p>"#.to_owned(),
    ];
    let alternative = format!(
        r#"<mc:AlternateContent><mc:Choice Requires="a14">{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>"#,
        shape(
            "",
            "<a:p><a:r><a:t>Area: </a:t></a:r><m:oMath><m:r><m:t>A=ab</m:t></m:r></m:oMath></a:p>"
        ),
        text_box("once more")
    );
    let group = format!(
        "<p:grpSp>{}<p:grpSp>{}</p:grpSp></p:grpSp>",
        text_box("Outer"),
        text_box("Inner")
    );
    let connector = "<p:cxnSp><p:nvCxnSpPr/><p:txBody><a:p><a:r><a:t>leads to</a:t></a:r></a:p></p:txBody></p:cxnSp>";
    let shapes = [
        shape(r#"idx="1""#, &body.concat()),
        alternative,
        group,
        connector.to_owned(),
        shape(r#"type="subTitle" idx="2""#, &line("A report")),
        shape(r#"type="ctrTitle""#, &line("The town_x000B_library")),
    ];
    let slide = Slide::new(shapes.concat()).linked("l", "slideLayout", "slideLayouts/layout.xml");
    let read = read_deck(&[slide], layout_and_master()).await;
    assert_eq!(
        read.text,
        "The town library\n\nA report\n\n- Books\n  - of the region\nFirst\nSecond\n\nA. Lend\nB. Return\n\nArea: A=ab\n\nOuter\n\nInner\n\nleads to"
    );
    assert_eq!(read.engine, "pptx");
    assert_eq!(read.sections[0].heading_path, ["The town library"]);
}

#[tokio::test]
async fn notes_and_pages_go_by_relationships() {
    let slide = |text: &str| Slide::new([title(text), text_box("x")].concat());
    let slides = [
        slide("One").linked("n", "notesSlide", "notesSlides/notesSlide2.xml"),
        slide("Two"),
        slide("Three").linked("n", "notesSlide", "notesSlides/notesSlide1.xml"),
    ];
    let said = "<a:p><a:r><a:t>Speak of the</a:t></a:r><a:br/><a:r><a:t>strike.</a:t></a:r></a:p>";
    let read = read_deck(
        &slides,
        vec![
            part("notesSlides/notesSlide1.xml", notes(said)),
            part("notesSlides/notesSlide2.xml", notes(&line("Of One"))),
        ],
    )
    .await;
    assert_eq!(read.pages, Some(3));
    assert_eq!(page(&read, 1), "One\n\nx\n\nNotes:\nOf One");
    assert_eq!(page(&read, 2), "Two\n\nx");
    assert_eq!(
        page(&read, 3),
        "Three\n\nx\n\nNotes:\nSpeak of the\nstrike."
    );
}

#[tokio::test]
async fn charts_and_diagrams_are_text() {
    let shapes = [
        title("Figures"),
        frame(r#"<c:chart r:id="c"/>"#),
        frame(r#"<dgm:relIds r:dm="d"/>"#),
        frame(r#"<dgm:relIds r:dm="e"/>"#),
    ];
    let slide = Slide::new(shapes.concat())
        .linked("c", "chart", "charts/chart.xml")
        .linked("d", "diagramData", "diagrams/data1.xml")
        .linked("e", "diagramData", "diagrams/data2.xml")
        .linked("f", "diagramDrawing", "diagrams/drawing1.xml")
        .linked("g", "diagramDrawing", "diagrams/drawing2.xml");
    let drawing = root("p:drawing", &text_box("By its drawing"));
    let read = read_deck(
        &[slide],
        vec![
            part(
                "charts/chart.xml",
                chart("Loans", "2026", &[("May", "#N/A"), ("June", "5,5")]),
            ),
            part("diagrams/data1.xml", diagram(&["Order", "Pack", "Ship"])),
            part("diagrams/data2.xml", "<broken"),
            part(
                "diagrams/drawing1.xml",
                root("p:drawing", &text_box("twice")),
            ),
            part("diagrams/drawing2.xml", drawing),
        ],
    )
    .await;
    assert_eq!(
        read.text,
        "Figures\n\nLoans\n\n| | 2026 |\n| --- | --- |\n| May | #N/A |\n| June | 5,5 |\n\n- Order\n- Pack\n- Ship\n\nBy its drawing"
    );
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

#[tokio::test]
async fn what_is_broken_does_not_cost_the_rest() {
    let slides = [
        Slide::new([title("Sound"), frame(r#"<c:chart r:id="none"/>"#)].concat())
            .linked("n", "notesSlide", "notesSlides/none.xml")
            .linked("l", "slideLayout", "slideLayouts/none.xml"),
        Slide::new("<a:broken>"),
        Slide::new(title("Sound too")),
    ];
    let read = read_deck(&slides, Vec::new()).await;
    assert_eq!(read.text, "Sound\n\nSound too");
    assert_eq!(page(&read, 3), "Sound too");
    assert_eq!(
        warned(&read, WarningCode::PartsUnreadable),
        (4, Some("slide 1, slide 2"))
    );
    let broken = deck(&[Slide::new("<a:broken>")], Vec::new());
    let code = crate::read(Format::Pptx, &broken).await.unwrap_err();
    assert_eq!(code, FailureCode::CorruptFile);
}

#[tokio::test]
async fn tables_have_their_cells() {
    let cell = |attributes: &str, text: &str| {
        format!(
            "<a:tc {attributes}><a:txBody>{}</a:txBody></a:tc>",
            line(text)
        )
    };
    let table = frame(&format!(
        "<a:tbl><a:tr>{}{}</a:tr><a:tr>{}{}</a:tr><a:tr>{}{}</a:tr></a:tbl>",
        cell("", "Card"),
        cell("", "blue</a:t></a:r><a:br/><a:r><a:t>15 | 16"),
        cell(r#"rowSpan="2""#, "Adults"),
        cell("", "a"),
        cell(r#"vMerge="1""#, ""),
        cell("", "b"),
    ));
    let read = read_deck(&[Slide::new(table)], Vec::new()).await;
    assert_eq!(
        read.text,
        "| Card | blue 15 \\| 16 |\n| --- | --- |\n| Adults | a |\n| Adults | b |"
    );
}

#[tokio::test]
async fn what_is_hidden_is_read_when_asked_for() {
    let hidden = text_box("Secret").replace(r#"name="x""#, r#"name="x" hidden="1""#);
    let slides = [
        Slide::new(title("Backup")).with(r#"show="0""#),
        Slide::new([title("Shown"), hidden].concat()),
    ];
    let file = deck(&slides, Vec::new());
    let read = read(Format::Pptx, &file).await.unwrap();
    assert_eq!(read.text, "Shown");
    assert_eq!((page(&read, 2), read.pages), ("Shown", Some(2)));
    assert_eq!(
        warned(&read, WarningCode::HiddenContent),
        (2, Some("slide 1, slide 2"))
    );
    let all = with_hidden(&file).await;
    assert_eq!(all.text, "Backup\n\nShown\n\nSecret");
    assert!(all.warnings.is_empty());
}

#[tokio::test]
async fn footers_are_read_once_and_numbers_never() {
    let number =
        r#"<a:p><a:r><a:t>Page </a:t></a:r><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p>"#;
    let bare = r#"<a:p><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p>"#;
    let slide = |footer: &str| {
        Slide::new(
            [
                title("T"),
                shape(r#"type="ftr" idx="11""#, &line(footer)),
                shape(
                    r#"type="dt" idx="10""#,
                    r#"<a:p><a:fld type="datetime1"><a:t>1 May</a:t></a:fld></a:p>"#,
                ),
                shape(r#"type="sldNum" idx="12""#, bare),
                shape("", bare),
                shape("", number),
            ]
            .concat(),
        )
    };
    let read = read_deck(
        &[
            slide("Town library"),
            slide("Town library"),
            slide("Draft of Ann"),
        ],
        Vec::new(),
    )
    .await;
    assert_eq!(page(&read, 1), "T\n\nPage 7\n\nTown library\n\n1 May");
    assert_eq!(page(&read, 2), "T\n\nPage 7");
    assert_eq!(page(&read, 3), "T\n\nPage 7\n\nDraft of Ann");
}

#[tokio::test]
async fn comments_stand_apart_with_their_authors() {
    let slides = [
        Slide::new(title("Old")).linked("c", "comments", "comments/comment1.xml"),
        Slide::new(title("New")).linked("c", "comments", "comments/modern.xml"),
    ];
    let old = r#"<p:cm authorId="0" idx="1"><p:pos x="1" y="1"/><p:text>Too long?</p:text></p:cm>"#;
    let new = format!(
        r#"<p:cm id="{{1}}" authorId="{{A}}"><p:replyLst><p:reply id="{{2}}" authorId="{{B}}"><p:txBody>{}</p:txBody></p:reply></p:replyLst><p:txBody>{}</p:txBody></p:cm>"#,
        line("It is."),
        line("Is it true?")
    );
    let read = read_deck(
        &slides,
        vec![
            part("comments/comment1.xml", root("p:cmLst", old)),
            part("comments/modern.xml", root("p:cmLst", &new)),
            part(
                "commentAuthors.xml",
                root("p:l", r#"<p:cmAuthor id="0" name="Ann"/>"#),
            ),
            part(
                "authors.xml",
                root(
                    "p:l",
                    r#"<p:author id="{A}" name="Bo"/><p:author id="{B}" name="Cy"/>"#,
                ),
            ),
        ],
    )
    .await;
    assert_eq!(page(&read, 1), "Old\n\nComments:\nAnn: Too long?");
    assert_eq!(
        page(&read, 2),
        "New\n\nComments:\nBo: Is it true?\nCy: It is."
    );
    assert_eq!(warned(&read, WarningCode::Comments).0, 3);
}

#[tokio::test]
async fn pictures_are_what_they_are_said_to_show() {
    let decorative = r#"<a:extLst><a:ext><a:decorative val="1"/></a:ext></a:extLst>"#;
    let shapes = [
        picture(r#"descr="A duck &amp; a pond""#, ""),
        picture("", ""),
        picture("", decorative),
        frame(r#"<p:oleObj name="Worksheet"/>"#),
        frame(r#"<p:oleObj name="Worksheet"/>"#)
            .replace(r#"name="f""#, r#"name="f" descr="Costs by month""#),
        "<p:contentPart/>".to_owned(),
    ];
    let read = read_deck(&[Slide::new(shapes.concat())], Vec::new()).await;
    assert_eq!(read.text, "A duck & a pond\n\nCosts by month");
    assert_eq!(warned(&read, WarningCode::ImageWithoutText).0, 1);
    assert_eq!(warned(&read, WarningCode::UnsupportedContent).0, 2);
}

#[tokio::test]
async fn strict_files_are_read() {
    let strict: Vec<(String, String)> = parts(&[Slide::new(title("Strict"))], Vec::new())
        .into_iter()
        .map(|(name, content)| {
            let content = content
                .replace(
                    "http://schemas.openxmlformats.org/officeDocument/2006",
                    "http://purl.oclc.org/ooxml/officeDocument",
                )
                .replace(
                    "http://schemas.openxmlformats.org/presentationml/2006",
                    "http://purl.oclc.org/ooxml/presentationml",
                );
            (name, content)
        })
        .collect();
    let read = read(Format::Pptx, &packed(&strict)).await.unwrap();
    assert_eq!(read.text, "Strict");
}

#[tokio::test]
async fn plain_decks_have_no_more_than_their_words() {
    let read = read(
        Format::Pptx,
        &pptx(&[("Why", "Limescale."), ("How", "Vinegar.")]),
    )
    .await;
    assert_eq!(read.unwrap().text, "Why\n\nLimescale.\n\nHow\n\nVinegar.");
}
