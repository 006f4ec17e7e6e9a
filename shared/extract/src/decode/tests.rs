use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, GBK, ISO_2022_JP, KOI8_U, MACINTOSH, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251,
};

use super::*;

/// The bytes and what they are read as, with the number of replaced characters and a guessed encoding.
fn read(bytes: &[u8]) -> (String, usize, Option<&'static str>) {
    let decoded = text(bytes, None);
    let guessed = guessed(&decoded);
    (decoded.text.into_owned(), decoded.replaced, guessed)
}

fn guessed(decoded: &Decoded<'_>) -> Option<&'static str> {
    decoded.guessed.map(Guess::name)
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
    assert_eq!((guessed(&cut), cut.replaced), (Some("GBK"), 1));
    let broken = [&bytes, b"\xff\n".as_slice(), &bytes].concat();
    let read = text(&broken, None);
    assert_eq!((guessed(&read), read.replaced), (Some("GBK"), 1));
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
        (decoded.text.as_ref(), guessed(&decoded)),
        ("café déjà vu", Some("windows-1252"))
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

#[test]
fn utf8_of_java_and_of_databases_is_utf8() {
    for (bytes, expected, replaced) in [
        (
            b"CESU \xed\xa0\xbd\xed\xb8\x80 und f\xc3\xbcr".as_slice(),
            "CESU 😀 und für",
            0,
        ),
        (b"\xed\xa1\x82\xed\xbe\xb7", "𠮷", 0),
        (b"a\xc0\x80b f\xc3\xbcr", "a\0b für", 0),
        (b"lone \xed\xa0\xbd f\xc3\xbcr", "lone \u{fffd} für", 1),
    ] {
        assert_eq!(read(bytes), (expected.to_owned(), replaced, None));
    }
}

#[test]
fn lines_of_another_encoding_are_read_in_it() {
    let utf8 = "Gebühr für größere Räume.\n";
    let russian = "Вторая строка в старой кодировке.\n";
    for (first, second, encoding) in [
        (utf8, "Zeile zwei mit Größe.\n", WINDOWS_1252),
        (
            "Première ligne : déjà payé.\n",
            "Deuxième ligne : réglé, coût élevé.\n",
            WINDOWS_1252,
        ),
        ("Первая строка в UTF-8.\n", russian, WINDOWS_1251),
        ("Первая строка в UTF-8.\n", russian, KOI8_U),
        (
            "第一行是统一码，付款期限三十天。\n",
            "第二行是国标编码，供应商应当交货。\n",
            GBK,
        ),
    ] {
        let bytes = [first.as_bytes(), &encoding.encode(second).0].concat();
        let expected = format!("{first}{second}");
        assert_eq!(read(&bytes), (expected, 0, Some(encoding.name())));
    }
    // One line of many, in either encoding, and after a mark.
    let many = utf8.repeat(20);
    let bytes = [many.as_bytes(), b"caf\xe9 au lait\r\n"].concat();
    assert_eq!(read(&bytes).0, format!("{many}café au lait\r\n"));
    let bytes = [&WINDOWS_1252.encode(&many).0, utf8.as_bytes()].concat();
    assert_eq!(read(&bytes).0, format!("{many}{utf8}"));
    let marked = read(b"\xef\xbb\xbfPreis: 5 \x80 f\xfcr M\xfcller, sch\xf6n\n");
    assert_eq!(marked.0, "Preis: 5 € für Müller, schön\n");
}

#[test]
fn faults_within_lines_make_no_other_encoding() {
    // Fields that were cut inside a character, and a stray byte.
    let utf8 = "Gebühr für größere Räume.\n".repeat(3);
    for (fault, expected) in [
        (b"Gr\xc3\n".as_slice(), "Gr\u{fffd}\n"),
        (b"Ma\xc3 end\n", "Ma\u{fffd} end\n"),
        (b"5 \xe2\x82\n", "5 \u{fffd}\n"),
        (b"plain \xff line\n", "plain \u{fffd} line\n"),
    ] {
        let bytes = [utf8.as_bytes(), fault].concat();
        assert_eq!(read(&bytes), (format!("{utf8}{expected}"), 1, None));
    }
    // Words that are UTF-8 by chance: in IBM866, each of the first three is one character of three bytes.
    let words = "рад\nсод\nроб\nМосква\nдомой\nтовар\n";
    let bytes = encoding_rs::IBM866.encode(words).0;
    assert_eq!(read(&bytes), (words.to_owned(), 0, Some("IBM866")));
}

/// The bytes of a text in a code page of DOS; the table is the page's own, which another test compares with Python's.
fn dos(text: &str, page: i32) -> Vec<u8> {
    let upper: Vec<u8> = (0x80..=0xff).collect();
    let (table, _) = crate::code_pages::decode(page, &upper);
    let byte = |character: char| match table.chars().position(|other| other == character) {
        Some(at) => upper[at],
        None => u8::try_from(character).unwrap(),
    };
    text.chars().map(byte).collect()
}

#[test]
fn western_text_of_dos_is_known() {
    for (source, page) in [
        ("Die Kündigung", 850),
        ("Größe;Stück\nMüller;5\n", 850),
        ("Élève : déjà reçu à Genève. Où êtes-vous ?\r\n", 850),
        (
            "La società è responsabile; il prezzo può variare più volte.",
            850,
        ),
        ("A situação não é fácil; a reunião será amanhã.", 850),
        ("El año pasado, la señora Núñez pagó 5 pesetas más.", 437),
        ("Prisen på brød og smør er høj i år.", 865),
        ("Åsa köpte två ägg på Östermalm.", 437),
        (
            "┌──────┐\r\n│ Menü │\r\n└──────┘\r\nKäse und Brötchen\r\n",
            850,
        ),
    ] {
        // These letters are alike in the pages.
        let expected = (source.to_owned(), 0, Some("IBM850"));
        assert_eq!(read(&dos(source, page)), expected);
    }
    // Signs that only one of the pages has.
    let source = "╒═╕ Größe, Käse, Gemüsebrühe";
    assert_eq!(read(&dos(source, 437)).0, source);
    let utf8 = "Gebühr für größere Räume.\n".repeat(2);
    let bytes = [utf8.as_bytes(), &dos("Übermäßige Größe\n", 850)].concat();
    assert_eq!(read(&bytes).0, format!("{utf8}Übermäßige Größe\n"));
}

#[test]
fn text_of_windows_is_not_taken_for_dos() {
    for source in [
        "“Smith”s car” … 5” × 7” – it’s €5, Smith† and Jones‡…",
        "He said “yes” – it’s fine",
        "wait… and see…, then—perhaps",
        "Die „Größe“ ist ‚klein‘ • Übermaß™ – 5 €",
        "L’été… «déjà» vu à 5 ‰, Škoda",
        "Hyvää päivää, tämä on määräys",
    ] {
        let bytes = WINDOWS_1252.encode(source).0;
        assert_eq!(read(&bytes).0, source);
    }
    for source in ["USBメモリとDVDプレーヤー", "CDカメラ"] {
        let bytes = SHIFT_JIS.encode(source).0;
        assert_eq!(read(&bytes).0, source);
    }
}

#[test]
fn bytes_without_a_character_are_told() {
    let (text, replaced, _) = read(b"caf\xe9 d\xe9j\xe0 vu, name \x81 value");
    assert_eq!(
        (text.as_str(), replaced),
        ("café déjà vu, name \u{fffd} value", 1)
    );
}

#[test]
fn what_others_have_replaced_is_counted() {
    let sent = "gr\u{fffd}n und bl\u{fffd}u";
    assert_eq!(read(sent.as_bytes()), (sent.to_owned(), 2, None));
}

#[test]
fn halfwidth_kana_are_shift_jis() {
    for source in ["ﾃｽﾄ ﾃﾞｰﾀ です", "ﾃｽﾄ ﾃﾞｰﾀ", "ｶﾌﾞｼｷｶﾞｲｼｬ ﾃｽﾄです"]
    {
        let bytes = SHIFT_JIS.encode(source).0;
        assert_eq!(read(&bytes), (source.to_owned(), 0, Some("Shift_JIS")));
    }
}
