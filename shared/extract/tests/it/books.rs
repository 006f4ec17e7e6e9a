//! Books: XHTML documents, rights management.

use dynrag_domain::documents::{FailureCode, Format};

use crate::{office_file::epub, read};

const PACKAGE: &str = r#"<package><metadata><dc:title>Heat</dc:title></metadata><manifest>
    <item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
    <item id="p" href="p.png" media-type="image/png" fallback="a"/>
    <item id="q" href="q.png" media-type="image/png"/></manifest>
    <spine><itemref idref="p"/><itemref idref="q"/></spine></package>"#;

fn encryption(method: &str, path: &str) -> String {
    format!(
        r#"<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
        <enc:EncryptionMethod Algorithm="{method}"/><enc:KeyInfo><enc:EncryptedKey><enc:EncryptionMethod Algorithm="k"/></enc:EncryptedKey></enc:KeyInfo>
        <enc:CipherData><enc:CipherReference URI="{path}"/></enc:CipherData></enc:EncryptedData></encryption>"#
    )
}

#[tokio::test]
async fn documents_of_a_book_are_xml() {
    let page = br#"<html xmlns="http://www.w3.org/1999/xhtml" xmlns:m="http://www.w3.org/1998/Math/MathML"><head><title/><style/>
        <script src="a.js"/></head><body><object data="x.svg"/><a id="p1"/><p>Water <![CDATA[boils]]> at <m:math><m:mn>100</m:mn></m:math>.</p>
        <button>Answer A</button></body></html>"#;
    let file = epub(
        PACKAGE,
        &[("OEBPS/a.xhtml", page), ("OEBPS/q.png", b"\x89PNG noise")],
    );
    let read = read(Format::Epub, &file).await.unwrap();
    assert_eq!(read.text, "Water boils at 100.\n\nAnswer A");
}

#[tokio::test]
async fn an_encrypted_book_is_locked_and_one_with_obfuscated_fonts_is_not() {
    let aes = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    let page: &[u8] = b"<html><body><p>Words.</p></body></html>";
    for (method, path, locked) in [
        (aes, "OEBPS/a.xhtml", true),
        (aes, "OEBPS/a%2Exhtml", true),
        (aes, "OEBPS/cover.jpg", false),
        ("http://www.idpf.org/2008/embedding", "OEBPS/a.xhtml", false),
        ("http://ns.adobe.com/pdf/enc#RC", "OEBPS/font.otf", false),
    ] {
        let encryption = encryption(method, path);
        let parts: &[(&str, &[u8])] = &[
            ("OEBPS/a.xhtml", page),
            ("META-INF/encryption.xml", encryption.as_bytes()),
        ];
        let read = read(Format::Epub, &epub(PACKAGE, parts)).await;
        match read {
            Ok(read) => assert!(!locked && read.text == "Words.", "{method} {path}"),
            Err(code) => {
                assert!(
                    locked && code == FailureCode::PasswordProtected,
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn style_sheets_of_a_book_hide_and_name_fonts() {
    let page = "<html><head><link href=\"../styles/a.css\" rel=\"stylesheet\"/><link href=\"none.css\" rel=\"stylesheet\"/><style>.own{display:none}</style></head>
        <body><p>Angle <span class=\"s\">\u{f061}</span><span class=\"h\"> secret</span>.</p><p class=\"own\">Hidden</p></body></html>";
    let sheet = b".h { display: none; }\n.s { font-family: 'Symbol'; }";
    let package = PACKAGE.replace("a.xhtml", "text/a.xhtml");
    let file = epub(
        &package,
        &[
            ("OEBPS/text/a.xhtml", page.as_bytes()),
            ("OEBPS/styles/a.css", sheet),
        ],
    );
    let read = read(Format::Epub, &file).await.unwrap();
    assert_eq!(read.text, "Angle α.");
    assert_eq!(read.warnings.as_slice().len(), 1);
}

#[tokio::test]
async fn documents_of_a_book_are_limited() {
    let package = |missing: usize| {
        format!(
            r#"<package><metadata/><manifest><item id="a" href="a.xhtml"/><item id="m" href="none.xhtml"/><item id="z" href="z.xhtml"/></manifest>
            <spine><itemref idref="a"/>{}<itemref idref="z"/></spine></package>"#,
            r#"<itemref idref="m"/>"#.repeat(missing)
        )
    };
    for (missing, text) in [(10, "First.\n\nLast."), (10_000, "First.")] {
        let parts: &[(&str, &[u8])] = &[
            ("OEBPS/a.xhtml", b"<p>First.</p>"),
            ("OEBPS/z.xhtml", b"<p>Last.</p>"),
        ];
        let read = read(Format::Epub, &epub(&package(missing), parts)).await;
        assert_eq!(read.unwrap().text, text, "{missing}");
    }
}
