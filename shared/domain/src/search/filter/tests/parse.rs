//! Every bad field is named, and every limit holds.

use super::*;

/// The pointers of the errors, without the beginning that all have.
fn pointers(json: &str) -> Vec<String> {
    let error = parsed(json).unwrap_err();
    let pointers = error.fields().iter().map(|field| &field.pointer);
    let relative = pointers.map(|pointer| pointer.strip_prefix("/filter").unwrap().to_owned());
    relative.collect()
}

/// Bad filters, and what is bad about them.
const BAD: &[(&str, &[&str])] = &[
    // Shapes.
    ("5", &[""]),
    ("[]", &[""]),
    ("{}", &[""]),
    (r#""title""#, &[""]),
    (r#"{"and": []}"#, &["/and"]),
    (r#"{"or": {}}"#, &["/or"]),
    (r#"{"and": [1, {"or": null}]}"#, &["/and/0", "/and/1/or"]),
    (r#"{"not": []}"#, &["/not"]),
    (r#"{"not": null}"#, &["/not"]),
    (r#"{"xor": []}"#, &["/xor", "/field", "/op"]),
    (
        r#"{"not": {"field": "title", "op": "exists"}, "op": "eq", "a/b~": 1}"#,
        &["/op", "/a~1b~0"],
    ),
    (
        r#"{"and": [{"field": "title", "op": "exists"}], "and": []}"#,
        &["/and"],
    ),
    (
        r#"{"field": "title", "op": "eq", "value": "a", "value": "b"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "exists", "case": "lower"}"#,
        &["/case"],
    ),
    // Fields and operators.
    (r#"{"op": "eq", "value": 1}"#, &["/field"]),
    (
        r#"{"field": "colour", "op": "eq", "value": 1}"#,
        &["/field"],
    ),
    (
        r#"{"field": 5, "op": "like", "value": 1}"#,
        &["/field", "/op"],
    ),
    (
        r#"{"field": "Title", "op": "EQ", "value": 1}"#,
        &["/field", "/op"],
    ),
    (r#"{"field": "title", "op": null, "value": 1}"#, &["/op"]),
    (r#"{"field": "title", "value": 1}"#, &["/op"]),
    (r#"{"field": "metadata", "op": "exists"}"#, &["/field"]),
    (r#"{"field": "metadata.", "op": "exists"}"#, &["/field"]),
    (r#"{"field": "metadata.a..b", "op": "exists"}"#, &["/field"]),
    (r#"{"field": "metadata.a\\b", "op": "exists"}"#, &["/field"]),
    (r#"{"field": "metadata.a\\", "op": "exists"}"#, &["/field"]),
    (
        r#"{"field": "metadata.\u0000", "op": "exists"}"#,
        &["/field"],
    ),
    (r#"{"field": "\ud83d", "op": "exists"}"#, &["/field"]),
    (
        r#"{"field": "metadata.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", "op": "exists"}"#,
        &["/field"],
    ),
    (r#"{"field": "type", "op": "gt", "value": "pdf"}"#, &["/op"]),
    (
        r#"{"field": "source", "op": "contains", "value": "api"}"#,
        &["/op"],
    ),
    (
        r#"{"field": "collectionId", "op": "startsWith", "value": "0"}"#,
        &["/op"],
    ),
    (
        r#"{"field": "page", "op": "contains", "value": "1"}"#,
        &["/op"],
    ),
    (
        r#"{"field": "createdAt", "op": "startsWith", "value": "2026"}"#,
        &["/op"],
    ),
    // Values.
    (r#"{"field": "title", "op": "eq"}"#, &["/value"]),
    (
        r#"{"field": "title", "op": "eq", "value": null}"#,
        &["/value"],
    ),
    (r#"{"field": "title", "op": "eq", "value": 5}"#, &["/value"]),
    (
        r#"{"field": "title", "op": "eq", "value": ["a"]}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "eq", "value": "a\u0000"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "eq", "value": "\ud83d"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "contains", "value": ""}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "exists", "value": "yes"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "in", "value": "a"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "in", "value": []}"#,
        &["/value"],
    ),
    (
        r#"{"field": "title", "op": "nin", "value": ["a", 1, null]}"#,
        &["/value/1", "/value/2"],
    ),
    (
        r#"{"field": "type", "op": "eq", "value": "exe"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "source", "op": "in", "value": ["api", "API"]}"#,
        &["/value/1"],
    ),
    (
        r#"{"field": "language", "op": "eq", "value": "english"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "documentId", "op": "eq", "value": "1"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "collectionId", "op": "eq", "value": "none"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "page", "op": "eq", "value": "1"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "page", "op": "eq", "value": 1.5}"#,
        &["/value"],
    ),
    (r#"{"field": "page", "op": "eq", "value": -1}"#, &["/value"]),
    (
        r#"{"field": "page", "op": "eq", "value": 4294967296}"#,
        &["/value"],
    ),
    (
        r#"{"field": "createdAt", "op": "gt", "value": 1700000000}"#,
        &["/value"],
    ),
    (
        r#"{"field": "createdAt", "op": "gt", "value": "2025-02-29"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "updatedAt", "op": "gt", "value": "yesterday"}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "eq", "value": null}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "eq", "value": {"b": 1}}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "eq", "value": [1]}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "gt", "value": true}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "contains", "value": 5}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "eq", "value": 1e1001}"#,
        &["/value"],
    ),
    (
        r#"{"field": "metadata.a", "op": "eq", "value": 1e-99999999999999999999}"#,
        &["/value"],
    ),
];

#[test]
fn every_bad_field_has_a_pointer() {
    for (json, expected) in BAD {
        assert_eq!(pointers(json), *expected, "{json}");
    }
    let nested = r#"{"and": [{"field": "title", "op": "exists"}, {"not": {"field": "page", "op": "gt", "value": "x"}}]}"#;
    assert_eq!(pointers(nested), ["/and/1/not/value"]);
}

#[test]
fn errors_say_what_is_expected() {
    let detail = |json| parsed(json).unwrap_err().fields()[0].detail.clone();
    let unknown = detail(r#"{"field": "colour", "op": "eq", "value": 1}"#);
    assert!(unknown.contains("title") && unknown.contains("page") && unknown.contains("metadata."));
    let op = detail(r#"{"field": "type", "op": "gt", "value": "pdf"}"#);
    assert_eq!(op, "one of eq, ne, in, nin, exists for type");
    let format = detail(r#"{"field": "type", "op": "eq", "value": "exe"}"#);
    assert!(format.contains("docx"), "{format}");
}

#[test]
fn fields_of_chunks_are_unknown_in_filters_of_documents() {
    for field in ["page", "language"] {
        let json = format!(r#"{{"field": "{field}", "op": "exists"}}"#);
        let input: FilterInput = serde_json::from_str(&json).unwrap();
        assert!(input.parse("").is_ok());
        let error = input.parse_documents("").unwrap_err();
        assert_eq!(error.fields()[0].pointer, "/field");
        assert!(!error.fields()[0].detail.contains("page"));
    }
}

/// A filter within this many `not`.
fn negated(times: usize) -> String {
    let inner = r#"{"field": "title", "op": "exists"}"#;
    format!("{}{inner}{}", r#"{"not":"#.repeat(times), "}".repeat(times))
}

#[test]
fn deep_nesting_is_named_and_does_not_overflow_the_stack() {
    assert!(parsed(&negated(MAX_DEPTH - 1)).is_ok());
    let named = ["/not".repeat(MAX_DEPTH)];
    assert_eq!(pointers(&negated(MAX_DEPTH)), named);
    assert_eq!(pointers(&negated(50)), named);
    assert_eq!(pointers(&negated(10_000)), named);
    assert_eq!(pointers(&negated(1_000_000)), [""]);
    let lists = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let value = format!(r#"{{"field": "metadata.a", "op": "eq", "value": {lists}}}"#);
    assert_eq!(pointers(&value), ["/value"]);
}

#[test]
fn the_size_of_a_filter_is_limited() {
    let one = r#"{"field": "title", "op": "exists"}"#;
    let all = |count| format!(r#"{{"and": [{}]}}"#, vec![one; count].join(","));
    assert!(parsed(&all(MAX_NODES - 1)).is_ok());
    let last = [format!("/and/{}", MAX_NODES - 1)];
    assert_eq!(pointers(&all(MAX_NODES)), last);
    assert_eq!(pointers(&all(MAX_NODES + 100)), last);

    let list = |count| {
        let values = vec!["1"; count].join(",");
        format!(r#"{{"field": "metadata.a", "op": "in", "value": [{values}]}}"#)
    };
    assert!(parsed(&list(MAX_VALUES)).is_ok());
    assert_eq!(pointers(&list(MAX_VALUES + 1)), ["/value"]);
    let two = format!(r#"{{"or": [{}, {}]}}"#, list(MAX_VALUES), list(1));
    assert_eq!(pointers(&two), ["/or/1/value"]);

    let value =
        |value: String| format!(r#"{{"field": "metadata.a", "op": "eq", "value": {value}}}"#);
    let text = |length| value(format!("\"{}\"", "ä".repeat(length)));
    assert!(parsed(&text(MAX_TEXT)).is_ok());
    assert_eq!(pointers(&text(MAX_TEXT + 1)), ["/value"]);
    // Two characters each in NFC.
    for op in ["eq", "startsWith"] {
        let grown = "\u{958}".repeat(MAX_TEXT);
        let json = format!(r#"{{"field": "title", "op": "{op}", "value": "{grown}"}}"#);
        assert_eq!(pointers(&json), ["/value"]);
    }
    assert!(parsed(&value("9".repeat(MAX_NUMBER))).is_ok());
    assert_eq!(pointers(&value("9".repeat(MAX_NUMBER + 1))), ["/value"]);
    assert_eq!(pointers(&text(MAX_BYTES)), [""]);
}

#[test]
fn the_list_of_errors_is_limited() {
    let all = format!(r#"{{"and": [{}]}}"#, vec!["1"; 200].join(","));
    assert_eq!(pointers(&all).len(), 20);
    let many: Vec<_> = (0..5_000).map(|n| format!("\"{n}\": 1")).collect();
    let errors = pointers(&format!("{{{}}}", many.join(",")));
    assert!(errors.len() <= 20);
}
