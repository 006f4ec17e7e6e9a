//! Properties of documents in every format, and invalid ones.

use std::fmt::Write;

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::Format,
};

use crate::{
    office_file::{core, docx, epub, odt_of, paragraph, pptx, with_part, xlsx},
    pdf_file::{document_of, lines},
    read,
};

const ENGLISH: &str = "The kettle boils a litre of water in two minutes. Descale it every month with \
    vinegar, and rinse it twice before you make tea again.";
const GERMAN: &str = "Der Kessel bringt einen Liter Wasser in zwei Minuten zum Kochen. Er wird jeden Monat \
    mit Essig entkalkt und zweimal gespült, bevor man wieder Tee macht.";
const FRENCH: &str = "La bouilloire fait bouillir un litre d'eau en deux minutes. Il faut la détartrer chaque \
    mois avec du vinaigre et la rincer deux fois avant de refaire du thé.";
const ARABIC: &str = "تغلي الغلاية لترا من الماء في دقيقتين. يجب إزالة الترسبات منها كل شهر بالخل وشطفها \
    مرتين قبل تحضير الشاي من جديد، ولا تترك الماء فيها طوال الليل أبدا.";
const CHINESE: &str = "这个水壶两分钟就能烧开一升水。每个月要用醋除一次水垢，再次泡茶之前要冲洗两遍，不要把水留在壶里过夜。";

/// Author, language, created and modified, in one line.
pub fn said(extracted: &Extracted) -> String {
    let Properties {
        author,
        language,
        created,
        modified,
    } = &extracted.properties;
    let mut line = String::new();
    for text in [author, language] {
        write!(line, "{} ", text.as_deref().unwrap_or("-")).unwrap();
    }
    for date in [created, modified] {
        match date {
            Some(date) => write!(line, "{} ", date.format("%FT%TZ")).unwrap(),
            None => line.push_str("- "),
        }
    }
    line.trim_end().to_owned()
}

async fn said_by(format: Format, file: &[u8]) -> String {
    said(&read(format, file).await.unwrap())
}

#[tokio::test]
async fn a_pdf_says_it_in_its_information() {
    // In UTF-16; there are too few words to detect the language, so the declared one
    // stands.
    let info = "/Author <FEFF00C50073006100200045> /CreationDate (D:20261120093000+01'00') /ModDate (D:2026)";
    let file = document_of(info, "/Lang (sv-SE)", &[&lines(&["Kort"])]);
    assert_eq!(
        said_by(Format::Pdf, &file).await,
        "Åsa E sv 2026-11-20T08:30:00Z 2026-01-01T00:00:00Z"
    );
    let info = "/Author () /CreationDate (D:20261320) /ModDate (D:00010101000000Z)";
    let english = lines(&ENGLISH.split(". ").collect::<Vec<_>>());
    let file = document_of(info, "/Lang (de-DE)", &[&english]);
    assert_eq!(said_by(Format::Pdf, &file).await, "- en - -");
}

#[tokio::test]
async fn office_files_say_it_in_their_core_properties() {
    let core = core(
        r#"<dc:creator>Ada &amp; Bob</dc:creator><cp:lastModifiedBy>Eve</cp:lastModifiedBy><dc:language>en-US</dc:language>
        <dcterms:created xsi:type="dcterms:W3CDTF">2026-11-20T09:30:00Z</dcterms:created>
        <dcterms:modified xsi:type="dcterms:W3CDTF">2126-11-20T09:30:00Z</dcterms:modified>"#,
    );
    let row = format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{CHINESE}</t></is></c></row>"#);
    for (format, file, language) in [
        (Format::Docx, docx(&paragraph("Normal", ARABIC)), "ar"),
        (Format::Pptx, pptx(&[("Le thé", FRENCH)]), "fr"),
        (Format::Xlsx, xlsx(&row), "zh"),
    ] {
        let plain = said_by(format, &file).await;
        assert_eq!(plain, format!("- {language} - -"), "{format:?}");
        let file = with_part(file, "docProps/core.xml", core.as_bytes());
        let expected = format!("Ada & Bob {language} 2026-11-20T09:30:00Z -");
        assert_eq!(said_by(format, &file).await, expected, "{format:?}");
    }
}

#[tokio::test]
async fn open_documents_say_it_in_their_metadata() {
    let meta = "<meta:initial-creator>Ada</meta:initial-creator><dc:creator>Eve</dc:creator><dc:date>2026-11-21T09:30:00.123456789</dc:date>\
        <meta:creation-date>2026-11-20T09:30:00</meta:creation-date><dc:language>fr-FR</dc:language>";
    let body = format!("<text:p>{GERMAN}</text:p>");
    assert_eq!(
        said_by(Format::Odt, &odt_of(meta, &body)).await,
        "Ada de 2026-11-20T09:30:00Z 2026-11-21T09:30:00Z"
    );
    // A document with broken metadata is still read.
    let broken = odt_of(
        "<dc:creator>Ada</dc:creator><dc:date>x</dc:<",
        "<text:p>Kurz</text:p>",
    );
    assert_eq!(said_by(Format::Odt, &broken).await, "Ada - - -");
}

#[tokio::test]
async fn books_say_it_in_their_package() {
    let page = format!("<html><body><p>{FRENCH}</p></body></html>");
    let book = |metadata: &str| {
        let package = format!(
            r#"<package><metadata>{metadata}</metadata><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>"#
        );
        epub(&package, &[("OEBPS/a.xhtml", page.as_bytes())])
    };
    let third = book(
        r#"<dc:creator>Ada</dc:creator><dc:creator>Bob</dc:creator><dc:language>und</dc:language><dc:date>2026</dc:date>
        <meta property="dcterms:modified">2026-11-21T09:30:00Z</meta><meta property="role">2001-01-01</meta>"#,
    );
    assert_eq!(
        said_by(Format::Epub, &third).await,
        "Ada, Bob fr 2026-01-01T00:00:00Z 2026-11-21T09:30:00Z"
    );
    let second = book(
        r#"<dc:creator opf:role="aut">Ada</dc:creator><dc:date opf:event="modification">2026-11-21</dc:date>
        <dc:date opf:event="publication">2026-11</dc:date>"#,
    );
    assert_eq!(
        said_by(Format::Epub, &second).await,
        "Ada fr 2026-11-01T00:00:00Z 2026-11-21T00:00:00Z"
    );
}

#[tokio::test]
async fn mails_say_it_in_their_head() {
    let mail = |head: &str| {
        format!("{head}Subject: Tea\r\nContent-Language: xx\r\n\r\n{GERMAN} {GERMAN}\r\n")
    };
    let sound = mail(
        "From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\nDate: Fri, 20 Nov 2026 09:30:00 +0100\r\n",
    );
    assert_eq!(
        said_by(Format::Eml, sound.as_bytes()).await,
        "Jörg de 2026-11-20T08:30:00Z -"
    );
    let odd = mail("From: j@example.com\r\nDate: Fri, 99 Nov 2026 09:30:00 +0100\r\n");
    assert_eq!(
        said_by(Format::Eml, odd.as_bytes()).await,
        "j@example.com de - -"
    );
}

#[tokio::test]
async fn pages_say_it_in_their_head() {
    let page = format!(
        r#"<!doctype html><html lang="en-US"><head><title>Tea</title><meta name="author" content="Ada">
        <script type="application/ld+json">{{"@type": "Article", "datePublished": "2026-11-20T09:30:00+01:00", "dateModified": "never"}}</script>
        <body><p>{ARABIC}</p></body></html>"#
    );
    assert_eq!(
        said_by(Format::Html, page.as_bytes()).await,
        "Ada ar 2026-11-20T08:30:00Z -"
    );
}

#[tokio::test]
async fn text_formats_say_what_they_can() {
    let rtf = format!(
        r"{{\rtf1\ansi{{\info{{\author Ada}}{{\creatim\yr2026\mo11\dy20\hr9\min30}}}}{}}}",
        ENGLISH
    );
    assert_eq!(
        said_by(Format::Rtf, rtf.as_bytes()).await,
        "Ada en 2026-11-20T09:30:00Z -"
    );
    let markdown = format!("---\nauthor: Ada\ndate: 2026-11-20\nlang: en\n---\n\n{FRENCH}");
    assert_eq!(
        said_by(Format::Md, markdown.as_bytes()).await,
        "Ada fr 2026-11-20T00:00:00Z -"
    );
    assert_eq!(said_by(Format::Txt, CHINESE.as_bytes()).await, "- zh - -");
    let table = format!("n,text\n1,\"{GERMAN}\"\n2,\"{GERMAN}\"\n");
    assert_eq!(said_by(Format::Csv, table.as_bytes()).await, "- de - -");
    let json = format!(r#"{{"text": "{ARABIC}"}}"#);
    assert_eq!(said_by(Format::Json, json.as_bytes()).await, "- ar - -");
}

/// Two hundred characters on one line, however long the document's own value is.
#[tokio::test]
async fn an_endless_author_ends() {
    let endless = "An author and one more of them\u{7} ".repeat(100_000);
    // Not more than metadata may have.
    let numbered: String = (0..50_000).map(|n| format!("An author {n} ")).collect();
    let core = core(&format!("<dc:creator>{numbered}</dc:creator>"));
    let in_brief = document_of(
        &format!("/Author ({})", "An author ".repeat(40_000)),
        "",
        &[&lines(&["Some words."])],
    );
    let at_length = document_of(
        &format!("/Author ({endless})"),
        "",
        &[&lines(&["Some words."])],
    );
    let office = with_part(
        docx(&paragraph("Normal", "Words")),
        "docProps/core.xml",
        core.as_bytes(),
    );
    let page = format!("<!doctype html><meta name=author content='{endless}'><p>Some words.");
    let rtf = format!(r"{{\rtf1{{\info{{\author {endless}}}}}Some words.}}");
    let markdown = format!("---\nauthor: {numbered}\n---\n\nSome words.");
    let mail = format!(
        "From: {} <a@example.com>\r\n\r\nSome words.",
        "An author ".repeat(40_000)
    );
    for (format, file, kept) in [
        (Format::Pdf, in_brief, true),
        // Not worth the memory.
        (Format::Pdf, at_length, false),
        (Format::Docx, office, true),
        (Format::Html, page.into_bytes(), true),
        (Format::Rtf, rtf.into_bytes(), true),
        (Format::Md, markdown.into_bytes(), true),
        (Format::Eml, mail.into_bytes(), true),
    ] {
        let properties = read(format, &file).await.unwrap().properties;
        let author = properties.author.unwrap_or_default();
        assert_eq!(
            author.starts_with("An author"),
            kept,
            "{format:?}: {author}"
        );
        assert!(
            author.chars().count() <= Properties::MAX_AUTHOR,
            "{format:?}"
        );
    }
}
