//! Identifiers, numbers and addresses: as typed, and by their parts.

use super::{finds, groups, matched, terms, tokens};
use crate::MAX_WORD;

const EXAMPLES: &[(&str, &[&str])] = &[
    ("ERR_CONN_42", &["err", "conn", "42", "err-conn-42"]),
    ("v1.2.3", &["v1"]),
    ("foo_bar", &["foo", "bar", "foobar", "foo-bar"]),
    (
        "getUserName",
        &["get", "user", "name", "getusername", "get_user_name"],
    ),
    ("HTTPServer", &["http", "server", "httpserver"]),
    ("AB-1234/5", &["ab", "1234", "ab1234/5"]),
    (
        "jane.doe@example.com",
        &["jane", "doe", "example", "com", "example.com"],
    ),
    (
        "https://example.com/docs/a-page?id=17&x=y",
        &["example.com", "docs", "page", "17", "https"],
    ),
    ("std::vec::Vec", &["std", "vec"]),
    ("192.168.0.17", &["192", "17"]),
    ("2001:db8::8a2e", &["db8", "8a2e"]),
    ("2024-01-31", &["2024", "31"]),
    ("1,234,567.89", &["89"]),
    ("C++", &["c"]),
    ("C#", &["c"]),
    ("AT&T", &["at&t"]),
    ("TCP/IP", &["tcp", "ip"]),
    ("wi-fi", &["wifi", "fi"]),
    ("/usr/local/bin", &["usr", "local/bin"]),
    ("X-Amz-Date:", &["amz", "date"]),
];

#[test]
fn an_identifier_is_found_as_typed_and_by_its_parts() {
    for code in ["en", "und", "tr", "zh"] {
        for (identifier, parts) in EXAMPLES {
            let document = format!("Before {identifier}, after.");
            let query = groups(identifier, &[code]);
            let all: f32 = query.iter().map(|group| group.weight).sum();
            assert!(!query.is_empty());
            assert_eq!(
                matched(&document, code, identifier, &[code]),
                all,
                "{identifier} {:?}",
                terms(&document, code)
            );
            for part in *parts {
                assert!(
                    finds(&document, part, code),
                    "{identifier} by {part} {:?}",
                    terms(&document, code)
                );
            }
        }
    }
}

#[test]
fn the_whole_outranks_all_of_its_parts() {
    for (document, parts) in [
        ("ERR_CONN_42", "42 err conn"),
        ("v1.2.3", "v1 2 3"),
        ("jane.doe@example.com", "jane doe example com"),
        ("192.168.0.17", "17 192 168 0"),
        ("AB-1234/5", "5 ab 1234"),
    ] {
        let whole = matched(document, "en", document, &["en"]);
        let others = matched(parts, "en", document, &["en"]);
        assert!(
            others > 0.0 && whole >= 2.0 * others,
            "{document}: {whole} {others}"
        );
    }
}

#[test]
fn other_numbers_are_not_the_number() {
    for (number, others) in [
        ("1.23", ["12.3", "123"]),
        ("192.168.1.11", ["192.168.11.1", "1921681.11"]),
        ("v1.2.3", ["v12.3", "v123"]),
    ] {
        let query = groups(number, &["en"]);
        let whole = query.iter().find(|group| group.weight > 1.0).unwrap();
        for other in others {
            for term in terms(other, "en") {
                assert!(!whole.terms.contains(&term), "{number} {other}");
            }
        }
    }
}

#[test]
fn separators_of_thousands_do_not_count() {
    for number in [
        "1,234,567",
        "1.234.567",
        "1'234'567",
        "1_234_567",
        "1234567",
    ] {
        assert!(
            finds(number, "1234567", "en"),
            "{number} {:?}",
            terms(number, "en")
        );
    }
    assert!(!terms("12,34", "en").contains(&"1234".to_owned()));
}

#[test]
fn the_whole_has_the_place_of_its_first_part_and_spans_all() {
    let text = "see foo_bar here";
    let found: Vec<_> = tokens(text, "und")
        .into_iter()
        .map(|token| (token.term, token.position, &text[token.span]))
        .collect();
    let expected = [
        ("see", 0, "see"),
        ("foobar", 1, "foo_bar"),
        ("foo", 1, "foo"),
        ("bar", 2, "bar"),
        ("here", 3, "here"),
    ];
    assert_eq!(
        found,
        expected.map(|(term, at, span)| (term.to_owned(), at, span))
    );
}

#[test]
fn encoded_data_is_dropped_and_long_chains_have_no_whole() {
    let base64 = "QUJD".repeat(MAX_WORD);
    assert_eq!(terms(&format!("a {base64} b"), "und"), ["a", "b"]);
    let chain = ["a1"; 40].join(".");
    assert_eq!(terms(&chain, "en"), ["a1"; 40]);
    let words = ["letters"; 18].join("-");
    assert_eq!(terms(&words, "en").len(), 18);
}

#[test]
fn dashes_and_full_stops_between_words_join_nothing() {
    assert_eq!(
        terms("one -- two. Three,four; five… six", "und"),
        ["one", "two", "three", "four", "five", "six"]
    );
}
