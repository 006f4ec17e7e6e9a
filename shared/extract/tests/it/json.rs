//! JSON and JSON Lines as other programs write them.

use dynrag_domain::{
    documents::{FailureCode, Format},
    warnings::WarningCode,
};

use crate::read;

#[tokio::test]
async fn numbers_and_order_stay_as_they_are_written() {
    let source =
        br#"{"wei":1234567890123456789012345678,"price":1.10,"limit":1e400,"a":-0,"z":[1.0,2]}"#;
    let extracted = read(Format::Json, source).await.unwrap();
    assert_eq!(
        extracted.text,
        "wei: 1234567890123456789012345678\nprice: 1.10\nlimit: 1e400\na: -0\nz: 1.0, 2"
    );
    assert!(extracted.warnings.is_empty());
}

#[tokio::test]
async fn a_broken_line_or_character_does_not_fail_the_file() {
    let lines = b"{\"a\":1}\n{\"a\":2\n{\"a\":3}\n";
    let extracted = read(Format::Json, lines).await.unwrap();
    assert_eq!(extracted.text, "a: 1\n\na: 3");
    let [warning] = extracted.warnings.as_slice() else {
        panic!("{:?}", extracted.warnings);
    };
    assert_eq!(warning.code, WarningCode::InvalidLines);
    assert_eq!(warning.detail.as_deref(), Some("line 2"));
    let lone = br#"{"title":"Report \ud83d","n":NaN,}"#;
    let extracted = read(Format::Json, lone).await.unwrap();
    assert_eq!(extracted.text, "title: Report \u{fffd}\nn: NaN");
    let codes = extracted
        .warnings
        .as_slice()
        .iter()
        .map(|warning| warning.code);
    assert!(codes.eq([WarningCode::LenientJson, WarningCode::CharactersReplaced]));
    let cut = b"{\n \"a\": 1,\n \"b\": [1, 2";
    assert_eq!(read(Format::Json, cut).await, Err(FailureCode::CorruptFile));
}

/// Deeper than the stack of a recursive reader, with a path that each of many values would repeat.
#[tokio::test]
async fn depth_is_read_and_not_multiplied() {
    let deep = format!("{}1{}", "{\"level\":[".repeat(20_000), "]}".repeat(20_000));
    let text = read(Format::Json, deep.as_bytes()).await.unwrap().text;
    assert!(text.trim().starts_with("level.1.level.1") && text.ends_with(": 1"));
    assert!(text.len() < 1000, "{}", text.len());
    let open = "[".repeat(3_000_000);
    assert_eq!(
        read(Format::Json, open.as_bytes()).await,
        Err(FailureCode::CorruptFile)
    );
}

#[tokio::test]
async fn depth_beyond_the_limit_is_refused() {
    for (depth, expected) in [
        (90_000, Ok("1".to_owned())),
        (200_000, Err(FailureCode::CorruptFile)),
    ] {
        let nested = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let outcome = read(Format::Json, nested.as_bytes()).await;
        let text = outcome.map(|read| read.text);
        assert_eq!(
            text.map(|text| text.rsplit(' ').next().unwrap().to_owned()),
            expected
        );
    }
}
