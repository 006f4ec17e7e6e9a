//! PDFs: pages, titles, and the ways they have no text.

use dynrag_domain::documents::{FailureCode, Format};

use crate::{
    extractor_with,
    pdf_file::{PdfFile, SCAN, document, lines},
    read, read_with,
};

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
    // Not a scan: the same few words on a page of their own, and a page with a text layer.
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
    // Without its cross-reference table a file can still be read.
    let table = file
        .windows(7)
        .position(|window| window == b"xref\n0 ")
        .unwrap();
    let mut mended = file.clone();
    mended[table..table + 4].copy_from_slice(b"gone");
    let mended = read(Format::Pdf, &mended).await.unwrap();
    assert_eq!(mended.text, "Some text that was here.");
}
