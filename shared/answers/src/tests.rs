use crate::*;

/// The code of what a check says of the first sentence: `supported`, `no_claim` or a reason.
fn check(claim: &str, source: &str, code: &str) -> &'static str {
    let marked = markers(claim, 1);
    let source = Source {
        text: source,
        title: Some("Manual"),
        language: Some(code),
    };
    match verify(&marked.text, Some(code), &marked.citations, &[source])
        .first()
        .map(|checked| checked.verdict.clone())
    {
        Some(Verdict::Supported(_)) => "supported",
        Some(Verdict::Unsupported(reason)) => reason.code(),
        _ => "no_claim",
    }
}

const EN: &str = "Ada Lowe beat Tom Reed in March 1990, before the flood, by 1,200 votes. She was not asked. All shops in Brill closed after the flood.";

#[test]
fn english_claims_are_judged() {
    for (claim, expected) in [
        (
            "Ada Lowe beat Tom Reed in March 1990, before the flood, by 1,200 votes [1].",
            "supported",
        ),
        (
            "Ada Lowe beat Tom Reed in March 1990 by 1200 votes [1].",
            "supported",
        ),
        (
            "According to the manual, she was not asked [1].",
            "supported",
        ),
        ("She wasn't asked [1].", "supported"),
        (
            "All the shops in Brill closed after the flood [1].",
            "supported",
        ),
        ("All shop in Brill closed after the flood [1].", "supported"),
        (
            "She was not asked, and all shops in Brill closed after the flood [1].",
            "supported",
        ),
        ("Tom Reed beat Ada Lowe in March 1990 [1].", "order_differs"),
        ("Ada Lowe beat Tom Reed in March 1991 [1].", "date_differs"),
        (
            "Ada Lowe beat Tom Reed in March 1990, before the flood, by 1,300 votes [1].",
            "number_differs",
        ),
        ("Ada Lowe beat Ann Reed in March 1990 [1].", "name_missing"),
        ("She was asked [1].", "negation_differs"),
        (
            "All shops in Brill never closed after the flood [1].",
            "negation_differs",
        ),
        (
            "Some shops in Brill closed after the flood [1].",
            "qualifier_differs",
        ),
        (
            "All shops in Brill closed before the flood [1].",
            "qualifier_differs",
        ),
        ("The moon is made of cheese [1].", "not_found"),
        ("She was not asked.", "no_citation"),
        ("Was she asked? [1]", "no_claim"),
        ("I could not find that.", "no_claim"),
        ("Hello!", "no_claim"),
    ] {
        assert_eq!(check(claim, EN, "en"), expected, "{claim}");
    }
}

#[test]
fn other_languages_are_judged() {
    for (code, source, right, wrong, reason) in [
        (
            "es",
            "La tienda abrió el 6 de octubre de 1973 en Lima.",
            "La tienda abrió el 1973-10-06 en Lima [1].",
            "La tienda no abrió el 6 de octubre de 1973 en Lima [1].",
            "negation_differs",
        ),
        (
            "ar",
            "افتتح سامي المتجر في 6 أكتوبر 1973 بمبلغ 300 دولار.",
            "افتتح سامي المتجر في ٦ أكتوبر ١٩٧٣ بمبلغ ٣٠٠ دولار [1].",
            "افتتح سامي المتجر في 6 أكتوبر 1973 بمبلغ 400 دولار [1].",
            "number_differs",
        ),
        (
            "zh",
            "张三于1973年10月6日在北京打败了李四。",
            "张三于1973年10月6日在北京打败李四[1]。",
            "李四于1973年10月6日在北京打败了张三[1]。",
            "order_differs",
        ),
        (
            "de",
            "Das Gerät wiegt 1.200 Gramm und ist nicht wasserdicht.",
            "Das Gerät wiegt 1200 g und ist nicht wasserdicht [1].",
            "Das Gerät wiegt 1.200 Gramm und ist wasserdicht [1].",
            "negation_differs",
        ),
        (
            "he",
            "החנות נפתחה ב-1973 בחיפה ולא נסגרה.",
            "החנות נפתחה ב-1973 בחיפה ולא נסגרה [1].",
            "החנות נפתחה ב-1974 בחיפה ולא נסגרה [1].",
            "number_differs",
        ),
        (
            "hi",
            "दुकान 1973 में दिल्ली में खुली।",
            "दुकान १९७३ में दिल्ली में खुली [1]।",
            "दुकान 1974 में दिल्ली में खुली [1]।",
            "number_differs",
        ),
    ] {
        assert_eq!(check(right, source, code), "supported", "{right}");
        assert_eq!(check(wrong, source, code), reason, "{wrong}");
    }
}

#[test]
fn another_language_shows_nothing() {
    let marked = markers("The shop opened in Lima in 1973 [1].", 1);
    let source = Source {
        text: "La tienda abrió en Lima en 1973.",
        title: None,
        language: Some("es"),
    };
    let checked = verify(&marked.text, Some("en"), &marked.citations, &[source]);
    assert_eq!(
        checked[0].verdict,
        Verdict::Unsupported(Reason::OtherLanguage)
    );
}

#[test]
fn a_sentence_too_short_for_its_language_is_checked_in_that_of_its_source() {
    let source = Source {
        text: "The guarantee lasts 24 months. It covers the motor.",
        title: None,
        language: None,
    };
    for (answer, is_supported) in [
        ("The guarantee lasts 24 months [1].", true),
        ("The guarantee lasts 36 months [1].", false),
    ] {
        let marked = markers(answer, 1);
        let checked = verify(&marked.text, None, &marked.citations, &[source]);
        let supported = matches!(checked[0].verdict, Verdict::Supported(_));
        assert_eq!(supported, is_supported, "{checked:?}");
    }
}

#[test]
fn only_the_cited_source_supports_and_the_span_is_its_words() {
    let sources =
        ["Brill has 300 people.", "A Über shop. Lowe has 900 shops."].map(|text| Source {
            text,
            title: None,
            language: Some("en"),
        });
    let marked = markers(
        "Lowe has 900 shops [1]. Lowe has 900 shops [2]. Brill has 300 people [1] and Lowe has 900 shops [2].",
        2,
    );
    let checked = verify(&marked.text, Some("en"), &marked.citations, &sources);
    assert!(matches!(checked[0].verdict, Verdict::Unsupported(_)));
    assert_eq!(
        checked[1].verdict,
        Verdict::Supported(vec![Support {
            source: 2,
            span: 13..31
        }])
    );
    assert!(matches!(&checked[2].verdict, Verdict::Supported(supports) if supports.len() == 2));
}

#[test]
fn the_sentence_with_the_answer_is_quoted() {
    let passages = [
        Passage {
            text: "Brill lies by a river. The mill of Brill was built by Ada Lowe. It burnt down in 1950.",
            score: 2.0,
            language: Some("en"),
        },
        Passage {
            text: "Kettles boil water.",
            score: 1.0,
            language: Some("en"),
        },
    ];
    let quotes = extract(
        "Who built the mill of Brill?",
        &passages,
        None,
        2,
        LEAST_COVERAGE,
    );
    assert_eq!((quotes[0].passage, quotes[0].span.clone()), (0, 23..63));
    assert!(
        extract(
            "Which comet did Halley see?",
            &passages,
            None,
            2,
            LEAST_COVERAGE
        )
        .is_empty()
    );
    assert!(extract("", &passages, None, 2, LEAST_COVERAGE).is_empty());
    assert!(extract("Who?", &[], None, 2, LEAST_COVERAGE).is_empty());
}

#[test]
fn the_most_similar_sentence_is_quoted_on_any_models_scale() {
    let passage = Passage {
        text: "The pump is red. The pump is old. The pump is loud. The pump is heavy.",
        score: 1.0,
        language: Some("en"),
    };
    let question = "What is the pump like?";
    let found = candidates(question, &[passage], 3, LEAST_COVERAGE);
    assert_eq!(found.len(), 3);
    for similar in 0..4 {
        let cosines = |scale: f32, base: f32| -> Vec<Option<f32>> {
            let of = |sentence| base + scale * f32::from(u8::from(sentence == similar));
            (0..4).map(|sentence| Some(of(sentence))).collect()
        };
        for (scale, base) in [(0.5, 0.1), (0.02, 0.8)] {
            let all = [cosines(scale, base)];
            let quotes = extract(question, &[passage], Some(&all), 1, LEAST_COVERAGE);
            let place = quotes[0].span.start / 17;
            assert_eq!(place, similar, "{quotes:?}");
        }
    }
    // Of those that were not compared nothing is known: they are the least similar.
    let some = [vec![None, Some(0.3), Some(0.9)]];
    let quotes = extract(question, &[passage], Some(&some), 4, LEAST_COVERAGE);
    assert_eq!(quotes[0].span.start, 34);
    assert!(extract(question, &[passage], Some(&[]), 1, LEAST_COVERAGE).len() == 1);
}

#[test]
fn a_passage_of_another_language_does_not_hide_the_answer() {
    let answer = Passage {
        text: "The warranty lasts three years from the day of purchase.",
        score: 1.0,
        language: Some("en"),
    };
    let beside = |text, language| Passage {
        text,
        score: 0.5,
        language,
    };
    for other in [
        beside("Hello ASCII\n日本語テスト", None),
        beside("保修期为三年。", Some("zh")),
        beside(
            "Die Garantie gilt drei Jahre ab dem Tag des Kaufs.",
            Some("de"),
        ),
        beside("4711 0815", None),
    ] {
        let question = "How long is the warranty?";
        let quotes = extract(question, &[answer, other], None, 2, LEAST_COVERAGE);
        let passage = quotes.first().map(|quote| quote.passage);
        assert_eq!(passage, Some(0), "beside {:?}", other.text);
        let alone = coverage(question, &[answer]);
        assert_eq!(
            coverage(question, &[answer, other]),
            alone,
            "{:?}",
            other.text
        );
    }
}
