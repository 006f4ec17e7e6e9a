//! Small files made for the tests.

#[path = "../../../shared/extract/tests/it/pdf_file.rs"]
#[allow(
    dead_code,
    clippy::format_push_string,
    reason = "the extractor's tests use the rest"
)]
mod pdf_file;

#[path = "../../../shared/extract/tests/it/office_file.rs"]
#[allow(dead_code, reason = "the extractor's tests use the rest")]
pub mod office;

/// A PDF with a password and one page of text.
pub const PASSWORD_PDF: &[u8] =
    include_bytes!("../../../shared/extract/tests/it/fixtures/password.pdf");

/// A PDF whose password is known (AES-256, made with pikepdf).
pub const LOCKED_PDF: &[u8] = include_bytes!("fixtures/locked.pdf");

/// The password of the locked PDF.
pub const LOCKED_PDF_PASSWORD: &str = "open sesame";

/// A PDF with one page of text for each item.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let pages: Vec<String> = pages.iter().map(|text| pdf_file::lines(&[text])).collect();
    pdf_file::document(&pages.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A PDF with one page that shows an image and no text.
pub fn scanned_pdf() -> Vec<u8> {
    pdf_file::document(&[pdf_file::SCAN])
}

/// A small PDF that takes long to read: so many pages, each with the same so many words.
pub fn slow_pdf(pages: usize, words: usize) -> Vec<u8> {
    let mut pdf = pdf_file::PdfFile::default();
    let font = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    let words = "1 1 Td (ab) Tj ".repeat(words);
    let content = pdf.stream("", format!("BT /F1 9 Tf {words} ET").as_bytes());
    let page = pdf.add(format!(
        "<< /Type /Page /Parent {} 0 R /MediaBox [0 0 600 800] /Contents {content} 0 R \
         /Resources << /Font << /F1 {font} 0 R >> >> >>",
        content + 2
    ));
    let kids = format!("{page} 0 R ").repeat(pages);
    let tree = pdf.add(format!("<< /Type /Pages /Kids [{kids}] /Count {pages} >>"));
    let root = pdf.add(format!("<< /Type /Catalog /Pages {tree} 0 R >>"));
    pdf.bytes(root, "")
}

/// Returns a file with the same text for a reader but with different bytes.
pub fn made_unique(file: &[u8], word: &str) -> Vec<u8> {
    [file, format!("\n% {word}\n").as_bytes()].concat()
}

/// A page with an article and the boilerplate around it.
pub fn html(title: &str, section: &str, text: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <script>var tracker = 'trackerword';</script></head><body>\
         <nav><a href=\"/\">Homeword</a> <a href=\"/login\">Loginword</a></nav>\
         <main><article><h1>{title}</h1><p>This page explains in some detail how the matter is \
         handled, who is responsible for it, and what has to be done by whom when something out of \
         the ordinary happens on a weekend.</p><h2>{section}</h2><p>{text}</p></article></main>\
         <footer><a href=\"/imprint\">Imprintword</a></footer></body></html>"
    )
}
