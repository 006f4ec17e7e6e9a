//! Queries: groups, languages, bounds.

use super::{groups, language, matched};
use crate::{Analyzer, Language, MAX_GROUPS};

#[test]
fn a_word_is_one_group_whatever_the_languages() {
    let found = groups("running kettles", &["en", "de", "fr", "und"]);
    assert_eq!(found.len(), 2);
    assert!(found[0].terms.contains(&"en:run".to_owned()));
    assert!(found[0].terms.contains(&"running".to_owned()));
    for code in ["en", "de", "fr", "und"] {
        let all = &["en", "de", "fr", "und"];
        assert_eq!(
            matched("Running kettles", code, "running kettles", all),
            2.0,
            "{code}"
        );
    }
}

#[test]
fn a_repeated_word_and_a_repeated_language_count_once() {
    assert_eq!(groups("kettle kettles KETTLE", &["en", "en"]).len(), 1);
    // One stem in English, two words in no language.
    let all = &["und", "en"];
    assert_eq!(matched("Kettles", "en", "kettle kettles", all), 1.0);
    assert_eq!(
        matched("kettle, kettles", "und", "kettle kettles", all),
        2.0
    );
}

#[test]
fn a_repeated_number_has_no_group_without_marks() {
    // A Lao two and a two, in a language in which a word without marks stands for all.
    let found = groups("\u{ed2}2", &["vi"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].terms, ["2"]);
    // Nor if it was written with a mark before, beside another language.
    let found = groups("\u{669}\u{64b} \u{669}", &["und", "vi"]);
    let terms = found.iter().flat_map(|group| &group.terms);
    assert!(terms.clone().all(|term| term != "~9"), "{found:?}");
}

#[test]
fn no_language_means_an_unknown_one() {
    assert_eq!(groups("Kettles", &[]), groups("Kettles", &["und"]));
}

#[test]
fn nothing_to_find_is_an_empty_query() {
    for query in [
        "",
        " \n\t",
        "😀🎉",
        "!!! \"' ()",
        "\u{301}\u{200d}",
        "&|!(){}[]^~*?:\\/",
    ] {
        assert!(groups(query, &["en", "ar"]).is_empty(), "{query:?}");
    }
}

#[test]
fn stop_words_alone_are_found() {
    assert_eq!(
        matched("To be or not to be", "en", "to be or not to be", &["en"]),
        4.0
    );
    assert!(!groups("the", &["en"]).is_empty());
    assert!(!groups("的", &["zh"]).is_empty());
    // Whatever other languages there are.
    let all = &["en", "und", "de"];
    assert_eq!(
        matched("To be or not to be", "en", "to be or not to be", all),
        4.0
    );
}

#[test]
fn stop_words_beside_others_are_dropped() {
    let found = groups("the kettle", &["en"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].span, 4..10);
    assert_eq!(groups("WHO guidelines", &["en"]).len(), 2);
    assert_eq!(groups("ที่สะอาด", &["th"]).len(), 1);
    // A stop word of German is a word of English, and is found in English texts alone.
    assert_eq!(
        matched(
            "Die Gießerei und die Form",
            "de",
            "die casting",
            &["de", "en"]
        ),
        0.0
    );
    assert_eq!(
        matched("A die is a mould", "en", "die casting", &["de", "en"]),
        1.0
    );
}

#[test]
fn the_groups_of_a_long_query_are_bounded() {
    let all: Vec<Language> = Language::all().collect();
    let many: String = (0..20_000).map(|n| format!("w{n}x ")).collect();
    for text in [
        many.as_str(),
        &"kettle ".repeat(15_000),
        &"北京大学".repeat(9_000),
        &"กาต้มน้ำ".repeat(4_000),
        &"a".repeat(100_000),
        &"a.".repeat(50_000),
        &"ا\u{64b}".repeat(25_000),
        &"\u{301}".repeat(50_000),
        &"한".repeat(30_000),
        &"ア".repeat(30_000),
    ] {
        let query = Analyzer::new().query(text, &all);
        assert!(query.groups.len() <= MAX_GROUPS);
        for group in &query.groups {
            assert!(!group.terms.is_empty() && group.terms.len() <= 3 * all.len());
        }
    }
    assert_eq!(
        Analyzer::new().query(&many, &[language("en")]).groups.len(),
        MAX_GROUPS
    );
}
