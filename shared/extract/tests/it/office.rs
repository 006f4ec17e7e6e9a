//! Office files, books, emails and tables: results for each, and malicious files.

use crate::{
    office_file::{
        ODT, TYPES, cells, core, docx, epub, odt, odt_of, paragraph, pptx, with_part, xlsx, zipped,
    },
    read,
};
use dynrag_domain::{
    chunks::Extracted,
    documents::{FailureCode, Format},
};

/// The headings above the place where a text stands, and its page.
fn place<'a>(extracted: &'a Extracted, text: &str) -> (Vec<&'a str>, Option<u32>) {
    let at = extracted
        .text
        .find(text)
        .unwrap_or_else(|| panic!("no {text} in\n{}", extracted.text));
    let section = extracted.sections.iter().rfind(|s| s.start <= at).unwrap();
    let path = section.heading_path.iter().map(String::as_str).collect();
    (path, section.page)
}

#[tokio::test]
async fn word() {
    let table = [["Part", "Price"], ["Lid", "4"]]
        .map(|row| cells(&row))
        .concat();
    let body = [
        paragraph("Heading1", "Lumen kettle"),
        paragraph("Normal", "Boils &amp; pours: água, 水."),
        paragraph("Heading2", "Spare parts"),
        format!("<w:tbl>{table}</w:tbl>"),
    ]
    .concat();
    let read = read(Format::Docx, &docx(&body)).await.unwrap();
    assert_eq!(read.engine, "docx");
    assert_eq!(read.title.as_deref(), Some("Lumen kettle"), "{}", read.text);
    assert!(
        read.text.contains("Boils & pours: água, 水."),
        "{}",
        read.text
    );
    let (path, _) = place(&read, "| Lid |");
    assert_eq!(path, ["Lumen kettle", "Spare parts"]);
}

#[tokio::test]
async fn slides_are_pages() {
    let file = pptx(&[("Why", "Because of limescale."), ("How", "With vinegar.")]);
    let read = read(Format::Pptx, &file).await.unwrap();
    assert_eq!(read.pages, Some(2));
    assert_eq!(place(&read, "limescale"), (vec!["Why"], Some(1)));
    assert_eq!(place(&read, "vinegar"), (vec!["How"], Some(2)));
    assert!(!read.text.contains("Slide 1"), "{}", read.text);
}

#[tokio::test]
async fn a_sheet_says_in_each_piece_what_its_columns_are() {
    let rows: String = (1..=300)
        .map(|n| {
            let text = if n == 1 { "Part".to_owned() } else { format!("Part no. {n}") };
            format!(
                r#"<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{text}</t></is></c><c r="B{n}"><v>{n}</v></c></row>"#
            )
        })
        .collect();
    let read = read(Format::Xlsx, &xlsx(&rows)).await.unwrap();
    let (path, _) = place(&read, "| Part no. 300 | 300 |");
    assert_eq!(path, ["Stock"]);
    let pieces = read.text.matches("| Part | 1 |").count();
    assert!(pieces > 5, "{pieces} pieces");
}

#[tokio::test]
async fn open_document() {
    let body = r#"<text:h text:outline-level="1">Care</text:h><text:p>Rinse<text:s text:c="2"/>it &#233;very<text:line-break/>week.</text:p>
        <text:list><text:list-item><text:p>one</text:p></text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>
        <table:table><table:table-row><table:table-cell><text:p>Month</text:p></table:table-cell><table:table-cell><text:p>Work</text:p></table:table-cell></table:table-row>
        <table:table-row><table:table-cell><text:p>May</text:p></table:table-cell><table:table-cell><text:p>Rinse</text:p></table:table-cell></table:table-row></table:table>
        <text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"#;
    let read = read(Format::Odt, &odt(body)).await.unwrap();
    assert_eq!(read.title.as_deref(), Some("A kettle's manual"));
    assert_eq!(
        read.text,
        "Care\n\nRinse  it évery\nweek.\n\n- one\n- two\n\n| Month | Work |\n| --- | --- |\n| May | Rinse |"
    );
    assert_eq!(place(&read, "two").0, ["Care"]);
}

#[tokio::test]
async fn a_book_is_read_in_its_order() {
    let package = r#"<package><metadata><dc:title>The bees</dc:title></metadata><manifest>
        <item id="one" href="one.xhtml"/><item id="two" href="text/two%20.xhtml"/><item id="out" href="../../etc/passwd"/></manifest>
        <spine><itemref idref="two"/><itemref idref="out"/><itemref idref="one"/><itemref idref="none"/></spine></package>"#;
    let file = epub(
        package,
        &[
            (
                "OEBPS/one.xhtml",
                b"<html><body><p>The end.</p></body></html>",
            ),
            (
                "OEBPS/text/two .xhtml",
                b"<html><body><h1>Spring</h1><p>It begins.</p></body></html>",
            ),
        ],
    );
    let read = read(Format::Epub, &file).await.unwrap();
    assert_eq!(read.title.as_deref(), Some("The bees"));
    assert_eq!(read.text, "Spring\n\nIt begins.\n\nThe end.");
    assert_eq!(place(&read, "begins").0, ["Spring"]);
    assert!(place(&read, "end").0.is_empty());
}

#[tokio::test]
async fn a_mail_says_who_and_when() {
    let mail = "From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\nTo: ann@example.com\r\nSubject: =?iso-8859-1?q?Caf=E9?=\r\n\
        Date: Fri, 20 Nov 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nIt costs =80 3.\r\n\
        --b\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\nContent-Disposition: attachment; filename=\"bill.pdf\"\r\n\r\nx\r\n--b--\r\n";
    let read = read(Format::Eml, mail.as_bytes()).await.unwrap();
    assert_eq!(read.title.as_deref(), Some("Café"));
    for said in [
        "From: Jörg <j@example.com>",
        "Date: 2026-11-20T09:30:00+01:00",
        "Attachments: bill.pdf",
        "It costs € 3.",
    ] {
        assert!(read.text.contains(said), "{said} not in\n{}", read.text);
    }
}

#[tokio::test]
async fn what_is_broken_or_locked_is_named() {
    let truncated = docx(&paragraph("Normal", &"words ".repeat(10_000)));
    let locked: Vec<u8> = [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
        "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ]
    .concat();
    let sealed = zipped(&[
        ("mimetype", ODT),
        ("META-INF/manifest.xml", b"<manifest:encryption-data/>"),
        ("content.xml", b"x"),
    ]);
    let no_mail = b"no header\r\n\r\nat all";
    let whole = docx("");
    for (format, bytes, code) in [
        (
            Format::Docx,
            &truncated[..truncated.len() - 40],
            FailureCode::CorruptFile,
        ),
        (
            Format::Docx,
            locked.as_slice(),
            FailureCode::PasswordProtected,
        ),
        (Format::Odt, &sealed, FailureCode::PasswordProtected),
        (Format::Xlsx, &whole, FailureCode::UnsupportedType),
        (Format::Csv, &whole, FailureCode::UnsupportedType),
        (Format::Docx, b"just text", FailureCode::UnsupportedType),
        (Format::Eml, no_mail, FailureCode::CorruptFile),
        (Format::Json, b"{\"a\": ", FailureCode::CorruptFile),
    ] {
        assert_eq!(read(format, bytes).await.unwrap_err(), code, "{format:?}");
    }
}

#[tokio::test]
async fn bombs_end_in_a_name() {
    let zeros = vec![b' '; 300 << 20];
    let document = docx(&paragraph("Normal", "small"));
    assert!(read(Format::Docx, &document).await.is_ok());
    let bomb = zipped(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("word/document.xml", &zeros),
    ]);
    assert!(bomb.len() < 1 << 20);
    let entities =
        r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"#;
    let laughs = odt(&format!("{entities}<text:p>&b;&b;&b; end</text:p>"));
    let deep = odt(&"<text:span>".repeat(2_000_000));
    let wide = vec!["x"; 5_000_000].join(",");
    let nested = docx(&"<w:tbl><w:tr><w:tc>".repeat(100_000));
    // The document's properties have 200 MiB of author, or are nested.
    let author = core(&format!(
        "<dc:creator>{}</dc:creator>",
        "a".repeat(200 << 20)
    ));
    let boasting = with_part(document.clone(), "docProps/core.xml", author.as_bytes());
    assert!(boasting.len() < 1 << 20);
    let laughing = core(&format!("{entities}<dc:creator>&b;</dc:creator>"));
    let laughing = with_part(document.clone(), "docProps/core.xml", laughing.as_bytes());
    let digging = core(&"<dc:creator>".repeat(80_000));
    let digging = with_part(document.clone(), "docProps/core.xml", digging.as_bytes());
    let said = odt_of(
        &format!("<dc:creator>{}", "a".repeat(100 << 20)),
        "<text:p>small</text:p>",
    );
    for (format, bytes) in [
        (Format::Docx, bomb.as_slice()),
        (
            Format::Odt,
            &zipped(&[("mimetype", ODT), ("content.xml", &zeros)]),
        ),
        (Format::Odt, &laughs),
        (Format::Odt, &deep),
        (Format::Csv, wide.as_bytes()),
        (Format::Docx, &nested),
        (Format::Docx, &boasting),
        (Format::Docx, &laughing),
        (Format::Docx, &digging),
        (Format::Odt, &said),
        (
            Format::Rtf,
            format!("{{\\rtf1 {}", "{\\b ".repeat(2_000_000)).as_bytes(),
        ),
    ] {
        match read(format, bytes).await {
            Ok(read) => {
                assert!(read.text.len() < 1 << 20, "{format:?}");
                assert!(
                    read.properties.author.unwrap_or_default().len() <= 200,
                    "{format:?}"
                );
            }
            Err(code) => assert_ne!(code, FailureCode::UnsupportedType, "{format:?}"),
        }
    }
}

#[tokio::test]
async fn truncated_files_never_end_badly() {
    let files = [
        (Format::Docx, docx(&paragraph("Heading1", "A heading"))),
        (
            Format::Xlsx,
            xlsx(r#"<row r="1"><c r="A1"><v>1</v></c></row>"#),
        ),
        (Format::Odt, odt("<text:p>words</text:p>")),
        (
            Format::Rtf,
            br"{\rtf1\ansi\ansicpg932 \'93\'fa \u233? {\b x}\par}".to_vec(),
        ),
    ];
    for (format, file) in files {
        for part in 1..8 {
            let bytes = &file[..file.len() * part / 8];
            if let Err(code) = read(format, bytes).await {
                let named = [
                    FailureCode::CorruptFile,
                    FailureCode::UnsupportedType,
                    FailureCode::EmptyDocument,
                ];
                assert!(named.contains(&code), "{format:?} {part}: {code:?}");
            }
        }
    }
}
