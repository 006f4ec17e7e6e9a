//! What holds for any text.

use std::collections::HashSet;

use proptest::prelude::*;

use super::tokens;
use crate::{Analyzer, Group, Language, MAX_GROUPS, MAX_WORD};

/// Texts of everything that is treated specially, and of anything.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        2 => "[a-zA-Z0-9_.,:/@'’#+ -]{1,12}",
        2 => "[ا-يً-ْـ\u{200c}ﺀ-ﻼ٠-٩ ]{1,8}",
        2 => "[一-三北京ァ-ヶーｦ-ﾟぁ-ん々 ]{1,8}",
        2 => "[ก-ฺเ-์ກ-໙ក-៓က-၉ ]{1,10}",
        1 => "[가-각ᄀ-나-ᅣᆨ-ᆪ ]{1,6}",
        1 => "[अ-हा-्\u{93c}\u{200d} ]{1,8}",
        1 => "[א-ת\u{5b0}-\u{5c7}\"״׳ ]{1,8}",
        1 => "[àáâãäåæçèéßİıĞğşŞỄễđĐŁł\u{300}-\u{310}'· ]{1,8}",
        1 => "[а-яёЁїў\u{301}α-ωάς ]{1,8}",
    ];
    prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
}

fn any_language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::all().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn spans_and_positions_are_in_order(text in text(), language in any_language()) {
        let (mut position, mut words) = (0, 0);
        let length = Analyzer::new().each(&text, language, |token| {
            assert!(token.start < token.end);
            assert!(text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
            assert!(token.end <= text.len());
            assert!(!token.term.is_empty());
            // A character of the text becomes a few at most.
            assert!(token.term.len() <= 20 * MAX_WORD);
            assert!(token.position >= position);
            position = token.position;
            words += 1;
        });
        prop_assert!(words == 0 || length <= position + 1);
    }

    #[test]
    fn a_text_is_found_by_itself(text in text(), language in any_language(), other in any_language()) {
        let analyzer = Analyzer::new();
        let terms: HashSet<_> = analyzer
            .analyze(&text, language)
            .into_iter()
            .map(|token| token.term)
            .collect();
        let has = |group: &Group| group.terms.iter().any(|term| terms.contains(term));
        let query = analyzer.query(&text, &[language]);
        prop_assert!(query.groups.iter().all(has), "{:?} {:?}", query, terms);
        prop_assert_eq!(query.groups.is_empty(), terms.is_empty());
        // As well if documents of another language are there.
        let both = analyzer.query(&text, &[other, language]);
        if both.groups.len() < MAX_GROUPS {
            let both: HashSet<_> = both.groups.into_iter().flat_map(|group| group.terms).collect();
            for group in &query.groups {
                prop_assert!(group.terms.iter().all(|term| both.contains(term)), "{:?} {:?}", group, both);
            }
        }
    }

    #[test]
    fn case_and_composition_do_not_matter(text in "[a-zA-ZàéîöüçñßÀÉ0-9_. -]{0,40}") {
        use unicode_normalization::UnicodeNormalization;
        let decomposed: String = text.nfd().collect();
        let plain = |text: &str| -> Vec<String> {
            tokens(text, "de").into_iter().map(|token| token.term).collect()
        };
        prop_assert_eq!(plain(&text), plain(&decomposed));
    }
}
