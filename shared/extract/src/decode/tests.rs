use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, GBK, ISO_2022_JP, KOI8_U, MACINTOSH, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251,
};

use super::*;

/// The bytes and what they are read as, with the number of replaced characters and a guessed encoding.
fn read(bytes: &[u8]) -> (String, usize, Option<&'static str>) {
    let decoded = text(bytes, None);
    let guessed = decoded.guessed.map(Encoding::name);
    (decoded.text.into_owned(), decoded.replaced, guessed)
}

fn told(text: &str) -> (String, usize, Option<&'static str>) {
    (text.to_owned(), 0, None)
}

#[test]
fn unicode_is_told_and_not_guessed() {
    assert_eq!(read("é".as_bytes()), told("é"));
    assert_eq!(read(b"\xef\xbb\xbfa"), told("a"));
    assert_eq!(read(b"\xff\xfe\xe9\0"), told("é"));
    assert_eq!(read(b"\xfe\xff\0\xe9"), told("é"));
    assert_eq!(read(b"\xff\xfe\0\0\xe9\0\0\0"), told("é"));
    assert_eq!(read(b"\0\0\xfe\xff\0\0\0\xe9"), told("é"));
    assert_eq!(read(b"H\0e\0l\0l\0o\0\r\0\n\0"), told("Hello\r\n"));
    assert_eq!(
        read(b"\xff\xfea\0\x00\xd8"),
        ("a\u{fffd}".to_owned(), 1, None)
    );
    assert_eq!(read(b"one \0 NUL"), told("one \0 NUL"));
}

#[test]
fn a_few_broken_bytes_do_not_make_another_encoding() {
    let source = "Die Gebühr beträgt fünf Euro";
    let broken = [source.as_bytes(), b" Caf\xe9, ja"].concat();
    assert_eq!(
        read(&broken),
        (format!("{source} Caf\u{fffd}, ja"), 1, None)
    );
    let cut = "Gebühr für ä".as_bytes();
    assert_eq!(
        read(&cut[..cut.len() - 1]),
        ("Gebühr für \u{fffd}".to_owned(), 1, None)
    );
    let own = [source.as_bytes(), "\u{fffd}".as_bytes(), b"\xff"].concat();
    assert_eq!(read(&own).1, 1);
}

#[test]
fn other_encodings_are_guessed() {
    let russian = "Гарантия действует двенадцать месяцев с даты покупки";
    let chinese = "供应商应在收到订单后十五个工作日内交货";
    let japanese = "納期は十二月三日に変更されました。倉庫の準備をお願いします。";
    for (source, encoding) in [
        (
            "Die Kündigungsfrist beträgt drei Monate – Gebühr: 25 €",
            WINDOWS_1252,
        ),
        (
            "A kiszállítás határideje három nap, a díj ötezer forint, előre fizetendő",
            WINDOWS_1250,
        ),
        (russian, WINDOWS_1251),
        (russian, KOI8_U),
        (chinese, GBK),
        ("供應商應在收到訂單後十五個工作日內交貨", BIG5),
        ("화물은 십이월 삼일에 도착합니다", EUC_KR),
        (japanese, SHIFT_JIS),
        (japanese, EUC_JP),
        (japanese, ISO_2022_JP),
    ] {
        let (bytes, _, unmappable) = encoding.encode(source);
        assert!(!unmappable);
        let expected = (source.to_owned(), 0, Some(encoding.name()));
        assert_eq!(read(&bytes), expected);
        let (bytes, _, _) = encoding.encode(source);
        let (text, replaced, guessed) = undeclared(&bytes);
        assert_eq!((text.as_str(), replaced, guessed), (source, 0, encoding));
    }
    let (bytes, _, _) =
        MACINTOSH.encode("Die Kündigungsfrist beträgt drei Monate, für Schüler zwei");
    assert_eq!(read(&bytes).2, Some("macintosh"));
}

#[test]
fn a_broken_byte_does_not_make_another_encoding_of_east_asia() {
    let source =
        "供应商应在收到订单后十五个工作日内交货。双方同意合同自签字之日起生效，有效期为二年。"
            .repeat(4);
    let bytes = GBK.encode(&source).0;
    let cut = text(&bytes[..bytes.len() - 1], None);
    assert_eq!((cut.guessed, cut.replaced), (Some(GBK), 1));
    let broken = [&bytes, b"\xff\n".as_slice(), &bytes].concat();
    let read = text(&broken, None);
    assert_eq!((read.guessed, read.replaced), (Some(GBK), 1));
    assert_eq!(read.text, format!("{source}\u{fffd}\n{source}"));
}

#[test]
fn a_declaration_outside_is_weighed() {
    let greek = encoding_rs::ISO_8859_7.encode("Δύο").0;
    assert_eq!(text(&greek, Some("ISO-8859-7")).text, "Δύο");
    assert_eq!(text("Δύο".as_bytes(), Some("ISO-8859-7")).text, "Δύο");
    // Declared as UTF-8, with no valid UTF-8 in it.
    let decoded = text(b"caf\xe9 d\xe9j\xe0 vu", Some("utf-8"));
    assert_eq!(
        (decoded.text.as_ref(), decoded.guessed),
        ("café déjà vu", Some(WINDOWS_1252))
    );
    // Too many errors for a text in the declared encoding.
    let decoded = text(b"caf\xe9 d\xe9j\xe0 vu", Some("shift_jis"));
    assert_eq!(decoded.text, "café déjà vu");
}

#[test]
fn pages_by_declaration_and_by_guess() {
    let japanese = "<meta charset=Shift_JIS>日本語";
    let (bytes, _, _) = SHIFT_JIS.encode(japanese);
    assert_eq!(page(&bytes), japanese);
    let xml = b"<?xml version='1.0' encoding='iso-8859-2'?><html>\xb3";
    assert!(page(xml).ends_with('ł'));
    assert_eq!(page(b"<p>caf\xe9 d\xe9j\xe0 vu"), "<p>café déjà vu");
    assert_eq!(
        page("<meta charset=latin1>é".as_bytes()),
        "<meta charset=latin1>é"
    );
    assert_eq!(
        page("<meta charset=utf-16>é\u{fffd}".as_bytes()),
        "<meta charset=utf-16>é\u{fffd}"
    );
    let russian = "Съешь же ещё этих мягких французских булок да выпей чаю";
    assert_eq!(page(&WINDOWS_1251.encode(russian).0), russian);
}

#[test]
fn only_the_page_itself_declares_its_encoding() {
    for head in [
        "<script src=a.js charset=koi8-r></script><meta charset=iso-8859-2>",
        "<script>var type = 'text/html; charset=koi8-r';</script><meta charset='iso-8859-2'>",
        "<script>document.write('<meta charset=koi8-r>')</script><META CharSet=iso-8859-2 />",
        "<link rel=stylesheet charset=koi8-r><meta charset=\"iso-8859-2\">",
        "<a href=x charset=koi8-r>x</a><meta charset=iso-8859-2>",
        "<!-- <meta charset=koi8-r> --><meta charset=iso-8859-2>",
        "<!--><meta charset=iso-8859-2><!-- <meta charset=koi8-r> -->",
        "<title>How <meta charset=koi8-r> works</title><meta charset=iso-8859-2>",
        "<meta name=a content='<meta charset=koi8-r>'><meta charset=iso-8859-2>",
        "<meta name=description content='charset=koi8-r'><meta charset=iso-8859-2>",
        "<meta http-equiv=refresh content='1; charset=koi8-r'><meta charset=iso-8859-2>",
        "<meta content='text/html; charset = iso-8859-2' http-equiv=Content-Type>",
        "<meta http-equiv='content-type' content='text/html;charset=\"iso-8859-2\"'>",
        "<meta charset=nonsense><meta charset=iso-8859-2>",
        "<metadata charset=koi8-r><meta/charset=iso-8859-2>",
        "<! x><? x></ x><1<meta charset=iso-8859-2>",
    ] {
        let page = [head.as_bytes(), b"<p>\xb3"].concat();
        assert!(self::page(&page).ends_with('ł'), "{head}");
    }
    for (label, character) in [("x-user-defined", 'é'), ("utf-16", '\u{fffd}')] {
        let page = [format!("<meta charset={label}>äöü").as_bytes(), b"\xe9"].concat();
        let plain = [format!("<meta charset={label}>").as_bytes(), b"\xe9"].concat();
        let bytes = if label == "utf-16" { &page } else { &plain };
        assert!(self::page(bytes).ends_with(character), "{label}");
    }
}
