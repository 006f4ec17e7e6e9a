//! Words of many languages: forms of one word, spellings, marks.

use super::{finds, matched, terms};

#[test]
fn another_form_of_a_word_is_found() {
    let mut failures = Vec::new();
    for (code, document, query) in [
        ("en", "The kettles were boiling", "kettle boil"),
        ("de", "Die Kessel der Häuser", "haus"),
        ("fr", "Les bouilloires électriques", "bouilloire électrique"),
        ("es", "Las teteras eléctricas", "tetera eléctrica"),
        ("it", "Le bollitrici elettriche", "elettrico"),
        ("pt", "As chaleiras elétricas", "chaleira elétrica"),
        ("nl", "De waterkokers koken", "waterkoker"),
        ("sv", "Kitteln och kittlarna", "kittlar"),
        ("da", "Kedlerne koger", "kedler"),
        ("no", "Kjelene koker", "kjeler"),
        ("fi", "Taloissa ja autoissa", "talo"),
        ("hu", "A vízforralók", "vízforraló"),
        ("ro", "Fierbătoarele și ceainicele", "ceainic"),
        ("ru", "Чайники кипятят воду", "чайник вода"),
        ("pl", "Czajniki elektryczne", "czajnik"),
        ("cs", "Konvice a konvicemi", "konvicím"),
        ("tr", "Çaydanlıklar suyu kaynatır", "çaydanlık"),
        ("el", "Οι βραστήρες βράζουν", "βραστήρας"),
        ("ar", "الغلايات تسخن الماء", "غلاية"),
        ("hi", "केतलियों में पानी", "केतली"),
        ("id", "Membaca bukunya", "buku"),
        ("fa", "کتری‌ها آب را", "کتری"),
        ("ta", "கெண்டிகள்", "கெண்டி"),
        ("hy", "Թեյնիկները", "թեյնիկ"),
        ("sr", "Чајници и чајника", "čajnici"),
        ("ca", "Les teteres elèctriques", "tetera"),
    ] {
        if !finds(document, query, code) {
            failures.push((code, terms(document, code), terms(query, code)));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_query_without_marks_finds_the_text() {
    let mut failures = Vec::new();
    for (code, document, query) in [
        ("de", "Die größten Müllhäuser", "großten mullhauser"),
        ("de", "Straße", "strasse"),
        ("de", "Müller", "mueller"),
        ("fr", "Les élèves étaient gênés", "eleves etaient genes"),
        ("es", "La información del año", "informacion ano"),
        ("pt", "A informação não está", "informacao nao esta"),
        ("it", "La città è più", "citta piu"),
        ("ro", "Învățământul țărilor își", "invatamantul tarilor isi"),
        (
            "tr",
            "Işıkların çalışması için güneş",
            "isiklarin calismasi icin gunes",
        ),
        ("vi", "Người dùng đường phố", "nguoi dung duong pho"),
        ("pl", "Żółte łódki", "zolte lodki"),
        ("cs", "Příliš žluťoučký kůň", "prilis zlutoucky kun"),
        ("hu", "Árvíztűrő tükörfúrógép", "arvizturo tukorfurogep"),
        ("sv", "Smörgåsbord på svenska", "smorgasbord pa"),
        ("da", "Rødgrød med fløde", "rodgrod flode"),
        ("el", "Η άνθρωπος θάλασσα", "ανθρωπος θαλασσα"),
        ("ru", "Ёлка и за\u{301}мок", "елка замок"),
        ("ar", "مُدَرِّسَةٌ في الإسكندرية", "مدرسه الاسكندريه"),
        ("he", "שָׁלוֹם עוֹלָם", "שלום עולם"),
        ("hi", "ज़मीन और हिन्दी में माँ", "जमीन हिंदी मां"),
        ("ca", "Col·lecció de l'Àngel", "colleccio angel"),
        ("und", "Ātrs ķēniņš", "atrs kenins"),
    ] {
        for word in query.split(' ').filter(|word| !finds(document, word, code)) {
            failures.push((code, word, terms(document, code), terms(word, code)));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn marks_that_make_another_word_are_not_folded() {
    for (code, document, query) in [
        ("hi", "कल", "काल"),
        ("th", "ปา", "ป่า"),
        ("ru", "мой", "мои"),
        ("uk", "їх", "іх"),
        ("ja", "かき", "かぎ"),
    ] {
        assert!(!finds(document, query, code), "{code}");
    }
}

#[test]
fn a_vietnamese_query_with_marks_means_them() {
    assert!(finds("con mèo", "mèo", "vi"));
    assert!(finds("con mèo", "meo", "vi"));
    assert!(finds("hoà bình", "hòa bình", "vi"));
    assert!(!finds("con ma", "má", "vi"));
    assert!(!finds("lá cờ đỏ", "co đường", "vi"));
    // Two syllables in their order count more than both apart.
    let query = "học sinh";
    let apart = matched("sinh viên học", "vi", query, &["vi"]);
    assert!(matched("các học sinh", "vi", query, &["vi"]) > apart);
    assert_eq!(apart, matched("học, sinh", "vi", query, &["vi"]));
    // Nor does another language in the table make it find more.
    assert_eq!(matched("con mạ", "vi", "má", &["vi", "en"]), 0.0);
    assert_eq!(matched("Nguyễn Huệ", "en", "Nguyễn", &["vi", "en"]), 1.0);
    assert_eq!(matched("Nguyễn Huệ", "en", "nguyen", &["vi", "en"]), 1.0);
}

#[test]
fn turkish_has_two_kinds_of_i() {
    for (document, query) in [
        ("ISPARTA", "ısparta"),
        ("ISPARTA", "isparta"),
        ("İstanbul", "istanbul"),
        ("İSTANBUL'DA", "istanbul"),
        ("Türkiye'nin başkenti", "türkiye"),
        ("diyarbakır", "DİYARBAKIR"),
    ] {
        assert!(finds(document, query, "tr"), "{document} {query}");
    }
    // In a text of another language as well.
    assert_eq!(matched("İstanbul", "en", "istanbul", &["en"]), 1.0);
}

#[test]
fn elided_articles_are_no_part_of_a_word() {
    for (code, document, query) in [
        ("fr", "L’école d'ingénieurs qu'elle", "école ingénieur"),
        ("it", "Dell'acqua e un'altra", "acqua altra"),
        ("ca", "L'aigua d'avui", "aigua"),
    ] {
        for word in query.split(' ') {
            assert!(
                finds(document, word, code),
                "{code} {word} {:?}",
                terms(document, code)
            );
        }
    }
    assert_eq!(terms("aujourd'hui", "fr"), terms("aujourdhui", "fr"));
    assert_eq!(
        terms("the dog's O'Brien don't", "en"),
        ["!en:the", "en:dog", "en:obrien", "en:brien", "!en:dont"]
    );
    assert!(finds("м'ята", "м’ята", "uk"));
}

#[test]
fn hebrew_abbreviations_are_one_word() {
    assert!(finds("צה\"ל הודיע", "צה״ל", "he"));
    assert!(finds("צה\"ל הודיע", "צהל", "he"));
}

#[test]
fn persian_and_urdu_letters_are_found_by_arabic_keyboards() {
    assert!(finds("کتاب علی", "كتاب", "fa"));
    assert!(finds("کتاب علی", "علي", "fa"));
    assert!(finds("یہ کتاب ہے", "كتاب", "ur"));
    // Zero-width joints are written, typed as a space, or left out.
    for query in ["می‌خواهم", "می خواهم", "میخواهم"] {
        assert!(finds("من می‌خواهم", query, "fa"), "{query}");
    }
}

#[test]
fn presentation_forms_and_tatweel_are_the_letters_they_show() {
    assert!(finds("ﻣﺪﺭﺳﺔ", "مدرسة", "ar"));
    assert!(finds("العـــربية", "العربية", "ar"));
    assert_eq!(terms("٢٠٢٤", "ar"), ["2024"]);
}

#[test]
fn full_width_and_composed_forms_are_one() {
    assert_eq!(terms("ＡＢＣ１２３", "ja"), ["abc123"]);
    assert_eq!(terms("cafe\u{301}", "en"), terms("café", "en"));
    assert_eq!(terms("ﬁsh", "en"), ["en:fish"]);
    assert_eq!(terms("co\u{ad}operate", "en"), terms("cooperate", "en"));
    assert_eq!(terms("हिन्दी क्\u{200d}ष", "hi"), terms("हिंदी क्ष", "hi"));
}

#[test]
fn an_unknown_language_is_folded_and_not_stemmed() {
    assert_eq!(terms("Kettles Größe", "und"), ["kettles", "grosse"]);
    assert_eq!(terms("Kettles Größe", "xx"), ["kettles", "grosse"]);
}
