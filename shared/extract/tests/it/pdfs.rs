//! PDFs: pages, titles, and the ways they have no text.

use dynrag_domain::{
    chunks::Extracted,
    documents::{FailureCode, Format},
    warnings::WarningCode,
};
use dynrag_extract::Options;

use crate::{
    extractor, extractor_with,
    pdf_file::{PdfFile, SCAN, document, document_of, lines, page_with},
    read, read_with,
};

fn count(read: &Extracted, code: WarningCode) -> u32 {
    let mut warnings = read.warnings.as_slice().iter();
    warnings
        .find(|warning| warning.code == code)
        .map_or(0, |warning| warning.count)
}

/// The same document without and with what it hides.
async fn seen_and_all(file: &[u8]) -> [Extracted; 2] {
    let options = Options {
        include_hidden: true,
        ..Options::default()
    };
    let extractor = extractor();
    let all = extractor.extract_with(Format::Pdf, file, options).await;
    [
        read(Format::Pdf, file).await.unwrap(),
        all.unwrap().unwrap(),
    ]
}

#[tokio::test]
async fn more_pages_than_allowed_are_not_read() {
    let page = lines(&["A page."]);
    let file = document(&[&page, &page, &page]);
    for (max_pages, expected) in [(3, Ok(3)), (2, Err(FailureCode::TooManyPages))] {
        let options = Options {
            max_pages: Some(max_pages),
            ..Options::default()
        };
        let read = extractor().extract_with(Format::Pdf, &file, options).await;
        let pages = read.unwrap().map(|read| read.pages.unwrap());
        assert_eq!(pages.map_err(|failure| failure.code), expected);
    }
}

#[tokio::test]
async fn text_keeps_its_pages() {
    let first = lines(&[
        "The first page has some lines,",
        "and a divided inter-",
        "preter.",
    ]);
    let file = document(&[&first, "", &lines(&["The third page."])]);
    let extracted = read(Format::Pdf, &file).await.unwrap();
    assert_eq!(extracted.engine, "pdfium");
    assert_eq!(extracted.title.as_deref(), Some("A small PDF"));
    assert_eq!(extracted.pages, Some(3));
    let pages: Vec<_> = extracted
        .sections
        .iter()
        .map(|section| {
            (
                section.page,
                &extracted.text[section.start..section.start + 9],
            )
        })
        .collect();
    assert_eq!(pages, [(Some(1), "The first"), (Some(3), "The third")]);
    assert!(
        extracted.text.contains("divided interpreter."),
        "{}",
        extracted.text
    );
}

#[tokio::test]
async fn the_second_reader_works_without_the_library() {
    let file = document(&[&lines(&["Words enough for the second reader."])]);
    for library in [None, Some("/nowhere/libpdfium.so".into())] {
        let extractor = extractor_with(library);
        let extracted = read_with(&extractor, Format::Pdf, &file).await.unwrap();
        assert_eq!(extracted.engine, "pdf-extract");
        assert!(extracted.text.contains("second reader"));
        assert_eq!(extracted.sections[0].page, Some(1));
    }
}

#[tokio::test]
async fn what_was_filled_into_a_form_is_text() {
    let mut pdf = PdfFile::default();
    let font = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    let shown = pdf.stream(
        &format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 {font} 0 R >> >>"
        ),
        b"BT /F1 12 Tf 2 5 Td (Ada Lovelace) Tj ET",
    );
    let field = pdf.add(format!(
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Ada Lovelace) /F 4 \
         /Rect [50 400 250 420] /AP << /N {shown} 0 R >> >>"
    ));
    let page = pdf.add(format!(
        "<< /Type /Page /Parent 5 0 R /MediaBox [0 0 400 600] /Annots [{field} 0 R] >>"
    ));
    let pages = pdf.add(format!("<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>"));
    let root = pdf.add(format!("<< /Type /Catalog /Pages {pages} 0 R >>"));
    let extracted = read(Format::Pdf, &pdf.bytes(root, "")).await.unwrap();
    assert_eq!(extracted.text, "Ada Lovelace");
}

#[tokio::test]
async fn scans_need_ocr_even_with_a_stamp() {
    let stamped = format!("{SCAN}{}", lines(&["Scanned with an app"]));
    for file in [
        document(&[SCAN]),
        document(&[&stamped, &stamped]),
        document(&[""]),
    ] {
        assert_eq!(
            read(Format::Pdf, &file).await,
            Err(FailureCode::NoTextLayer)
        );
    }
    // Not a scan: the same few words on a separate page, and a page with a text layer.
    let layered = format!(
        "{SCAN}{}",
        lines(&["A scan that went through OCR already, with its words."])
    );
    for file in [document(&[&lines(&["Few words"])]), document(&[&layered])] {
        assert!(read(Format::Pdf, &file).await.is_ok());
    }
}

#[tokio::test]
async fn a_password_to_open_is_asked_for() {
    let locked = include_bytes!("fixtures/password.pdf");
    assert_eq!(
        read(Format::Pdf, locked).await,
        Err(FailureCode::PasswordProtected)
    );
    // Encrypted against changes alone: everybody may read it.
    let open = include_bytes!("fixtures/owner_password.pdf");
    assert_eq!(
        read(Format::Pdf, open).await.unwrap().text,
        "A secret of the house"
    );
}

#[tokio::test]
async fn damage_is_named() {
    let file = document(&[&lines(&["Some text that was here."])]);
    let cut = &file[..200];
    assert_eq!(read(Format::Pdf, cut).await, Err(FailureCode::CorruptFile));
    assert_eq!(
        read(Format::Pdf, b"%PDF-1.4\n").await,
        Err(FailureCode::CorruptFile)
    );
    assert_eq!(
        read(Format::Pdf, b"").await,
        Err(FailureCode::EmptyDocument)
    );
    assert_eq!(
        read(Format::Pdf, b"PK\x03\x04zip").await,
        Err(FailureCode::UnsupportedType)
    );
    assert_eq!(
        read(Format::Pdf, b"a letter").await,
        Err(FailureCode::UnsupportedType)
    );
    assert_eq!(
        read(Format::Txt, &file).await,
        Err(FailureCode::UnsupportedType)
    );
    // A file without its cross-reference table can still be read.
    let table = file
        .windows(7)
        .position(|window| window == b"xref\n0 ")
        .unwrap();
    let mut mended = file.clone();
    mended[table..table + 4].copy_from_slice(b"gone");
    let mended = read(Format::Pdf, &mended).await.unwrap();
    assert_eq!(mended.text, "Some text that was here.");
}

#[tokio::test]
async fn fields_without_appearance_are_read() {
    let form = "/AcroForm << /NeedAppearances true /DA (/Helv 12 Tf 0 g) /DR << /Font << /Helv 1 0 R >> >> \
        /Fields [10 0 R 11 0 R 12 0 R 13 0 R 14 0 R] >>";
    let field = |entries: &str, bottom: u32| {
        format!(
            "<< /Type /Annot /Subtype /Widget /F 4 /Rect [150 {bottom} 350 {}] {entries} >>",
            bottom + 20
        )
    };
    let fields = [
        field(
            "/FT /Tx /T (name) /V (Grace Hopper) /DA (/Helv 12 Tf 0 g)",
            490,
        ),
        field(
            "/FT /Ch /Ff 131072 /T (land) /Opt [[(SE) (Sweden)] [(NO) (Norway)]] /V (NO) /DA (/Helv 12 Tf 0 g)",
            460,
        ),
        field(
            "/FT /Btn /T (terms) /TU (Accepts the terms) /V /Yes /AS /Yes /AP << /N << /Yes 15 0 R /Off 15 0 R >> >>",
            430,
        ),
        field(
            "/FT /Tx /Ff 8192 /T (pin) /V (1234567) /DA (/Helv 12 Tf 0 g)",
            400,
        ),
        // Hidden.
        "<< /Type /Annot /Subtype /Widget /F 2 /FT /Tx /T (x) /V (unseen) /Rect [1 1 99 9] >>"
            .to_owned(),
        "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream"
            .to_owned(),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let annotations = "/Annots [10 0 R 11 0 R 12 0 R 13 0 R 14 0 R]";
    let content = lines(&["Name of the applicant:", "Country: 12 of 40"]);
    let file = page_with(&content, annotations, form, &fields);
    let text = read(Format::Pdf, &file).await.unwrap().text;
    for value in ["Grace Hopper", "Norway", "[x] Accepts the terms"] {
        assert_eq!(text.matches(value).count(), 1, "{value} in {text}");
    }
    for secret in ["1234567", "unseen"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn notes_and_text_boxes_are_read() {
    let annotations = [
        "<< /Type /Annot /Subtype /FreeText /Rect [50 300 250 320] /DA (/Helv 12 Tf) /Contents (Approved with changes) >>",
        "<< /Type /Annot /Subtype /Text /Rect [50 200 70 220] /T (Ada) /Contents (Is this right?) /Popup 12 0 R >>",
        "<< /Type /Annot /Subtype /Popup /Rect [50 200 70 220] /Contents (Is this right?) >>",
        "<< /Type /Annot /Subtype /Text /F 2 /Rect [50 200 70 220] /Contents (an unseen note) >>",
        "<< /Type /Annot /Subtype /Highlight /Rect [50 200 70 220] /QuadPoints [0 0 1 0 0 1 1 1] /Contents (opens at nine) >>",
    ];
    let content = lines(&["The library opens at nine."]);
    let file = page_with(
        &content,
        "/Annots [10 0 R 11 0 R 12 0 R 13 0 R 14 0 R]",
        "",
        &annotations,
    );
    let extracted = read(Format::Pdf, &file).await.unwrap();
    assert_eq!(
        extracted.text,
        "The library opens at nine.\nApproved with changes\nNote (Ada): Is this right?"
    );
    assert_eq!(count(&extracted, WarningCode::Comments), 2);
    // A note does not make a scan a text.
    let note = "<< /Type /Annot /Subtype /Text /Rect [50 200 70 220] /Contents (A note that is long enough for a page of text.) >>";
    let file = page_with("", "/Annots [10 0 R]", "", &[note]);
    assert!(read(Format::Pdf, &file).await.is_ok());
}

#[tokio::test]
async fn hyphens_that_are_the_writers_own_stay() {
    let file = document(&[&lines(&[
        "The meter has four in-",
        "and outputs, and a well-",
        "known, that is well-known, inter-",
        "preter.",
    ])]);
    let text = read(Format::Pdf, &file).await.unwrap().text;
    for words in ["four in- and outputs", "a well-known, that", "interpreter."] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn text_that_nobody_sees_is_left_out() {
    let seen = lines(&["What everybody can read on this page of the document."]);
    let unseen =
        |content: &str| format!("{content} BT 3 Tr /F1 12 Tf 30 300 Td (ignore all of it) Tj ET");
    let outside = format!("{seen} BT /F1 12 Tf 30 900 Td (beyond the edge) Tj ET");
    for (file, hidden) in [
        (document(&[&unseen(&seen)]), "ignore all of it"),
        (document(&[&outside]), "beyond the edge"),
    ] {
        let [without, with] = seen_and_all(&file).await;
        assert_eq!(
            without.text,
            "What everybody can read on this page of the document."
        );
        assert_eq!(count(&without, WarningCode::HiddenContent), 1);
        assert!(with.text.contains(hidden), "{}", with.text);
        assert_eq!(count(&with, WarningCode::HiddenContent), 0);
    }
    let layered =
        "BT /F1 12 Tf 30 500 Td /OC /L1 BDC (Off at first) Tj EMC /OC /L2 BDC ( and on) Tj EMC ET";
    let file = page_with(
        layered,
        "/Resources << /Font << /F1 1 0 R >> /Properties << /L1 10 0 R /L2 11 0 R >> >>",
        "/OCProperties << /OCGs [10 0 R 11 0 R] /D << /OFF [10 0 R] >> >>",
        &[
            "<< /Type /OCG /Name (Notes) >>",
            "<< /Type /OCG /Name (Text) >>",
        ],
    );
    let [without, with] = seen_and_all(&file).await;
    assert_eq!(without.text.trim(), "and on");
    assert_eq!(count(&without, WarningCode::HiddenContent), 1);
    assert_eq!(with.text, "Off at first and on");
    // The text over a scan is not drawn either.
    let layer = format!(
        "{SCAN}{} BT 3 Tr /F1 12 Tf 30 300 Td (the words that were recognised in this scan) Tj ET",
        lines(&["Scanned on Monday by the machine in the hall of the house"])
    );
    let text = read(Format::Pdf, &document(&[&layer])).await.unwrap().text;
    assert!(text.contains("recognised in this scan"), "{text}");
}

#[tokio::test]
async fn japanese_without_its_font_is_read() {
    // Drawn one by one, from the top, in two columns.
    let mut content = lines(&["The library opens at nine."]);
    for (column, text) in ["保証期間は", "二年です"].iter().enumerate() {
        for (row, character) in text.chars().enumerate() {
            content.push_str(&format!(
                " BT /F2 12 Tf {} {} Td <{:04X}> Tj ET",
                300 - 20 * column,
                400 - 13 * row,
                character as u32
            ));
        }
    }
    let text = read(Format::Pdf, &page_with(&content, "", "", &[]))
        .await
        .unwrap()
        .text;
    assert_eq!(text, "The library opens at nine.\n保証期間は\n二年です");
}

#[tokio::test]
async fn pages_without_text_are_counted() {
    let first = lines(&["A page of text."]);
    let extracted = read(Format::Pdf, &document_of("", "", &[&first, "", SCAN]))
        .await
        .unwrap();
    assert_eq!(count(&extracted, WarningCode::PagesWithoutText), 2);
}
