//! Files made to kill their reader: each ends in text or in a typed failure, and in time.

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::{Extractor, Limits};

use crate::{
    extractor,
    pdf_file::{PdfFile, document, lines},
    read, read_with, small,
};

/// Arrays nested so deep that a recursive parser uses up its stack.
fn nested_arrays(depth: usize) -> Vec<u8> {
    let mut pdf = PdfFile::default();
    pdf.add([vec![b'['; depth], vec![b']'; depth]].concat());
    let pages = pdf.add("<< /Type /Pages /Kids [] /Count 0 /X 1 0 R >>");
    let root = pdf.add(format!("<< /Type /Catalog /Pages {pages} 0 R >>"));
    pdf.bytes(root, "")
}

/// A page tree that contains itself.
fn circular_pages() -> Vec<u8> {
    let mut pdf = PdfFile::default();
    pdf.add("<< /Type /Pages /Kids [1 0 R 1 0 R] /Count 2 /Parent 1 0 R >>");
    let root = pdf.add("<< /Type /Catalog /Pages 1 0 R >>");
    pdf.bytes(root, "")
}

/// A form that draws itself, which pdf-extract follows until its stack ends.
fn circular_form() -> Vec<u8> {
    let mut pdf = PdfFile::default();
    pdf.stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 1 0 R >> >>",
        b"/X Do /X Do",
    );
    let content = pdf.stream("", b"/X Do");
    let page = pdf.add(format!(
        "<< /Type /Page /Parent 4 0 R /MediaBox [0 0 9 9] /Contents {content} 0 R \
         /Resources << /XObject << /X 1 0 R >> >> >>"
    ));
    let pages = pdf.add(format!("<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>"));
    let root = pdf.add(format!("<< /Type /Catalog /Pages {pages} 0 R >>"));
    pdf.bytes(root, "")
}

/// A page that is its own parent, which pdf-extract asks for the size the page lacks.
fn own_parent() -> Vec<u8> {
    let mut pdf = PdfFile::default();
    let content = pdf.stream("", b"BT ET");
    pdf.add(format!(
        "<< /Type /Page /Parent 2 0 R /Contents {content} 0 R >>"
    ));
    pdf.add("<< /Type /Pages /Kids [2 0 R] /Count 1 >>");
    let root = pdf.add("<< /Type /Catalog /Pages 3 0 R >>");
    pdf.bytes(root, "")
}

/// Forms that each draw the next one ten times: 10^12 in all.
fn exponential_forms() -> Vec<u8> {
    let mut pdf = PdfFile::default();
    for next in 2..14 {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {next} 0 R >> >>"
        );
        pdf.stream(&entries, "/X Do ".repeat(10).as_bytes());
    }
    pdf.stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 m");
    let content = pdf.stream("", b"/X Do");
    let page = pdf.add(format!(
        "<< /Type /Page /Parent 16 0 R /MediaBox [0 0 9 9] /Contents {content} 0 R \
         /Resources << /XObject << /X 1 0 R >> >> >>"
    ));
    let pages = pdf.add(format!("<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>"));
    let root = pdf.add(format!("<< /Type /Catalog /Pages {pages} 0 R >>"));
    pdf.bytes(root, "")
}

fn in_a_hurry() -> Extractor {
    Extractor {
        limits: Limits {
            cpu_seconds: 2,
            ..small()
        },
        ..extractor()
    }
}

#[tokio::test]
async fn pdf_bombs_end_in_a_typed_failure() {
    for (name, file) in [
        ("nested arrays", nested_arrays(200_000)),
        ("circular pages", circular_pages()),
        ("circular form", circular_form()),
        ("own parent", own_parent()),
        ("exponential forms", exponential_forms()),
    ] {
        let outcome = read_with(&in_a_hurry(), Format::Pdf, &file).await;
        let code = outcome.expect_err(name);
        assert!(
            matches!(
                code,
                FailureCode::NoTextLayer
                    | FailureCode::CorruptFile
                    | FailureCode::ExtractionMemory
                    | FailureCode::ExtractionTimeout
            ),
            "{name}: {code:?}"
        );
    }
}

/// The negative control of the child process: these would have taken the caller with them.
#[tokio::test]
async fn some_of_them_kill_the_second_reader() {
    for (name, file) in [
        ("own parent", own_parent()),
        ("circular form", circular_form()),
        ("exponential forms", exponential_forms()),
    ] {
        let outcome = in_a_hurry().pdf_extract_alone(&file).await.unwrap();
        let code = outcome.expect_err(name).code;
        assert!(
            matches!(
                code,
                FailureCode::ExtractionCrashed | FailureCode::ExtractionTimeout
            ),
            "{name}: {code:?}"
        );
    }
}

#[tokio::test]
async fn nested_html_is_read_or_refused() {
    for depth in [2_000, 30_000] {
        let page = format!(
            "<!doctype html>{}<p>The bottom of it.",
            "<div>".repeat(depth)
        );
        match read_with(&in_a_hurry(), Format::Html, page.as_bytes()).await {
            Ok(extracted) => assert_eq!(extracted.text, "The bottom of it."),
            Err(code) => assert!(
                matches!(
                    code,
                    FailureCode::ExtractionTimeout | FailureCode::ExtractionCrashed
                ),
                "{code:?}"
            ),
        }
    }
}

/// Every cut and many flips of a sound file: the caller survives them all, with a typed end.
#[tokio::test]
async fn mutants_end_in_a_type() {
    let file = document(&[&lines(&["The quick brown fox jumps over the lazy dog."])]);
    for step in 0..40 {
        let mut mutant = file.clone();
        let at = step * file.len() / 40;
        if step % 2 == 0 {
            mutant.truncate(at.max(1));
        } else {
            for byte in &mut mutant[at..(at + 8).min(file.len())] {
                *byte = !*byte;
            }
        }
        // Any end will do; not returning, or an outer error, fails the test.
        drop(read(Format::Pdf, &mutant).await);
    }
}
