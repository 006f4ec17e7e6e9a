use super::*;

fn read(source: &str) -> Result<String, FailureCode> {
    super::read(source.as_bytes())
        .map(|extracted| extracted.text)
        .map_err(|refusal| refusal.code)
}

/// The text and the codes of the warnings with their counts.
fn warned(source: &str) -> (String, Vec<(WarningCode, u32)>) {
    let extracted = super::read(source.as_bytes()).unwrap();
    let warnings = extracted.warnings.as_slice().iter();
    (
        extracted.text,
        warnings.map(|w| (w.code, w.count)).collect(),
    )
}

#[test]
fn values_stand_beside_their_paths() {
    assert_eq!(
        read(r#"{"a": {"b": 1, "c": [true, "x"]}, "d": [{"e": null}, {"e": "é"}]}"#).unwrap(),
        "a.b: 1\na.c: true, x\n\nd.1.e: null\n\nd.2.e: é"
    );
    assert_eq!(
        read(r#"{"a": [1, [2, 3], "x", {"b": []}, 4], "c": {}}"#).unwrap(),
        "a.1: 1\na.2: 2, 3\na.3: x\n\na.4.b:\na.5: 4"
    );
    assert_eq!(read("{\"a\":1}\n{\"a\":2}\n").unwrap(), "a: 1\n\na: 2");
    assert_eq!(read(r#"[{"a":1},{"a":2}]"#).unwrap(), "a: 1\n\na: 2");
    assert_eq!(read("[1, [2, 3], [[4]]]").unwrap(), "1\n\n2, 3\n\n1: 4");
    assert_eq!(read(r#""just text""#).unwrap(), "just text");
    assert_eq!(read("\u{feff}{\"a\":1}").unwrap(), "a: 1");
    assert_eq!(
        read("\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n").unwrap(),
        "a: 1\n\na: 2"
    );
    for bad in [
        "{\"a\":",
        "{\"a\":1} x",
        "{\"a\" 1}",
        "{a: 1}",
        "{'a': 1}",
        "[1 2]",
        "{\"a\":1,",
        "[1}",
        "[,1]",
        "tru",
        "\"a",
    ] {
        assert_eq!(read(bad), Err(FailureCode::CorruptFile), "{bad}");
    }
}

#[test]
fn nothing_of_a_value_is_rewritten() {
    for number in [
        "1234567890123456789012345678",
        "9007199254740993",
        "-0",
        "1.10",
        "1e400",
        "1E5",
        "0.1000",
        "-12.50e-3",
        "3.14159265358979323846264338327950288",
    ] {
        let (text, warnings) = warned(&format!("{{\"n\":{number},\"list\":[{number}]}}"));
        assert_eq!(text, format!("n: {number}\nlist: {number}"));
        assert_eq!(warnings, []);
    }
    assert_eq!(read(r#"{"z":1,"a":2,"z":3}"#).unwrap(), "z: 1\na: 2\nz: 3");
    assert_eq!(
        read(r#"["\u00e9\ud83d\ude00\n\"\\\/"]"#).unwrap(),
        "é😀\n\"\\/"
    );
}

#[test]
fn what_is_almost_json_is_read_with_a_warning() {
    for (source, text, count) in [
        (
            "[NaN, Infinity, -Infinity]",
            "NaN\n\nInfinity\n\n-Infinity",
            3,
        ),
        ("// one\n{\"a\": /* two */ 1}", "a: 1", 2),
        ("{\"a\": [1, 2,], }", "a: 1, 2", 2),
        ("{\"a\": \"x\ty\"}", "a: x\ty", 1),
        ("{\"a\": \"C:\\dir\"}", "a: C:\\dir", 1),
        (
            "{\"a\": +1, \"b\": .5, \"c\": 007, \"d\": 0x1F, \"e\": 5.}",
            "a: +1\nb: .5\nc: 007\nd: 0x1F\ne: 5.",
            5,
        ),
        ("{\"a\":\u{a0}1}", "a: 1", 1),
        ("{\"a\":1},\n{\"a\":2}", "a: 1\n\na: 2", 1),
    ] {
        assert_eq!(
            warned(source),
            (text.to_owned(), vec![(WarningCode::LenientJson, count)])
        );
    }
    assert_eq!(
        warned(r#"["Report \ud83d", "\udc00 x\ud83d\u0041"]"#),
        (
            "Report \u{fffd}\n\n\u{fffd} x\u{fffd}A".to_owned(),
            vec![(WarningCode::CharactersReplaced, 3)]
        )
    );
}

#[test]
fn broken_lines_are_left_out() {
    let extracted = super::read(b"{\"a\":1}\n{\"a\":\n\n{\"a\":3}\n{\"a\":4}\noops\n").unwrap();
    assert_eq!(extracted.text, "a: 1\n\na: 3\n\na: 4");
    let [warning] = extracted.warnings.as_slice() else {
        panic!("{:?}", extracted.warnings);
    };
    assert_eq!(
        (warning.code, warning.count),
        (WarningCode::InvalidLines, 2)
    );
    assert_eq!(warning.detail.as_deref(), Some("line 2, line 6"));
    // A truncated document does not count as JSON Lines, although some of its lines are JSON.
    for cut in [
        "{\n  \"a\": 1,\n  \"b\": {}\n",
        "[\n1,\n2,\n3,\n4",
        "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":",
        "[\n  [1, 2],\n  [3, 4],\n  [5, 6]\n",
        "{\"a\":1}\nx\ny\nz",
    ] {
        assert_eq!(read(cut), Err(FailureCode::CorruptFile), "{cut}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = |depth| {
        format!(
            "{}\"bottom\"{}",
            "{\"a\":[".repeat(depth),
            "]}".repeat(depth)
        )
    };
    let text = read(&deep(10_000)).unwrap();
    assert!(text.ends_with(": bottom"), "{text}");
    assert!(text.chars().count() < 2 * MAX_PATH_SHOWN, "{}", text.len());
    assert_eq!(read(&"[".repeat(100_000)), Err(FailureCode::CorruptFile));
    assert_eq!(read(&"[".repeat(1_000_000)), Err(FailureCode::CorruptFile));
}

const MAX_PATH_SHOWN: usize = 200;

#[test]
fn the_title_is_a_member_of_the_document() {
    let title = |source: &str| super::read(source.as_bytes()).unwrap().title;
    assert_eq!(title(r#"{"name":"N","title":"T"}"#).as_deref(), Some("T"));
    assert_eq!(
        title(r#"{"a":{"title":"x"},"name":"N"}"#).as_deref(),
        Some("N")
    );
    assert_eq!(title(r#"{"title":{"x":"no"},"b":["no"]}"#), None);
    assert_eq!(title(r#"[{"title":"x"}]"#), None);
}
