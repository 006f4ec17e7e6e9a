//! PDFs: the values of forms, in their places.

use dynrag_domain::documents::Format;

use crate::{
    pdf_file::{lines, page_with},
    read,
};

async fn text(file: &[u8]) -> String {
    read(Format::Pdf, file).await.unwrap().text
}

/// A page with these fields, whose appearances pdfium draws.
fn form(content: &str, fields: &[String]) -> Vec<u8> {
    let numbers: String = (10..10 + fields.len())
        .map(|number| format!("{number} 0 R "))
        .collect();
    let catalog = format!(
        "/AcroForm << /NeedAppearances true /DA (/Helv 12 Tf 0 g) /DR << /Font << /Helv 1 0 R >> >> /Fields [{numbers}] >>"
    );
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    page_with(content, &format!("/Annots [{numbers}]"), &catalog, &fields)
}

fn field(entries: &str, [left, bottom, right, top]: [u32; 4]) -> String {
    format!(
        "<< /Type /Annot /Subtype /Widget /F 4 /DA (/Helv 12 Tf 0 g) /Rect [{left} {bottom} {right} {top}] {entries} >>"
    )
}

fn text_field(name: &str, value: &str, left: u32, bottom: u32) -> String {
    let entries = format!("/FT /Tx /T ({name}) /V ({value})");
    field(&entries, [left, bottom, left + 100, bottom + 18])
}

#[tokio::test]
async fn values_on_different_lines_stay_apart() {
    let fields = [
        text_field("a", "Meyer", 100, 400),
        text_field("b", "Ulm", 100, 370),
        text_field("c", "Ada", 100, 340),
        text_field("d", "12", 100, 310),
        text_field("e", "34", 100, 280),
        text_field("f", "Kiel", 250, 280),
    ];
    let file = form(&lines(&["The form of the library."]), &fields);
    assert_eq!(
        text(&file).await,
        "The form of the library.\nMeyer\nUlm\nAda\n12\n34 Kiel"
    );
}

#[tokio::test]
async fn values_follow_their_labels() {
    let content = "BT /F1 12 Tf 30 500 Td (Name:) Tj 0 -30 Td (Town:) Tj 0 -30 Td (Place) Tj 40 0 Td (of birth) Tj \
        -40 -50 Td (I agree) Tj -10 -100 Td (Sign here.) Tj ET";
    let fields = [
        text_field("name", "Ada Byron", 120, 496),
        text_field("town", "Trier", 120, 466),
        text_field("birth", "Kiel", 30, 420),
        text_field("alone", "Alone", 250, 300),
    ];
    assert_eq!(
        text(&form(content, &fields)).await,
        "Name: Ada Byron\nTown: Trier\nPlace of birth\nKiel\nI agree\nSign here.\nAlone"
    );
}

#[tokio::test]
async fn tables_of_fields_keep_their_rows() {
    let content =
        "BT /F1 12 Tf 30 500 Td (Item) Tj 110 0 Td (Price) Tj -110 -200 Td (Sign here.) Tj ET";
    let fields = [
        text_field("a", "Pump", 30, 478),
        text_field("b", "120.00", 140, 478),
        text_field("c", "Hose", 30, 458),
        text_field("d", "45.00", 140, 458),
    ];
    assert_eq!(
        text(&form(content, &fields)).await,
        "Item Price\nPump 120.00\nHose 45.00\nSign here."
    );
}

#[tokio::test]
async fn form_objects_on_different_lines_stay_apart() {
    let object = |text: &str| {
        let content = format!("BT /F1 12 Tf 2 4 Td ({text}) Tj ET");
        format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 100 18] /Resources << /Font << /F1 1 0 R >> >> /Length {} >>\n\
             stream\n{content}\nendstream",
            content.len()
        )
    };
    let nested = "q 1 0 0 1 0 20 cm /A Do Q q 1 0 0 1 90 20 cm /B Do Q /B Do";
    let nested = format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 300 50] /Resources << /XObject << /A 10 0 R /B 11 0 R >> >> \
         /Length {} >>\nstream\n{nested}\nendstream",
        nested.len()
    );
    let content =
        "q 1 0 0 1 50 400 cm /A Do Q q 1 0 0 1 50 370 cm /B Do Q q 1 0 0 1 50 200 cm /C Do Q";
    let file = page_with(
        content,
        "/Resources << /Font << /F1 1 0 R >> /XObject << /A 10 0 R /B 11 0 R /C 12 0 R >> >>",
        "",
        &[&object("12"), &object("34"), &nested],
    );
    assert_eq!(text(&file).await, "12\n34\n12 34\n34");
}

#[tokio::test]
async fn cells_of_a_comb_are_one_word() {
    let comb = "/FT /Tx /Ff 16777216 /MaxLen 6 /T (code) /V (D12345)";
    let fields = [field(comb, [100, 400, 220, 420])];
    assert_eq!(
        text(&form(&lines(&["A form."]), &fields)).await,
        "A form.\nD12345"
    );
}

#[tokio::test]
async fn chosen_options_and_checked_boxes_are_told() {
    let list = "/FT /Ch /T (colour) /Opt [(Red) (Green) (Magenta)] /V (Magenta)";
    let fields = [
        field(list, [100, 400, 200, 460]),
        // Without appearances.
        field("/FT /Btn /T (agree) /V /On /AS /On", [100, 300, 112, 312]),
        field("/FT /Btn /T (spam) /V /Off /AS /Off", [100, 280, 112, 292]),
        field(
            "/FT /Btn /Ff 49152 /T (size) /V /large /AS /large",
            [100, 260, 112, 272],
        ),
    ];
    let text = text(&form(&lines(&["A form."]), &fields)).await;
    let told: Vec<&str> = text.lines().rev().take(3).collect();
    assert_eq!(
        told,
        ["size: large", "[x] agree", "colour: Magenta"],
        "{text}"
    );
}

#[tokio::test]
async fn rich_text_boxes_and_stamps_are_read() {
    let annotations = [
        "<< /Type /Annot /Subtype /FreeText /Rect [50 300 250 320] \
         /RC (<?xml version=\"1.0\"?><body><p>Paid &amp; closed</p><p>in May</p></body>) >>",
        "<< /Type /Annot /Subtype /Stamp /Rect [50 200 70 220] /Contents (Approved in June) >>",
    ];
    let file = page_with(
        &lines(&["A bill."]),
        "/Annots [10 0 R 11 0 R]",
        "",
        &annotations,
    );
    assert_eq!(
        text(&file).await,
        "A bill.\nPaid & closed\n\nin May\nNote: Approved in June"
    );
}
