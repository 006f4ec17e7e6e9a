//! Files made to kill their reader: each ends in text or in a typed failure, and in time.

use std::collections::BTreeMap;

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::{Extractor, Limits};

use crate::{
    extractor,
    office_file::{docx, epub, odt, paragraph, pptx, xlsx},
    pdf_file::{PdfFile, document, lines},
    read, read_with, slides_file, small, word_file,
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
    extractor().with_limits(Limits {
        cpu_seconds: 2,
        ..small()
    })
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

/// The negative control of the readers' own processes: these would have taken the caller with them.
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

/// Sound files of every format whose reader does more than decode.
fn sound_files() -> Vec<(Format, Vec<u8>)> {
    let line = "The quick brown fox jumps over the lazy dog.";
    let page = format!(
        "<html><head><title>T</title></head><body><h1>H</h1><p>{line}</p><table><tr><td>1<td>2</table></body></html>"
    );
    let package = r#"<package xmlns="http://www.idpf.org/2007/opf"><metadata/>
        <manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>
        <spine><itemref idref="a"/></spine></package>"#;
    let row = r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>"#;
    let mail = format!(
        "From: a@example.com\r\nSubject: =?utf-8?q?J=C3=B6rg?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\n{line}\r\n--b\r\nContent-Type: text/html\r\n\r\n{page}\r\n--b--\r\n"
    );
    vec![
        (Format::Pdf, document(&[&lines(&[line])])),
        (Format::Html, page.clone().into_bytes()),
        (
            Format::Md,
            format!("# H\n\n{line}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx\n```\n")
                .into_bytes(),
        ),
        (Format::Docx, docx(&paragraph("Heading1", line).repeat(3))),
        (Format::Docx, word_file::everything().bytes()),
        (Format::Pptx, pptx(&[("Title", line), ("Next", line)])),
        (
            Format::Pptx,
            slides_file::packed(&slides_file::everything()),
        ),
        (Format::Xlsx, xlsx(row)),
        (
            Format::Txt,
            "Die Geb\u{fc}hr: 25 \u{20ac}.\r\n\u{4f9b}\u{5e94}\u{5546}\n"
                .as_bytes()
                .to_vec(),
        ),
        (Format::Csv, b"a,b\n\"1, 2\",3\n4,\"5\n6\"\n".to_vec()),
        (
            Format::Json,
            br#"{"a": ["b", {"c": 1.5e3}], "d": "\u00e9"}"#.to_vec(),
        ),
        (
            Format::Epub,
            epub(package, &[("OEBPS/a.xhtml", page.as_bytes())]),
        ),
        (Format::Eml, mail.into_bytes()),
        (
            Format::Rtf,
            format!(r"{{\rtf1\ansi{{\info{{\author A}}}}{{\b {line}}}\par \u233?\'e9}}")
                .into_bytes(),
        ),
        (Format::Odt, odt(&format!("<text:p>{line}</text:p>"))),
    ]
}

/// Numbers that look random and are the same each time (a linear congruential generator, Knuth's constants).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        let Self(last) = self;
        *last = last
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*last >> 33).unwrap() % end.max(1)
    }
}

/// A file that was cut, flipped, blanked, doubled or filled up somewhere.
pub fn mutant(file: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = file.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(mutant.len());
        let end = (at + 1 + numbers.below(16)).min(mutant.len());
        match numbers.below(5) {
            0 => mutant.truncate(at.max(1)),
            1 => mutant[at..end].iter_mut().for_each(|byte| *byte = !*byte),
            2 => mutant[at..end].fill(0),
            3 => {
                let part = mutant[at..end].repeat(1 + numbers.below(40));
                mutant.splice(at..at, part);
            }
            _ => {
                let noise = (0..8).map(|_| u8::try_from(numbers.below(256)).unwrap());
                mutant.splice(at..end, noise.collect::<Vec<_>>());
            }
        }
    }
    mutant
}

/// The caller survives them all, and each has a typed end: not returning, or an outer error, fails the test.
#[tokio::test]
async fn mutants_end_in_a_type() {
    let files = sound_files();
    let mut ends = BTreeMap::new();
    for (format, file) in &files {
        let each = match format {
            Format::Txt | Format::Csv | Format::Json if soaking() => 3_000,
            _ if soaking() => 420,
            _ => 8,
        };
        drop(read(*format, file).await.expect("a sound file"));
        let mut numbers = Numbers(7);
        for _ in 0..each {
            let end = match read(*format, &mutant(file, &mut numbers)).await {
                Ok(_) => "text",
                Err(code) => code.as_str(),
            };
            *ends.entry((format.as_str(), end)).or_insert(0) += 1;
        }
    }
    println!("{} mutants: {ends:?}", ends.values().sum::<usize>());
}

/// Whether the full forms are to be run.
pub fn soaking() -> bool {
    #[expect(clippy::disallowed_methods, reason = "set by scripts/soak.sh")]
    std::env::var_os("DYNRAG_SOAK").is_some()
}
