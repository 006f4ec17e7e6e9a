//! Scripts without spaces, and Korean.

use super::{finds, matched, terms, tokens};

#[test]
fn chinese_has_words_and_pairs() {
    let found = terms("我们在北京大学学习。", "zh");
    for term in ["我们", "北京", "京大", "大学", "学习"] {
        assert!(found.contains(&term.to_owned()), "{term} {found:?}");
    }
    let pairs = found.iter().filter(|term| *term == "大学").count();
    assert_eq!(
        pairs, 1,
        "a word of two signs is not counted again as a pair"
    );
    assert_eq!(terms("用Rust写", "zh"), ["用", "rust", "写"]);
}

#[test]
fn japanese_words_are_found_in_every_width() {
    assert!(finds("東京都に住んでいます", "東京", "ja"));
    assert!(finds("ﾃﾞｰﾀﾍﾞｰｽ", "データベース", "ja"));
    assert!(finds("データベースサーバーの管理", "サーバー", "ja"));
    assert_eq!(
        matched("コンピューターを買う", "ja", "コンピュータ", &["ja"]),
        matched("コンピュータを買う", "ja", "コンピュータ", &["ja"]),
    );
    assert!(finds("株式会社　ＡＢＣ", "abc", "ja"));
    assert!(finds("人々の生活", "人々", "ja"));
}

#[test]
fn korean_words_are_found_without_their_particles() {
    assert!(finds("한국어를 검색합니다", "한국어", "ko"));
    assert!(finds("Python을 배우다", "python", "ko"));
    assert!(finds("2024년", "2024", "ko"));
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("한국어").collect();
    assert_eq!(terms(&decomposed, "ko"), terms("한국어", "ko"));
}

#[test]
fn words_of_south_east_asia_are_found_within_a_sentence() {
    for (code, sentence, words) in [
        ("th", "กาต้มน้ำไฟฟ้าทำความสะอาดได้ง่าย", ["น้ำ", "ไฟฟ้า", "สะอาด"]),
        ("lo", "ພາສາລາວເປັນພາສາ", ["ພາສາ", "ລາວ", "ເປັນ"]),
        ("km", "ភាសាខ្មែរជាភាសា", ["ភាសា", "ភាសាខ្មែរ", "ជា"]),
        ("my", "မြန်မာဘာသာစကား ဘာသာ", ["မြန်မာဘာသာ", "ဘာသာ", "စကား"]),
    ] {
        for word in words {
            assert!(
                finds(sentence, word, code),
                "{code} {word} {:?}",
                terms(sentence, code)
            );
        }
    }
    // The vowel am, typed as two characters.
    assert!(finds("น้\u{e4d}\u{e32}", "น้ำ", "th") || finds("น\u{e4d}\u{e32}", "นำ", "th"));
    assert_eq!(terms("๒๕๖๗", "th"), ["2567"]);
}

#[test]
fn spans_are_those_of_the_original() {
    let text = "ﾃﾞｰﾀの １２ cafe\u{301}";
    for token in tokens(text, "ja") {
        let original = &text[token.span.clone()];
        match token.term.as_str() {
            "データ" => assert_eq!(original, "ﾃﾞｰﾀ"),
            "12" => assert_eq!(original, "１２"),
            "cafe" => assert_eq!(original, "cafe\u{301}"),
            _ => {}
        }
    }
    assert!(terms(text, "ja").contains(&"データ".to_owned()));
}

#[test]
fn a_position_is_a_sign_where_words_overlap() {
    let positions: Vec<_> = tokens("中国人 abc", "zh")
        .into_iter()
        .map(|token| (token.term, token.position))
        .collect();
    assert_eq!(positions.last(), Some(&("abc".to_owned(), 3)));
}
