//! Text of any encoding, and text that looks like something else.

use dynrag_domain::{
    documents::{FailureCode, Format},
    warnings::WarningCode,
};

use crate::read;

/// The bytes are made by the code charts, not by the library that decodes them.
#[tokio::test]
async fn text_of_any_encoding_is_read_by_each_reader_of_text() {
    let sentence = "Гарантия действует двенадцать месяцев с даты покупки.";
    let windows_1251: Vec<u8> = sentence
        .chars()
        .map(|character| match u32::from(character) {
            code @ 0x410..=0x44f => u8::try_from(code - 0x410 + 0xc0).unwrap(),
            code => u8::try_from(code).unwrap(),
        })
        .collect();
    let utf16: Vec<u8> = sentence.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for format in [Format::Txt, Format::Md, Format::Csv, Format::Html] {
        let read_1251 = read(format, &windows_1251).await.unwrap();
        assert!(read_1251.text.contains(sentence), "{format:?}");
        let [warning] = read_1251.warnings.as_slice() else {
            panic!("{:?}", read_1251.warnings);
        };
        assert_eq!(warning.code, WarningCode::EncodingGuessed);
        assert_eq!(warning.detail.as_deref(), Some("windows-1251"));
        let read_utf16 = read(format, &utf16).await.unwrap();
        assert!(read_utf16.text.contains(sentence), "{format:?}");
        assert!(read_utf16.warnings.is_empty());
    }
    let json = [b"{\"a\":\"".as_slice(), &windows_1251, b"\"}"].concat();
    assert_eq!(
        read(Format::Json, &json).await.unwrap().text,
        format!("a: {sentence}")
    );
}

#[tokio::test]
async fn a_broken_byte_costs_one_character() {
    let source = "Die Geb\u{fc}hr betr\u{e4}gt f\u{fc}nf Euro";
    let broken = [source.as_bytes(), b"\xff", source.as_bytes()].concat();
    for format in [Format::Txt, Format::Md] {
        let extracted = read(format, &broken).await.unwrap();
        assert_eq!(extracted.text, format!("{source}\u{fffd}{source}"));
        let [warning] = extracted.warnings.as_slice() else {
            panic!("{:?}", extracted.warnings);
        };
        assert_eq!(
            (warning.code, warning.count),
            (WarningCode::CharactersReplaced, 1)
        );
    }
}

#[tokio::test]
async fn text_is_read_as_what_it_was_declared() {
    let text = "<html> and <body> are the outer elements of a page.";
    assert_eq!(read(Format::Txt, text.as_bytes()).await.unwrap().text, text);
    let text = "%PDF-1.7 is how a PDF starts; the gateway wants it.";
    assert_eq!(read(Format::Md, text.as_bytes()).await.unwrap().text, text);
    let text = "<html><p>the source of a page, kept as text</p></html>";
    assert_eq!(read(Format::Txt, text.as_bytes()).await.unwrap().text, text);
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
    for format in [
        Format::Txt,
        Format::Md,
        Format::Csv,
        Format::Json,
        Format::Html,
        Format::Pdf,
    ] {
        assert_eq!(
            read(format, picture).await,
            Err(FailureCode::UnsupportedType)
        );
    }
    let log = b"2026-11-20 disk at 91 percent\0\0\0\n2026-11-21 backup failed\n";
    assert_eq!(
        read(Format::Txt, log).await.unwrap().text,
        "2026-11-20 disk at 91 percent\n2026-11-21 backup failed"
    );
}

#[tokio::test]
async fn control_characters_between_words_keep_them_apart() {
    for (format, source, expected) in [
        (
            Format::Txt,
            "Name: Meyer\0\0\0\0City: Ulm\0\0\n",
            "Name: Meyer City: Ulm",
        ),
        (Format::Md, "# One\u{1f}two\n", "# One two"),
        (
            Format::Csv,
            "a,b\n2\u{1c}3,\"x\0\"\0\n",
            "| a | b |\n| --- | --- |\n| 2 3 | x |",
        ),
        (
            Format::Json,
            r#"{"title":"x\u0000y","log":"\u001b[31mred\u001b[0m"}"#,
            "title: x y\nlog: red",
        ),
        (
            Format::Txt,
            "\u{1b}[31mERROR\u{1b}[0m disk full",
            "ERROR disk full",
        ),
    ] {
        let extracted = read(format, source.as_bytes()).await.unwrap();
        assert_eq!(extracted.text, expected);
        if format == Format::Json {
            assert_eq!(extracted.title.as_deref(), Some("x y"));
        }
    }
}

#[tokio::test]
async fn text_of_dos_is_told_as_guessed() {
    let extracted = read(Format::Csv, b"Gr\x94\xe1e;St\x81ck\nM\x81ller;5\n")
        .await
        .unwrap();
    assert!(
        extracted.text.contains("| Müller | 5 |"),
        "{}",
        extracted.text
    );
    let [warning] = extracted.warnings.as_slice() else {
        panic!("{:?}", extracted.warnings);
    };
    assert_eq!(warning.code, WarningCode::EncodingGuessed);
    assert_eq!(warning.detail.as_deref(), Some("IBM850"));
}
